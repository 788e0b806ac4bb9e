/** How deliveries are given out, end, sleep, wake and are done again. */
import { mayMove, type StepRecord } from '../../message/index.ts';
import type { FailureRecord } from '../../std/index.ts';
import type { AuditEntry, Leased, NewDelivery, ReplayRequest, Settled, Settlement } from '../contract.ts';
import { storeFailure } from '../failures.ts';
import { addDelivery } from './append.ts';
import { addAudit } from './audit.ts';
import { heads, isHead, leave, stand } from './lanes.ts';
import { addSteps, fallAsleep, forget, rise, sleepersOf, waitsFor } from './sleeping.ts';
import { type DeliveryRow, deliveryOf, type State, summaryOf } from './state.ts';

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

export function settle(state: State, end: Settlement, fenced: boolean): Settled {
  const target = TARGETS[end.to];
  if (target === undefined) {
    throw storeFailure('STORE_MOVE_REFUSED', 'A delivery was told to move where no delivery goes.');
  }
  const row = leased(state, end.deliveryId, end.epoch, fenced);
  if (!row) return 'stale';
  addSteps(row, end.steps);
  row.flowVersion = end.flowVersion ?? row.flowVersion;
  row.epoch = 0;
  row.state = target;
  if (end.to === 'given back') {
    row.dueAt = end.dueAt ?? row.dueAt;
    return 'settled';
  }
  if (end.to === 'sleeping') {
    fallAsleep(state, row, end);
    return 'settled';
  }
  row.attempts++;
  if (end.to === 'waiting' || end.to === 'held' || end.to === 'dead') failed(row, end);
  switch (end.to) {
    case 'waiting':
      row.dueAt = end.dueAt;
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
  // What was sent may have arrived: the next attempt, and everyone who looks, must know.
  if (failure.kind === 'unknown-outcome' && row.state !== 'dead') row.possibleDuplicate = true;
  row.tries.push({ attempt: row.attempts, endedAt: at, ms, failure, detail });
}

export function wake(state: State, request: { readonly now: number; readonly wakeOn?: string }): number {
  const { now, wakeOn } = request;
  const due = sleepersOf(state)
    .filter((row) => row.wakeAt !== null && row.wakeAt <= now)
    .sort((a, b) => (a.wakeAt as number) - (b.wakeAt as number) || a.id - b.id);
  for (const row of due) rise(state, row, { wokenAt: now, by: 'time' });
  const asked = sleepersOf(state).filter(
    (row) => wakeOn !== undefined && waitsFor(state, row, row.wakeOn, wakeOn),
  );
  for (const row of asked) rise(state, row, { wokenAt: now, by: 'event' });
  return due.length + asked.length;
}

/** A step that asked is answered; the record is its output. */
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
  const row = state.deliveries.get(Number(request.deliveryId));
  if (row === undefined || row.step !== request.step.step) return 'stale';
  const held = row.state === 'held';
  if (row.state !== 'sleeping' && !held) return 'stale';
  if (!mayMove(row.state, request.to)) {
    throw storeFailure('STORE_MOVE_REFUSED', 'A delivery was told to move where none goes.');
  }
  addSteps(row, [request.step]);
  forget(row);
  row.heldFor = null;
  if (request.to !== 'waiting') {
    if (held) leave(state, row);
    row.state = request.to;
    row.finishedAt = request.at;
  } else if (held) {
    row.state = 'waiting';
    row.dueAt = request.at;
  } else stand(state, row, request.at);
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
  const { to, at } = request;
  if (to === ('filtered' as string) || !mayMove('held', to)) {
    throw storeFailure('STORE_MOVE_REFUSED', 'A held delivery was told to move where none goes.');
  }
  let released = 0;
  for (const id of request.deliveryIds) {
    const row = state.deliveries.get(Number(id));
    if (row?.state !== 'held' && row?.state !== 'waiting') continue;
    const held = row.state === 'held';
    if (to === 'dead') {
      // Whoever waits behind another has nothing to give up yet. Who is held may be anywhere after an unlink; but one that
      // stands in several lanes keeps the order between them as long as it is not the first.
      if (!isHead(state, row) && (!held || row.lanes.length > 1)) continue;
      leave(state, row);
      row.state = 'dead';
      row.finishedAt = at;
    } else {
      if (!held && row.dueAt <= at) continue;
      if (held) row.released = { at, attempts: row.attempts };
      row.state = 'waiting';
      row.dueAt = at;
    }
    row.heldFor = null;
    released++;
  }
  addAudit(state, [request.audit]);
  return released;
}

/** What was done before a step; all of it when the step itself was never done. */
function before(steps: readonly StepRecord[], fromStep: string): readonly StepRecord[] {
  const at = steps.findIndex(({ step }) => step === fromStep || step.startsWith(`${fromStep}[`));
  return at < 0 ? steps : steps.slice(0, at);
}

export function replay(state: State, request: ReplayRequest): readonly string[] {
  const { job } = request;
  if (job) {
    const kept = state.jobs.get(job.id);
    if (kept?.state !== 'running' || kept.done >= job.done) {
      throw storeFailure('STORE_JOB_MOVED', 'The replay was stopped, or another node went on with it.');
    }
    state.jobs.set(job.id, job);
  }
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
    const made = addDelivery(state, message, plan, { dueAt: request.at, createdAt: request.at });
    return String(made.id);
  });
  addAudit(state, [request.audit]);
  return ids;
}
