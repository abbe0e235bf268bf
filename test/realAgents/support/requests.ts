import * as v from 'valibot';
import type { Stage } from './stage';

/**
 * What an agent asked its model, so that two runs can be compared: without the ids that it makes up, the times, the numbers of
 * processes, and the folder that the run was in. In no order, because side requests come when they come.
 */
export function requestsOf(stage: Stage): string[] {
  return stage.model.seen
    .map(({ method, path, body }) => `${method} ${path} ${JSON.stringify(body, inOrder)}`)
    .map((text) => plain(text, stage))
    .sort();
}

/** Some clients write their keys in a random order, and numbers of the run under one of them. */
function inOrder(key: string, value: unknown): unknown {
  if (key === 'client_metadata') {
    return undefined;
  }
  // What may be chosen from, in whatever order it is listed (see below).
  if (key === 'enum' && Array.isArray(value)) {
    return value.map(String).sort();
  }
  return v.is(object, value) && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;
}

const object = v.record(v.string(), v.unknown());

const changing: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>'],
  [/\bses_[0-9A-Za-z]+/g, '<id>'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?/g, '<time>'],
  [/"prompt_cache_key":"[^"]*"/g, '"prompt_cache_key":"<id>"'],
  [/device_id\\+":\\+"[0-9a-f]+/g, 'device_id":"<id>'],
  [/Wall time:? [\d.]+ seconds/g, 'Wall time <time>'],
  [/chunk_id\\":\\"[0-9a-f]+/g, 'chunk_id'],
  [/wall_time_seconds\\":[\d.e-]+/g, 'wall_time'],
  // The id that claude gives a sub-agent.
  [/\ba[0-9a-f]{16}\b/g, '<id>'],
  [/<duration_ms>\d+/g, '<duration_ms>'],
  // Which of two shells that run at once is called 0.
  [/<shellId: \d+/g, '<shellId: <number>'],
  [/\bPGID: \d+/g, 'PGID: <process>'],
];

/**
 * Lists, and what is listed in them, whose order means nothing: gemini names its skills in the order in which its search for
 * their files happens to find them.
 */
const unordered: readonly (readonly [RegExp, RegExp])[] = [
  [/<available_skills>.*?<\/available_skills>/gs, /<skill>.*?<\/skill>/gs],
  [/\(Available: [^)]*\)/g, /'[^']*'/g],
];

function sorted(text: string): string {
  return unordered.reduce(
    (all, [list, item]) =>
      all.replaceAll(list, (listed) => {
        const items = [...listed.matchAll(item)].map(([found]) => found).sort();
        return listed.replaceAll(item, () => items.shift() ?? '');
      }),
    text,
  );
}

function plain(text: string, { repo, model }: Stage): string {
  const placed = text
    .replaceAll(model.url, '<model>')
    .replaceAll(repo.base, '<base>')
    .replaceAll(repo.base.replaceAll(/[^a-zA-Z0-9]/g, '-'), '<base>');
  return sorted(changing.reduce((all, [pattern, word]) => all.replaceAll(pattern, word), placed));
}
