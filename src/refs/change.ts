/**
 * One change or check of a reference. There is no unconditional form: a move or deletion states the value that the
 * reference must have now, and a creation requires that there is none. `verify` with `at: undefined` requires that there is none, too.
 */
export type RefChange =
  | { readonly kind: 'create'; readonly ref: string; readonly to: string }
  | { readonly kind: 'update'; readonly ref: string; readonly to: string; readonly from: string }
  | { readonly kind: 'delete'; readonly ref: string; readonly from: string }
  | { readonly kind: 'verify'; readonly ref: string; readonly at: string | undefined };

/** A check without a change. */
export type Verify = Extract<RefChange, { readonly kind: 'verify' }>;
