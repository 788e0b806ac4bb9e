/** Each safeguard taken away. A simulation that stays green under one of these would prove nothing of it. */
import type { Store } from '../../src/store/index.ts';
import type { WorldOptions } from './world.ts';

/** Answers before the commit has returned. */
const answersAtOnce = (store: Store): Store => ({
  ...store,
  async append(unit) {
    store.append(unit).catch(() => undefined);
    return unit.messages.map(({ receivedAt, flags }) => ({
      kind: 'kept',
      messageId: '0',
      receivedAt,
      flags,
    }));
  },
});

/** A settlement that the store could not take is not tried again. */
const forgetsSettlements = (store: Store): Store => ({
  ...store,
  settle: (end) => store.settle(end).catch(() => 'stale' as const),
});

/** An answer that was lost counts as a question that was not asked. */
const takesUnknownForNothing = (store: Store): Store => ({
  ...store,
  settle: (end) =>
    store.settle(
      end.to === 'waiting' && end.failure.kind === 'unknown-outcome'
        ? { ...end, failure: { ...end.failure, kind: 'unreachable' } }
        : end,
    ),
});

export const SABOTAGES: Readonly<Record<string, WorldOptions>> = {
  'acknowledging before the commit': { between: answersAtOnce },
  'a settlement is lost when the store fails': { between: forgetsSettlements },
  'no fencing by epoch': { sabotage: new Set(['no fencing']) },
  'no dedupe': { sabotage: new Set(['no dedupe']) },
  'a takeover sets no flag': { sabotage: new Set(['no flag at takeover']) },
  'others than the first of a lane are leased': { sabotage: new Set(['not only heads']) },
  'a lost answer sets no flag': { between: takesUnknownForNothing },
  'effects are not remembered': { sabotage: new Set(['no memory of effects']) },
};
