/** How attempts end, and what they did until then; many in one statement. */
import { fingerprintOf, mayMove, type StepRecord } from '../../message/index.ts';
import type { FailureRecord } from '../../std/index.ts';
import type { Settled, Settlement } from '../contract.ts';
import { storeFailure } from '../failures.ts';
import {
  codeOf,
  DEAD,
  DELIVERED,
  DELIVERY_STATES,
  FILTERED,
  HELD,
  HOLD_REASONS,
  SLEEPING,
  WAITING,
} from '../sqlite/codes.ts';
import { Bundle, type Desk, SLOT, storable } from './desk.ts';
import { type Fate, sleepJudge } from './falling-asleep.ts';
import { faultOf, mayTryAgain, refusalOf } from './faults.ts';
import { openGroups, type Queued } from './groups.ts';
import type { InHand } from './leasing.ts';
import type { Ask, Session } from './session.ts';
import { stepRows } from './steps.ts';

const SETTLE = { name: 'settle', text: 'SELECT settle_deliveries($1, $2, $3, $4, $5) AS live' };

/** Before they settle: who holds them no longer changes nothing. */
const RAN = `
UPDATE open_delivery o SET version = r.version
FROM (SELECT unnest($1::bigint[]) AS id, unnest($2::bigint[]) AS epoch, unnest($3::integer[]) AS version) r
WHERE o.id = r.id AND o.epoch = r.epoch AND o.state = 1`;

const GROUP_CALLS = 1_000;
const TRIES = 8;

const TARGETS: Readonly<Record<Settlement['to'], number>> = {
  delivered: DELIVERED,
  filtered: FILTERED,
  waiting: WAITING,
  dead: DEAD,
  held: HELD,
  sleeping: SLEEPING,
  'given back': WAITING,
};

interface Work {
  readonly deliveryId: string;
  readonly epoch: number;
  readonly steps: readonly StepRecord[];
  /** Left out: only remembered. */
  readonly end?: Settlement;
}
type Call = Queued<Work, Settled>;

interface Live {
  readonly live: readonly string[];
}

