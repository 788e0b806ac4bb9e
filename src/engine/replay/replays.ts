/** Replaying, put together for the engine: what it lets others ask, and what a replay's delivery is run with. */
import type { SiteRecord } from '../../site/index.ts';
import { asFailure, type Clock, Failure, type Random } from '../../std/index.ts';
import type { Leased, Settlement, Store } from '../../store/index.ts';
import type { EngineControl } from '../control.ts';
import type { Intake } from '../intake.ts';
import type { Necessary } from '../necessary.ts';
import type { Present } from '../present.ts';
import { judgedPage, takeUpAt } from './choice.ts';
import { createEditor } from './edited.ts';
import { replayFailure } from './failures.ts';
import { previewReplay } from './preview.ts';
import { createRunner, type RunnerParts, versionsOf } from './runner.ts';
import { createVersions, type EarlierFlow, type FlowVersions, type Runnable } from './versions.ts';
import type { ReplayControl, ReplayWish } from './wish.ts';

export interface ReplaysParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly present: Pick<Present, 'flow' | 'flows'>;
  readonly earlierFlow?: EarlierFlow;
  /** Deliveries of this flow that were planned with this version run with it, whatever the present one is. */
  readonly ahead?: (flow: string, version: string) => Promise<boolean>;
  readonly draining: (flow: string, version: string) => boolean;
  readonly site: (name: string) => SiteRecord | undefined;
  readonly see: Necessary['see'];
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
  readonly versions: FlowVersions;
  /** Runs a delivery with the flow as it is now; a replay, and what is drained, with the version that it was planned with. */
  run(leased: Leased, deliver: Deliver): ReturnType<Deliver>;
  /** Keeps the flows of today, and goes on with replays that were running. */
  start(): Promise<void>;
  close(): Promise<void>;
}

const SAMPLES = 3;

export function createReplays(parts: ReplaysParts): Replays {
  const { store, clock } = parts;
  const versions = createVersions(store, parts.present, parts.earlierFlow);
  const runner = createRunner({ ...parts, versions, room: parts.limit / 2 });

  return {
    versions,
    control: {
      preview: (wish, samples = SAMPLES) =>
        previewReplay({ store, versions, site: parts.site, see: parts.see }, wish, {
          asOf: clock.now(),
          samples,
        }),
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
      if (versions.present(flow)?.version === flowVersion) return deliver(versions.present);
      const asPlanned = (): ReturnType<Deliver> =>
        versions
          .find(flow, flowVersion)
          .then((found) =>
            'gone' in found ? versionGone(leased, found.gone, clock.now()) : deliver(() => found),
          );
      if (replayOf !== null || parts.draining(flow, flowVersion)) return asPlanned();
      if (parts.ahead === undefined) return deliver(versions.present);
      // Where it cannot be asked, the present one runs: what it remembers and does is written down with its version.
      return parts
        .ahead(flow, flowVersion)
        .catch(() => false)
        .then((ahead) =>
          ahead || parts.draining(flow, flowVersion) ? asPlanned() : deliver(versions.present),
        );
    },
    async start() {
      try {
        await versions.register(parts.present.flows());
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

/** What must run with a version that can no longer be run waits for a person: another version would not be what was asked for. */
export function versionGone(leased: Leased, reason: string, at: number): Settlement {
  const { delivery, message, epoch } = leased;
  const replay = delivery.replayOf !== null;
  const failure = new Failure({
    code: 'FLOW_VERSION_GONE',
    kind: 'config',
    message: `This ${replay ? 'replay' : 'delivery'} was planned with another version of its flow. ${reason}`,
    fix: replay
      ? 'Give it up, then replay it with the present version.'
      : 'Bring that version back and release it, or give it up and replay it with the present version.',
    at: { site: message.site, flow: delivery.flow },
  }).toJSON();
  const end = { deliveryId: delivery.id, epoch, at, ms: 0, steps: [] };
  return { ...end, to: 'held', reason: 'paused', step: '', failure, detail: null };
}
