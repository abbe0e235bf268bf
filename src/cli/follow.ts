import { BelayError } from '../errors';
import { followPins, NotingFetcher, type Followed, type LeftBehind } from '../fanout/follow';
import { settlementOf, type Settlement } from '../fanout/fanOutOutcome';
import { listPins } from '../fanout/pin';
import { requireDone } from '../fanout/resolve';
import { inert } from '../inert';
import { configuredNetworkLimits } from '../network/networkOutcome';
import { Network } from '../network/network';
import { limitsOf } from '../sync/request';
import { answer, type Context } from './context';
import { exitWith, outcomeLine, outcomeShape } from './outcomes';
import { requestOf, type RecoveringOptions } from './recovering';
import { lines } from './text';
import type { Shape } from './shapes';

/** `belay pin follow`: fetches, and has every pin that follows a reference go along. */
export async function followCommand(context: Context, options: RecoveringOptions): Promise<void> {
  const { worktree } = await context.anyWorktree();
  const network = new NotingFetcher(new Network({ limits: configuredNetworkLimits(worktree) }));
  const request = await requestOf(context, worktree, options);
  const following = (await listPins(worktree)).filter(({ follows }) => follows);
  if (following.length === 0) {
    throw new BelayError('unknown_pin', 'No pin follows a reference: belay pin set NAME REF --follow');
  }
  for (const remote of new Set(following.flatMap((pin) => pin.remote ?? []))) {
    requireDone(await network.fetch(worktree, remote, limitsOf(request)));
  }
  const followed = await followPins(worktree, network, network.fetched, request);
  answer(context, followed.map(followedShape), () =>
    followed.length === 0
      ? 'Every pin is where its reference is.\n'
      : lines(...followed.flatMap(followedLines)),
  );
  exitWith(context, followed.map(settlementOfPin));
}

/** A worktree that stays behind because its lease is held is no failure. */
export function settlementOfPin({ what, brought }: Followed): Settlement {
  const settlements = brought.map(settlementOf);
  return settlements.includes('failed')
    ? 'failed'
    : what === 'gone' || settlements.includes('left')
      ? 'left'
      : 'done';
}

export function followedShape({ pin, before, what, brought, behind }: Followed): Shape {
  return {
    pin: pin.name,
    followed: what,
    source: pin.source,
    from: before.commit,
    to: pin.commit,
    brought: brought.map(outcomeShape),
    behind,
  };
}

export function followedLines({ pin, before, what, brought, behind }: Followed): string[] {
  const follows = `pin ${pin.name} follows ${pin.source}`;
  if (what === 'gone') {
    return [inert(`${follows}, which is gone: it stays at ${pin.commit.slice(0, 10)}`)];
  }
  return [
    inert(`${follows}: ${before.commit.slice(0, 10)} -> ${pin.commit.slice(0, 10)}`),
    ...brought.map((outcome) => `  ${outcomeLine(outcome)}`),
    ...behind.map(({ worktree, why }) => inert(`  ${worktree}  left where it is: ${whyLeft[why]}`)),
  ];
}

const whyLeft: Readonly<Record<LeftBehind['why'], string>> = {
  uncommitted: 'something is not committed',
  live_session: 'a session is live there',
  operation: 'an operation is under way',
  decision: 'a decision about it waits for you in VS Code',
  missing: 'its folder is gone',
  half_filled: 'its making was interrupted',
  elsewhere: 'it was not on the pin',
};
