import { hookCommand } from '../agents/hookCommand';
import type { PersonalPlaces } from '../agents/installation';
import type { TrustQuestion } from '../agents/trust';
import type { AgentNote, NoteKind } from './connectionModel';
import type { HookFile } from './hookFiles';
import type { Place } from './installed';
import { treeOf, valueOf } from './jsonText';
import { jsonSettings, tomlSettings } from './ownSettings';

/**
 * What agents want from a person before they run the hooks that their files name, as far as their own settings tell.
 * @param texts what each of the files says, or will say.
 * @throws when the disk fails.
 */
export async function wants(
  texts: ReadonlyMap<HookFile, string | undefined>,
  places: readonly Place[],
  personal: PersonalPlaces,
): Promise<AgentNote[]> {
  const notes = new Map<string, AgentNote>();
  const main = places.find(({ key }) => key === 'main')?.root;
  for (const [{ agent, level, place, file }, text] of texts) {
    const { name, verified, installation, trust } = agent;
    const add = (kind: NoteKind, about?: string): void => {
      notes.set([name, kind, about].join('\0'), { agent: name, kind, about });
    };
    const root = place?.root;
    const readers = { json: jsonSettings, toml: tomlSettings };
    const question: TrustQuestion = { ...readers, personal, command: hookCommand(name), level, root, main };
    if (!verified) {
      add('not_verified');
    }
    // A worktree's own settings may switch off what is connected in the person's home.
    for (const at of root === undefined ? [undefined, ...places.map((one) => one.root)] : [root]) {
      const off = await trust.switchedOffIn?.({ ...question, root: at });
      if (off !== undefined) {
        add('hooks_off', off);
      }
    }
    if (root !== undefined) {
      if ((await trust.folder?.trusts(question, root)) === false) {
        add('wants_folder_trust', root);
      }
      if (!installation.fromSubfolders) {
        add('wrong_level');
      }
    }
    const unapproved =
      text !== undefined && (await trust.approval?.approved(question, file, valueOf(treeOf(text)))) === false;
    if (unapproved) {
      add('wants_hash_approval', file);
    }
  }
  return [...notes.values()];
}
