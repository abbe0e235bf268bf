/** The paths in the text of an `apply_patch` call: those it adds, changes, deletes and moves to. */
export function patchPaths(text: string): string[] {
  const lines = text.matchAll(/^\*\*\* (?:(?:Add|Update|Delete) File|Move to): (.+)$/gm);
  return Array.from(lines, ([, name = '']) => name.trim());
}

/** Whether a text is such a patch. */
export function isPatch(text: string): boolean {
  return /^\s*\*\*\* Begin Patch/.test(text);
}
