/** Sleepers: what wakes or ends them, and what came while they were awake. */
import type { StepRecord, Woken } from '../../message/index.ts';
import type { NewMessage, Settlement, SleepKey } from '../contract.ts';
import { leave, stand, survivorOf, survivorsOf } from './lanes.ts';
import type { DeliveryRow, State } from './state.ts';

export const sleepersOf = (state: State): DeliveryRow[] =>
  [...state.deliveries.values()].filter((row) => row.state === 'sleeping');

/** Remembers effects: in the order they were first done, each with its newest output. */
export function addSteps(row: DeliveryRow, steps: readonly StepRecord[]): void {
  for (const step of steps) {
    const at = row.steps.findIndex((one) => one.step === step.step);
    if (at < 0) row.steps.push(step);
    else row.steps[at] = step;
  }
}

/** A key with its lane where that stands now. */
function resolved(state: State, key: SleepKey): string {
  const at = key.lastIndexOf('#');
  return at <= 0 ? key : `${survivorOf(state, key.slice(0, at))}${key.slice(at)}`;
}

/** What a sleeper's own key stands for: `#name` for that name in each of these lanes. */
const within = (state: State, lanes: readonly string[], key: SleepKey): readonly string[] =>
  key.startsWith('#') ? lanes.map((lane) => `${lane}${key}`) : [resolved(state, key)];

export const waitsFor = (state: State, row: DeliveryRow, key: SleepKey | null, brought: SleepKey): boolean =>
  key !== null && within(state, survivorsOf(state, row.asked), key).includes(resolved(state, brought));

/** What happened is remembered as part of the step's output. */
function remember(row: DeliveryRow, woken: Woken): void {
  const step = row.step as string;
  const known = row.steps.find((one) => one.step === step);
  const startedAt = known?.startedAt ?? woken.wokenAt;
  const ms = Math.max(0, woken.wokenAt - startedAt);
  addSteps(row, [{ step, startedAt, ms, output: { ...(known?.output as object), ...woken } }]);
}

export function forget(row: DeliveryRow): void {
  row.wakeAt = null;
  row.wakeOn = null;
  row.cancelOn = null;
}

/** Stands again at the tail of its lanes. */
export function rise(state: State, row: DeliveryRow, woken: Woken): void {
  remember(row, woken);
  forget(row);
  row.wokenBy = Math.max(row.wokenBy, Number(woken.messageId ?? 0));
  stand(state, row, woken.wokenAt);
}

function cancel(row: DeliveryRow, woken: Woken): void {
  remember(row, woken);
  forget(row);
  row.state = 'filtered';
  row.finishedAt = woken.wokenAt;
}

/** What a message does to sleepers, and to those that have not fallen asleep yet. */
export function tellSleepers(state: State, id: number, message: NewMessage): void {
  const woken: Woken = { wokenAt: message.receivedAt, by: 'event', messageId: String(id) };
  for (const key of message.cancels ?? []) {
    state.brought.set(`cancels ${resolved(state, key)}`, id);
    for (const row of sleepersOf(state)) {
      if (waitsFor(state, row, row.cancelOn, key)) cancel(row, { ...woken, cancelled: true });
    }
  }
  for (const key of message.wakes ?? []) {
    state.brought.set(`wakes ${resolved(state, key)}`, id);
    for (const row of sleepersOf(state)) if (waitsFor(state, row, row.wakeOn, key)) rise(state, row, woken);
  }
}

/** The message that brought a key after that one, to the lanes asked for or to those they joined. */
function broughtAfter(
  state: State,
  row: DeliveryRow,
  what: 'cancels' | 'wakes',
  key: SleepKey | null,
  after: number,
): number | undefined {
  if (key === null) return undefined;
  const lanes = [...new Set([...row.asked, ...survivorsOf(state, row.asked)])];
  return within(state, lanes, key)
    .map((one) => state.brought.get(`${what} ${one}`) ?? 0)
    .find((message) => message > after);
}

/** Leaves its lanes to sleep; what ends or wakes it may have come already. */
export function fallAsleep(
  state: State,
  row: DeliveryRow,
  end: Extract<Settlement, { to: 'sleeping' }>,
): void {
  const { at, step, wakeAt, wakeOn, cancelOn = null } = end;
  leave(state, row);
  row.state = 'sleeping';
  row.step = step;
  const ended = broughtAfter(state, row, 'cancels', cancelOn, row.plannedAfter);
  if (ended !== undefined) {
    cancel(row, { wokenAt: at, by: 'event', messageId: String(ended), cancelled: true });
    return;
  }
  // The event that ended an earlier sleep does not end the next one, too.
  const woken = broughtAfter(state, row, 'wakes', wakeOn, Math.max(row.plannedAfter, row.wokenBy));
  if (woken !== undefined) {
    rise(state, row, { wokenAt: at, by: 'event', messageId: String(woken) });
    return;
  }
  row.wakeAt = wakeAt;
  row.wakeOn = wakeOn;
  row.cancelOn = cancelOn;
}
