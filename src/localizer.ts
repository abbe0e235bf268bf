/**
 * What says a text in the person's language: `{0}` in it stands for the first argument. The window passes VS Code's own `l10n`, the
 * command line {@link english}. It is always called `l10n` and given a literal: scripts/l10n.mjs looks for that.
 */
export interface Localizer {
  t(text: string, ...args: (string | number)[]): string;
}

export const english: Localizer = {
  t: (text, ...args) =>
    text.replace(/\{(\d+)\}/g, (all, index: string) => String(args[Number(index)] ?? all)),
};
