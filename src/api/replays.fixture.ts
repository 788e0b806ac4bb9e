/** Replays for the tests of this room: kept in the real store, and nothing is sent. */
import type { EngineControl } from '../engine/index.ts';
import { type Clock, Failure, type Json } from '../std/index.ts';
import type { Job, Store } from '../store/index.ts';
import { CANARY } from './hospital.fixture.ts';

export function replaysFixture(store: Store, clock: Clock): EngineControl['replays'] {
  let made = 0;
  const move = async (id: string, state: Job['state'], act: string, who: string): Promise<Job> => {
    const job = (await store.job(id)) as Job;
    if (job.state === state) {
      throw new Failure({
        code: 'REPLAY_NOT_MOVED',
        kind: 'config',
        message: 'Not now.',
        fix: 'Look at the list.',
      });
    }
    const moved = { ...job, state, updatedAt: clock.now() };
    await store.putJob(moved, { at: clock.now(), who, act, on: `replay ${id}` });
    return moved;
  };
  return {
    async preview(wish) {
      const ids = 'query' in wish.of ? (await store.deliveries({ ...wish.of.query, limit: 500 })).rows : [];
      return {
        count: ids.length,
        of: [{ site: 'mercy', flow: 'admissions-to-care-app', count: ids.length }],
        refused: [],
        samples: ids.slice(0, 1).map((delivery) => ({
          deliveryId: delivery.id,
          messageId: delivery.messageId,
          site: 'mercy',
          flow: delivery.flow,
          ranVersion: delivery.flowVersion,
          withVersion: 'v1',
          end: 'It would be delivered, if each call is answered as before.',
          failure: null,
          steps: [
            {
              step: 'notify',
              kind: 'send',
              connection: 'care-app',
              do: 'send',
              state: 'done',
              args: { body: { name: `${CANARY}-ARGUMENT`, [`${CANARY}-NAME`]: 1 } },
              differences: [
                { path: 'body.name', before: `${CANARY}-BEFORE`, after: `${CANARY}-ARGUMENT` },
                { path: `body.${CANARY}-NAME[0]`, after: 1 },
              ],
            },
          ],
        })),
      };
    },
    async start(wish, { who, reason }) {
      const at = clock.now();
      const job: Job = {
        id: `job-${++made}`,
        kind: 'replay',
        state: 'running',
        who,
        reason,
        createdAt: at,
        updatedAt: at,
        request: { ...wish } as unknown as Json,
        done: 0,
        total: 4,
        after: null,
        failure: null,
      };
      await store.putJob(job, { at, who, act: 'replay.start', on: `replay ${job.id}`, facts: { reason } });
      return job;
    },
    stop: (id, { who }) => move(id, 'stopped', 'replay.stop', who),
    resume: (id, { who }) => move(id, 'running', 'replay.resume', who),
    async edit({ deliveryId }) {
      if (deliveryId === '1') {
        throw new Failure({
          code: 'EDIT_REFUSED',
          kind: 'config',
          message: 'No such delivery.',
          fix: 'Look again.',
        });
      }
      return { messageId: '99', deliveryId: '999' };
    },
  };
}
