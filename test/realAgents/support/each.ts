import type { AgentProgram } from '../programs/program';
import { installed } from './installed';

/** Describes a test for each agent; one that does not run is named with the reason. */
export function eachAgent(programs: readonly AgentProgram[], tests: (program: AgentProgram) => void): void {
  for (const program of programs) {
    const found = installed(program);
    if (found.kind === 'installed') {
      describe(`${program.label} ${found.version}`, () => {
        tests(program);
      });
    } else {
      it(`${program.label}: skipped, ${found.reason}`);
    }
  }
}
