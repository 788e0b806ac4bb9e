/** How deliveries are given out, end, sleep, wake and are done again. */
import { mayMove, type StepRecord } from '../../message/index.ts';
import type { FailureRecord } from '../../std/index.ts';
import type { AuditEntry, Leased, NewDelivery, Settled } from '../contract.ts';
import { storeFailure } from '../failures.ts';
import { addDelivery, addSteps, sleepersOf, wakeUp } from './append.ts';
import { addAudit } from './audit.ts';
import { heads, leave, standingOf } from './lanes.ts';
import { type DeliveryRow, deliveryOf, type State, summaryOf } from './state.ts';
import type { ReplayToCome, SettlementToCome } from './to-come.ts';

type Mine = (row: DeliveryRow) => boolean;

export function lease(
  state: State,
  request: { readonly now: number; readonly limit: number },
  candidates: readonly DeliveryRow[],
): readonly Leased[] {
  const epoch = ++state.last.epoch;
  return candidates
    .filter((row) => row.dueAt <= request.now)
    .sort((a, b) => a.dueAt - b.dueAt || a.place - b.place)
    .slice(0, request.limit)
    .map((row) => {
      row.state = 'running';
      row.epoch = epoch;
      const { message } = row;
      const remembered = [...row.steps];
      return {
        delivery: deliveryOf(row),
        epoch,
        message: summaryOf(message),
        bytes: message.bytes,
        remembered,
      };
    });
}

export function nextDue(state: State, mine: Mine): number | null {
  const times = [...heads(state).filter(mine), ...sleepersOf(state).filter((row) => row.wakeAt !== null)].map(
    (row) => (row.state === 'sleeping' ? (row.wakeAt as number) : row.dueAt),
  );
  return times.length === 0 ? null : Math.min(...times);
}

/** The delivery, if it runs under this lease; anything else is stale. */
function leased(state: State, id: string, epoch: number, fenced: boolean): DeliveryRow | undefined {
  const row = state.deliveries.get(Number(id));
  return row?.state === 'running' && (row.epoch === epoch || !fenced) ? row : undefined;
}

export function remember(
  state: State,
  work: { readonly deliveryId: string; readonly epoch: number; readonly steps: readonly StepRecord[] },
  fenced: boolean,
): Settled {
  const row = leased(state, work.deliveryId, work.epoch, fenced);
  if (!row) return 'stale';
  addSteps(row, work.steps);
  return 'settled';
}

const TARGETS = {
  delivered: 'delivered',
  filtered: 'filtered',
  waiting: 'waiting',
  dead: 'dead',
  held: 'held',
  sleeping: 'sleeping',
  'given back': 'waiting',
} as const;

export function settle(state: State, end: SettlementToCome, fenced: boolean): Settled {
  const target = TARGETS[end.to];
  if (target === undefined) {
    throw storeFailure('STORE_MOVE_REFUSED', 'A delivery was told to move where no delivery goes.');
  }
  const row = leased(state, end.deliveryId, end.epoch, fenced);
  if (!row) return 'stale';
  addSteps(row, end.steps);
  row.epoch = 0;
  row.state = target;
  if (end.to === 'given back') {
    row.dueAt = end.dueAt ?? row.dueAt;
    return 'settled';
  }
  if (end.to === 'sleeping') {
    leave(state, row);
    row.step = end.step;
    row.wakeAt = end.wakeAt;
    row.wakeOn = end.wakeOn;
    row.cancelOn = end.cancelOn ?? null;
    return 'settled';
  }
  row.attempts++;
  if (end.to === 'waiting' || end.to === 'held' || end.to === 'dead') failed(row, end);
  switch (end.to) {
    case 'waiting':
      row.dueAt = end.dueAt;
      // What was sent may have arrived: the next attempt, and everyone who looks, must know.
      if (end.failure.kind === 'unknown-outcome') row.possibleDuplicate = true;
      return 'settled';
    case 'held':
      row.heldFor = end.reason;
      row.step = end.step;
      return 'settled';
    default:
      leave(state, row);
      row.finishedAt = end.at;
      row.step = end.to === 'filtered' ? end.step : end.to === 'dead' ? (end.failure.at.step ?? null) : null;
      return 'settled';
  }
}

