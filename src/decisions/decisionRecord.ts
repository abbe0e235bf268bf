import * as v from 'valibot';
import { oneLine } from '../git/commit';
import type { Worktree } from '../git/worktree';
import { uniqueName } from '../git/unique';
import { writeRecord, type RecordVersion } from '../refs/records';
import { decisionOptions, type Bringing, type Decision } from './decision';

/** How many dropped commits a record names; the rest is counted. */
export const namedCommits = 200;

const oid = v.pipe(v.string(), v.regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/));
const text = v.pipe(v.string(), v.minLength(1));
const moment = v.pipe(
  text,
  v.isoTimestamp(),
  v.transform((value) => Date.parse(value)),
);
const option = v.picklist(decisionOptions);
/** `FROM TO REF`, with `-` for what was not there. */
const bringing = v.pipe(
  text,
  v.regex(
    /^(?:-|[0-9a-f]{40}(?:[0-9a-f]{24})?) [0-9a-f]{40}(?:[0-9a-f]{24})? (?:HEAD$|refs\/(?:heads|tags)\/)/,
  ),
  v.transform((line): Bringing => {
    const [from = '', to = '', ...name] = line.split(' ');
    return { ref: name.join(' '), from: from === '-' ? undefined : from, to };
  }),
);
const base64 = v.pipe(text, v.base64());

/** What makes a commit the record of a decision. */
const record = v.object({
  id: v.pipe(text, v.regex(/^[0-9a-f-]{8,36}$/)),
  worktree: text,
  worktreeBorn: v.undefinedable(v.pipe(text, v.regex(/^\d+$/))),
  case: v.picklist(['diverged_recovered_by_reset', 'diverged_held', 'reset_failed', 'external_reset']),
  status: v.picklist(['pending', 'answered']),
  from: oid,
  to: v.undefinedable(oid),
  pin: v.undefinedable(text),
  branch: v.undefinedable(text),
  checkpoint: v.undefinedable(oid),
  created: moment,
  answer: v.undefinedable(option),
  answeredBy: v.undefinedable(text),
  answeredAt: v.undefinedable(moment),
  answeredOn: v.undefinedable(text),
  answerKey: v.undefinedable(base64),
  answerSignature: v.undefinedable(base64),
  vanished: v.undefinedable(v.picklist(['gone', 'replaced'])),
  why: v.undefinedable(text),
  backups: v.array(v.pipe(text, v.startsWith('refs/belay/backup/'))),
  dropped: v.array(oid),
  droppedMore: v.undefinedable(v.pipe(text, v.regex(/^\d+$/), v.transform(Number))),
  sessions: v.array(text),
  options: v.array(option),
  bringing: v.array(bringing),
});

/** Writes the record of a decision and gives the decision. No reference names it yet. */
export async function writeDecision(
  worktree: Worktree,
  decision: Omit<Decision, 'version' | 'earlier' | 'fromMemory'>,
  earlier: string | undefined,
): Promise<Decision> {
  const dropped = decision.dropped.slice(0, namedCommits);
  const more = decision.droppedMore + decision.dropped.length - dropped.length;
  const version = await writeRecord(worktree, {
    subject: `Decision about ${decision.worktree}: ${decision.answer ?? 'pending'}`,
    author: decision.answeredBy ?? 'Belay',
    time: decision.answeredAt ?? decision.created,
    earlier,
    fields: [
      ['Belay-Decision', decision.id],
      ['Belay-Worktree', decision.worktree],
      ['Belay-Worktree-Born', decision.worktreeBorn],
      ['Belay-Case', decision.case],
      ['Belay-Status', decision.status],
      ['Belay-From', decision.from],
      ['Belay-To', decision.to],
      ['Belay-Pin', decision.pin],
      ['Belay-Branch', decision.branch],
      ['Belay-Checkpoint', decision.checkpoint],
      ['Belay-Created', new Date(decision.created).toISOString()],
      ['Belay-Answer', decision.answer],
      ['Belay-Answered-By', decision.answeredBy && (oneLine(decision.answeredBy) || 'somebody')],
      [
        'Belay-Answered-At',
        decision.answeredAt === undefined ? undefined : new Date(decision.answeredAt).toISOString(),
      ],
      ['Belay-Answered-On', decision.answeredOn && (oneLine(decision.answeredOn) || undefined)],
      ['Belay-Answer-Key', decision.signature?.key],
      ['Belay-Answer-Signature', decision.signature?.value],
      ['Belay-Vanished', decision.vanished],
      // An empty value would make the record one that cannot be read.
      ['Belay-Why', oneLine(decision.why) || undefined],
      ...decision.options.map((value) => ['Belay-Option', value] as const),
      ...decision.bringing.map(
        ({ ref, from, to }) => ['Belay-Bringing', `${from ?? '-'} ${to} ${ref}`] as const,
      ),
      ...decision.backups.map((value) => ['Belay-Backup', value] as const),
      ...decision.sessions.map((value) => ['Belay-Held', value] as const),
      ...dropped.map((value) => ['Belay-Dropped', value] as const),
      ['Belay-Dropped-More', more > 0 ? String(more) : undefined],
      ['Belay-Nonce', uniqueName()],
    ],
  });
  return { ...decision, dropped, droppedMore: more, version, earlier, fromMemory: false };
}

/** The decision that a record holds; undefined when the record is something else. */
export function parseDecision(version: RecordVersion): Decision | undefined {
  const all = (name: string): readonly string[] => version.fields.get(`Belay-${name}`) ?? [];
  const one = (name: string): string | undefined => all(name)[0];
  const result = v.safeParse(record, {
    id: one('Decision'),
    worktree: one('Worktree'),
    worktreeBorn: one('Worktree-Born'),
    case: one('Case'),
    status: one('Status'),
    from: one('From'),
    to: one('To'),
    pin: one('Pin'),
    branch: one('Branch'),
    checkpoint: one('Checkpoint'),
    created: one('Created'),
    answer: one('Answer'),
    answeredBy: one('Answered-By'),
    answeredAt: one('Answered-At'),
    answeredOn: one('Answered-On'),
    answerKey: one('Answer-Key'),
    answerSignature: one('Answer-Signature'),
    vanished: one('Vanished'),
    why: one('Why'),
    backups: all('Backup'),
    dropped: all('Dropped'),
    droppedMore: one('Dropped-More'),
    sessions: all('Held'),
    options: all('Option'),
    bringing: all('Bringing'),
  });
  if (!result.success) {
    return undefined;
  }
  const { answerKey: key, answerSignature: value, ...found } = result.output;
  return {
    ...found,
    version: version.oid,
    signature: key === undefined || value === undefined ? undefined : { key, value },
    earlier: version.parents[0],
    fromMemory: false,
    why: found.why ?? '',
    droppedMore: found.droppedMore ?? 0,
  };
}
