import * as v from 'valibot';
import { attacks, Left } from './attacks';

const failures = ['EACCES', 'ENOSPC', 'EIO'] as const;

/** What happens just before a call; `killAfter`: just after. */
export const Does = v.picklist([...attacks, ...failures, 'kill', 'killAfter']);
export type Does = v.InferOutput<typeof Does>;

/**
 * The n-th call into the file system that names something of the worktree, from 1, and what happens at it. With a name the calls are
 * counted that name this path, or what was moved aside from it; with a call as well, those of them that are this call.
 */
const Hit = v.object({
  name: v.optional(v.string()),
  call: v.optional(v.string()),
  at: v.number(),
  does: Does,
});
export type Hit = v.InferOutput<typeof Hit>;

/** What a disturbed process is told. */
export const Disturbance = v.object({
  root: v.string(),
  outside: v.string(),
  attic: v.string(),
  log: v.string(),
  trace: v.boolean(),
  hits: v.array(Hit),
});
export type Disturbance = v.InferOutput<typeof Disturbance>;

/** One call into the file system. */
const Step = v.object({ step: v.number(), call: v.string(), name: v.string(), changes: v.boolean() });
export type Step = v.InferOutput<typeof Step>;

/** A line of what a disturbed process writes down. */
export const Line = v.object({
  step: v.optional(Step),
  hit: v.optional(v.object({ step: Step, does: Does })),
  left: v.optional(v.array(Left)),
  overwritten: v.optional(v.array(Left)),
});
