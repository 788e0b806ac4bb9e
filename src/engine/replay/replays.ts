/** Replaying, put together for the engine: what it lets others ask, and what a replay's delivery is run with. */
import type { SiteRecord } from '../../site/index.ts';
import { asFailure, type Clock, Failure, type Random } from '../../std/index.ts';
import type { Leased, Settlement, Store } from '../../store/index.ts';
import type { EngineControl, RunningFlow } from '../control.ts';
import type { Intake } from '../intake.ts';
import { judgedPage, takeUpAt } from './choice.ts';
import { createEditor } from './edited.ts';
import { replayFailure } from './failures.ts';
import { previewReplay } from './preview.ts';
import { createRunner, type RunnerParts, versionsOf } from './runner.ts';
import { createVersions, type Runnable } from './versions.ts';
import type { ReplayControl, ReplayWish } from './wish.ts';

export interface ReplaysParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly flows: readonly RunningFlow[];
  readonly site: (name: string) => SiteRecord | undefined;
  readonly intake: (site: string, connection: string) => Intake | undefined;
  /** The backlog at which senders are no longer read. */
  readonly limit: number;
  readonly planned: (deliveries: number) => void;
  readonly log: RunnerParts['log'];
}

type Deliver = (flow: (name: string) => Runnable | undefined) => Promise<Settlement | 'stale'>;

export interface Replays {
  readonly control: ReplayControl;
  readonly replay: EngineControl['replay'];
  /** Runs a delivery with the flow as it is now; a replay with the version that it was planned with. */
  run(leased: Leased, deliver: Deliver): ReturnType<Deliver>;
  /** Keeps the flows of today, and goes on with replays that were running. */
  start(): Promise<void>;
  close(): Promise<void>;
}

const SAMPLES = 3;

export function createReplays(parts: ReplaysParts): Replays {
  const { store, clock } = parts;
  const versions = createVersions(store, parts.flows);
  const runner = createRunner({ ...parts, versions, room: parts.limit / 2 });

  return {
    control: {
      preview: (wish, samples = SAMPLES) =>
        previewReplay({ store, versions, site: parts.site }, wish, { asOf: clock.now(), samples }),
      start: runner.start,
      stop: runner.stop,
      resume: runner.resume,
      edit: createEditor(parts),
    },
    async replay({ deliveryIds, fromStep, version = 'present', who, reason }) {
      const wish: ReplayWish = {
        of: { deliveryIds },
        version,
        ...(fromStep === undefined ? {} : { fromStep }),
      };
      const place = { after: null, asOf: Number.POSITIVE_INFINITY, limit: deliveryIds.length };
      const { rows } = await judgedPage(store, versions, wish, place);
      const chosen = rows.map((one) => {
        if ('reason' in one)
          throw replayFailure('REPLAY_REFUSED', { message: `Delivery ${one.delivery.id}: ${one.reason}` });
        return one;
      });
      if (chosen.length === 0)
        throw replayFailure('REPLAY_NOTHING', { message: 'There is no such delivery.' });
      // Those of one step are one transaction; without a step, that is all of them.
      const byStep = new Map<string | undefined, string[]>();
      for (const one of chosen) {
        const at = fromStep === undefined ? undefined : await takeUpAt(store, one, fromStep);
        byStep.set(at, [...(byStep.get(at) ?? []), one.delivery.id]);
      }
      const made: string[] = [];
      for (const [at, ids] of byStep) {
        made.push(
          ...(await store.replay({
            deliveryIds: ids,
            ...(at === undefined ? {} : { fromStep: at }),
            versions: versionsOf(wish, chosen),
            at: clock.now(),
            audit: {
              at: clock.now(),
              who,
              act: 'delivery.replay',
              on: ids.join(','),
              facts: { reason, fromStep: fromStep ?? null, version },
            },
          })),
        );
      }
      parts.planned(made.length);
      return made;
    },
    run(leased, deliver) {
      const { flow, flowVersion, replayOf } = leased.delivery;
      // The usual case waits for nothing.
      if (replayOf === null || versions.present(flow)?.version === flowVersion)
        return deliver(versions.present);
      return versions
        .find(flow, flowVersion)
        .then((found) =>
          'gone' in found ? versionGone(leased, found.gone, clock.now()) : deliver(() => found),
        );
    },
    async start() {
      try {
        await versions.register();
        await runner.takeUp();
      } catch (error) {
        // A store that fails now is told by its health; replays that were running wait for the next start.
        const { message, code } = asFailure(error);
        parts.log('error', message, { code });
      }
    },
    close: runner.close,
  };
}

/** A replay whose version can no longer be run waits for a person: another version would not be what was asked for. */
export function versionGone(leased: Leased, reason: string, at: number): Settlement {
  const { delivery, message, epoch } = leased;
  const failure = new Failure({
    code: 'FLOW_VERSION_GONE',
    kind: 'config',
    message: `This replay was planned with another version of its flow. ${reason}`,
    fix: 'Give it up, then replay it with the present version.',
    at: { site: message.site, flow: delivery.flow },
  }).toJSON();
  const end = { deliveryId: delivery.id, epoch, at, ms: 0, steps: [] };
  return { ...end, to: 'held', reason: 'paused', step: '', failure, detail: null };
}
