import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import type { AgentProgram } from '../programs/program';

/** What scripts/agent-tests.mjs found out before it started the tests. */
const told = v.object({
  /** Whether nothing but the loopback interface can be reached. */
  isolated: v.boolean(),
  /** Whether all of it is to be run, or what fits into `npm test`. */
  all: v.boolean(),
  agents: v.record(
    v.string(),
    v.variant('kind', [
      v.object({
        kind: v.literal('installed'),
        program: v.string(),
        version: v.string(),
        /** The folder of the Node that it needs. */
        node: v.optional(v.string()),
        beside: v.optional(v.string()),
      }),
      v.object({ kind: v.literal('skipped'), reason: v.string() }),
    ]),
  ),
});

type Told = v.InferOutput<typeof told>;

export type Installed = Extract<Told['agents'][string], { readonly kind: 'installed' }>;

export const given: Told = v.parse(
  told,
  JSON.parse(process.env['BELAY_TEST_AGENTS'] ?? '{"isolated":false,"all":false,"agents":{}}'),
);

/** The agent as it is installed, or why it does not run. */
export function installed(program: AgentProgram): Told['agents'][string] {
  return (
    given.agents[program.name] ?? {
      kind: 'skipped',
      reason: 'use npm run test:agents, or npm test -- --only agents',
    }
  );
}

/** What has to be put before a program that PATH's Node would run, where PATH has none. */
export function interpreterOf(program: AgentProgram): readonly string[] {
  const found = installed(program);
  if (found.kind !== 'installed' || !readFileSync(found.program, 'latin1').startsWith('#!')) {
    return [];
  }
  return [found.node === undefined ? process.execPath : path.join(found.node, 'node')];
}