export function openSettling(desk: Desk, inHand: InHand) {
  const { keys, node, writers } = desk;
  const sleep = sleepJudge(desk);

  const values = (
    session: number,
    group: readonly Call[],
    fates: ReadonlyMap<string, Fate> = new Map(),
  ): unknown[] => {
    const bundle = new Bundle();
    const ends: object[] = [];
    const steps: object[] = [];
    for (const { call } of group) {
      const id = Number(call.deliveryId);
      const fate = fates.get(call.deliveryId);
      const done = fate?.step ? [...call.steps, fate.step] : call.steps;
      if (done.length > 0) steps.push(...stepRows(keys, bundle, id, done));
      const ended = fate?.ends ? { state: FILTERED, wake_at: null } : {};
      ends.push({ id, epoch: call.epoch, ...(call.end ? endOf(id, call.end, bundle) : {}), ...ended });
    }
    return [
      node.slot(SLOT.settle + session),
      node.id,
      JSON.stringify(ends),
      JSON.stringify(steps),
      bundle.close(),
    ];
  };

  const endOf = (id: number, end: Settlement, bundle: Bundle): object => {
    const held = inHand.get(end.deliveryId);
    const attempt = (held?.attempts ?? 0) + 1;
    const base = { state: TARGETS[end.to], at: end.at, ms: Math.round(end.ms), tries: 1 };
    const failed = (failure: FailureRecord, detail: string | null): object => ({
      failure: JSON.stringify(failure),
      fingerprint: fingerprintOf(failure, held?.flow ?? ''),
      ...(detail === null
        ? {}
        : bundle.put(keys.vault.seal('attempt', `${id}:${attempt}`, Buffer.from(detail)))),
    });
    switch (end.to) {
      case 'delivered':
        return base;
      case 'filtered':
        return { ...base, step: storable(end.step) };
      case 'dead':
        return {
          ...base,
          ...failed(end.failure, end.detail),
          step: storable(end.failure.at.step ?? '') || null,
        };
      case 'waiting':
        // What was sent may have arrived: the next attempt, and everyone who looks, must know.
        return {
          ...base,
          ...failed(end.failure, end.detail),
          due: end.dueAt,
          dup: end.failure.kind === 'unknown-outcome',
        };
      case 'held':
        return {
          ...base,
          ...failed(end.failure, end.detail),
          step: storable(end.step),
          held: codeOf(HOLD_REASONS, end.reason),
          dup: end.failure.kind === 'unknown-outcome',
        };
      case 'sleeping':
        return {
          ...base,
          tries: 0,
          step: storable(end.step),
          wake_at: end.wakeAt,
          wake_on: end.wakeOn,
          cancel_on: end.cancelOn ?? null,
        };
      case 'given back':
        return { ...base, tries: 0, due: end.dueAt ?? null };
    }
  };

  const liveOf = ([row]: readonly Live[]): number[] => (row?.live ?? []).map(Number);
  /** With events held off: whatever came is seen, and whatever comes sees them asleep. */
  const settleSleepers = async (ask: Ask, session: number, group: readonly Call[]): Promise<number[]> => {
    await noteVersions(ask, group);
    const falling = group.flatMap(({ call }) => (call.end?.to === 'sleeping' ? [call.end] : []));
    if (falling.length === 0) return liveOf(await ask<Live>(SETTLE, values(session, group)));
    const fates = await sleep.judge(ask, falling);
    const live = liveOf(await ask<Live>(SETTLE, values(session, group, fates)));
    const settled = falling.filter((end) => live.includes(Number(end.deliveryId)));
    await sleep.fallAsleep(ask, node.slot(SLOT.settle + session), settled, fates);
    return live;
  };

  /** Some ran with another version than they were planned with. */
  const noteVersions = async (ask: Ask, group: readonly Call[]): Promise<void> => {
    const ran = group.flatMap(({ call: { deliveryId, epoch, end } }) =>
      end?.flowVersion === undefined
        ? []
        : [{ id: Number(deliveryId), epoch, version: desk.dictionary.name(end.flowVersion) }],
    );
    if (ran.length === 0) return;
    const of = (name: 'id' | 'epoch' | 'version'): number[] => ran.map((one) => one[name]);
    await ask(RAN, [of('id'), of('epoch'), of('version')]);
  };

  const commit = async (session: number, group: readonly Call[]): Promise<void> => {
    const names = group.flatMap(({ call }) => call.end?.flowVersion ?? []);
    if (names.length > 0) await desk.dictionary.add([], names);
    for (let tried = 1; ; tried++) {
      try {
        const writer = writers.settle[session] as Session;
        const live = new Set(
          names.length > 0 || group.some(({ call }) => call.end?.to === 'sleeping')
            ? await writer.transaction((ask) => settleSleepers(ask, session, group))
            : liveOf(await writer.ask<Live>(SETTLE, values(session, group))),
        );
        for (const one of group) {
          const settled = live.has(Number(one.call.deliveryId));
          if (!settled || one.call.end) inHand.drop(one.call.deliveryId, one.call.epoch);
          one.resolve(settled ? 'settled' : 'stale');
        }
        return;
      } catch (error) {
        if (tried >= TRIES || !mayTryAgain(error)) throw error;
      }
    }
  };
  const run = async (session: number, group: readonly Call[]): Promise<void> => {
    try {
      await keys.rotateWhenDue();
      await commit(session, group);
    } catch (error) {
      const fault = faultOf(error);
      for (const one of group) {
        if (fault || group.length === 1) one.reject(fault ?? refusalOf(error));
        else await commit(session, [one]).catch((own) => one.reject(faultOf(own) ?? refusalOf(own)));
      }
    }
  };
  const groups = openGroups<Work, Settled>({
    sessions: writers.settle.length,
    calls: GROUP_CALLS,
    bytes: 4 * 1024 * 1024,
    oneOfAKey: true,
    run,
  });
  /** Known not to be ours any more: nothing is asked of the database. */
  const isStale = (work: Work): boolean =>
    !node.holds() || !node.owns(work.epoch) || inHand.get(work.deliveryId)?.epoch !== work.epoch;

  return {
    async remember(work: {
      readonly deliveryId: string;
      readonly epoch: number;
      readonly steps: readonly StepRecord[];
    }): Promise<Settled> {
      if (isStale(work)) return 'stale';
      return groups.put(work, { key: work.deliveryId });
    },
    async settle(end: Settlement): Promise<Settled> {
      const target = TARGETS[end.to];
      if (target === undefined || !mayMove('running', DELIVERY_STATES[target] as 'waiting')) {
        throw storeFailure('STORE_MOVE_REFUSED', 'A delivery was told to move where no delivery goes.');
      }
      const work: Work = { deliveryId: end.deliveryId, epoch: end.epoch, steps: end.steps, end };
      if (isStale(work)) return 'stale';
      return groups.put(work, { key: work.deliveryId });
    },
    close: groups.close,
  };
}