function failed(
  row: DeliveryRow,
  { at, ms, failure, detail }: { at: number; ms: number; failure: FailureRecord; detail: string | null },
): void {
  row.failure = failure;
  row.tries.push({ attempt: row.attempts, endedAt: at, ms, failure, detail });
}

export function wake(state: State, request: { readonly now: number; readonly wakeOn?: string }): number {
  const sleeping = sleepersOf(state);
  const due = sleeping
    .filter((row) => row.wakeAt !== null && row.wakeAt <= request.now)
    .sort((a, b) => (a.wakeAt as number) - (b.wakeAt as number) || a.id - b.id);
  const asked = sleeping.filter(
    (row) => request.wakeOn !== undefined && row.wakeOn === request.wakeOn && !due.includes(row),
  );
  for (const row of [...due, ...asked]) wakeUp(state, row, request.now);
  return due.length + asked.length;
}

/** A sleeping step is answered; the record is its output. */
export function answer(
  state: State,
  request: {
    readonly deliveryId: string;
    readonly step: StepRecord;
    readonly to: 'waiting' | 'filtered' | 'dead';
    readonly at: number;
    readonly audit: AuditEntry;
  },
): Settled {
  if (!mayMove('sleeping', request.to)) {
    throw storeFailure('STORE_MOVE_REFUSED', 'A sleeping delivery was told to move where none goes.');
  }
  const row = state.deliveries.get(Number(request.deliveryId));
  if (row?.state !== 'sleeping' || row.step !== request.step.step) return 'stale';
  addSteps(row, [request.step]);
  if (request.to === 'waiting') wakeUp(state, row, request.at);
  else {
    row.state = request.to;
    row.finishedAt = request.at;
  }
  addAudit(state, [request.audit]);
  return 'settled';
}

export function release(
  state: State,
  request: {
    readonly deliveryIds: readonly string[];
    readonly to: 'waiting' | 'dead';
    readonly at: number;
    readonly audit: AuditEntry;
  },
): number {
  if (!mayMove('held', request.to)) {
    throw storeFailure('STORE_MOVE_REFUSED', 'A held delivery was told to move where none goes.');
  }
  const held = [...new Set(request.deliveryIds)]
    .map((id) => state.deliveries.get(Number(id)))
    .filter((row) => row?.state === 'held') as DeliveryRow[];
  for (const row of held) {
    row.heldFor = null;
    row.state = request.to;
    if (request.to === 'waiting') row.dueAt = request.at;
    else {
      leave(state, row);
      row.finishedAt = request.at;
    }
  }
  addAudit(state, [request.audit]);
  return held.length;
}

/** What was done before a step; all of it when the step itself was never done. */
function before(steps: readonly StepRecord[], fromStep: string): readonly StepRecord[] {
  const at = steps.findIndex(({ step }) => step === fromStep || step.startsWith(`${fromStep}[`));
  return at < 0 ? steps : steps.slice(0, at);
}

export function replay(state: State, request: ReplayToCome): readonly string[] {
  const old = [...new Set(request.deliveryIds)]
    .map((id) => state.deliveries.get(Number(id)))
    .filter((row) => row !== undefined)
    .sort((a, b) => a.id - b.id);
  const ids = old.map((row) => {
    const { message } = row;
    message.summary.planned++;
    if (!message.summary.flags.includes('replayed')) {
      message.summary.flags = [...message.summary.flags, 'replayed'];
    }
    const plan: NewDelivery = {
      flow: row.flow,
      flowVersion: request.versions[row.flow] ?? row.flowVersion,
      lanes: row.asked,
      replayOf: String(row.id),
      remembered: request.fromStep === undefined ? [] : before(row.steps, request.fromStep),
    };
    const lanes = standingOf(state, row.asked);
    const made = addDelivery(state, message, plan, { lanes, dueAt: request.at, createdAt: request.at });
    row.replayedBy = String(made.id);
    return String(made.id);
  });
  if (request.job) state.jobs.set(request.job.id, request.job);
  addAudit(state, [request.audit]);
  return ids;
}
