import * as v from 'valibot';

const oid = v.pipe(v.string(), v.regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/));
const short = v.pipe(v.string(), v.maxLength(100));

/** What the page may say. A script running in it could send anything, so every message is validated here. */
export const inbound = v.variant('type', [
  v.strictObject({ type: v.literal('ready') }),
  v.strictObject({
    type: v.literal('answer'),
    /** Any text: that it is none of the decision's own is a refusal of its own. */
    option: short,
    nonce: short,
    decision: short,
    /** The version of the decision that the page shows. */
    seen: short,
  }),
  /** Which of the decision's backups, counted from 0. */
  v.strictObject({
    type: v.picklist(['copy', 'branch', 'diff']),
    backup: v.pipe(v.number(), v.integer(), v.minValue(0)),
  }),
  v.strictObject({ type: v.literal('commit'), commit: oid }),
  v.strictObject({ type: v.literal('saved') }),
]);

export type Inbound = v.InferOutput<typeof inbound>;
export type Answering = Extract<Inbound, { readonly type: 'answer' }>;

/** What the page is told. */
export type Outbound =
  /** The answer to `ready`: with the nonce, only in memory here and there, the page can answer. */
  | {
      readonly type: 'state';
      readonly nonce: string | undefined;
      readonly focus: boolean;
      readonly notice: Notice | undefined;
    }
  | ({ readonly type: 'notice' } & Notice);

export interface Notice {
  readonly kind: 'done' | 'refused';
  readonly text: string;
}

/** What the page keeps over a reload of the window: which decision it is about, and nothing else. */
export const savedState = v.object({ worktree: short, decision: short });
