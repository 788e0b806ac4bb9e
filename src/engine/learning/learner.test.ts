import { expect, test } from 'vitest';
import { systemClock } from '../../std/index.ts';
import { type LearnerOptions, startLearner } from './learner.ts';

test('who is told that what stood in the way is gone asks at once; a nudge alone does not shorten a failure', async () => {
  const asked: PromiseWithResolvers<void>[] = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
  const states: (string | null)[] = [];
  let asks = 0;
  const learner = startLearner({
    store: { cursor: async () => null, append: async () => [] },
    clock: systemClock,
    random: { fraction: () => 0.5 },
    site: 'mercy',
    connectionName: 'epic',
    resource: 'Appointment',
    door: 'poll',
    every: 3_600_000,
    seeding: () => false,
    seeded: async () => undefined,
    mine: async () => true,
    intake: { learned: () => undefined },
    identityKey: (identity: string) => identity,
    planned: () => undefined,
    found: () => undefined,
    state: (failure: { code: string } | null) => states.push(failure?.code ?? null),
    async ask() {
      asked[asks++]?.resolve();
      if (asks === 1) throw new Error('nobody has consented');
      return { inbound: [], cursor: null, findings: [], more: false };
    },
  } as unknown as LearnerOptions);
  await asked[0]?.promise;
  await expect.poll(() => learner.again()).toBe(true);
  await asked[1]?.promise;
  await expect.poll(() => states.at(-1)).toBeNull();
  expect(learner.again()).toBe(false);
  learner.nudge();
  await asked[2]?.promise;
  await learner.stop();
});
