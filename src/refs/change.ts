/**
 * One change or check of a reference. There is no unconditional form: a move or deletion states the value that the
 * reference must have now, and a creation requires that there is none. `verify` with `at: undefined` requires that there is none, too.
 */
export type RefChange =
  | { readonly kind: 'create'; readonly ref: string; readonly to: string }
  | { readonly kind: 'update'; readonly ref: string; readonly to: string; readonly from: string }
  | { readonly kind: 'delete'; readonly ref: string; readonly from: string }
  /** Of one that leads to another reference, while it leads there (git 2.46). */
  | { readonly kind: 'delete_symbolic'; readonly ref: string; readonly from: string }
  | { readonly kind: 'verify'; readonly ref: string; readonly at: string | undefined };

/** A check without a change. */
export type Verify = Extract<RefChange, { readonly kind: 'verify' }>;

/** From one value to the next; `from: undefined`: there is none yet. */
export function moveRef(
  ref: string,
  from: string | undefined,
  to: string,
): Extract<RefChange, { readonly kind: 'create' | 'update' }> {
  return from === undefined ? { kind: 'create', ref, to } : { kind: 'update', ref, to, from };
}
