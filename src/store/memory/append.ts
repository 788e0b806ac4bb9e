/** What enters, and what stands or falls with it. Everything is checked before anything is changed. */
import type { MessageFlag, StepRecord } from '../../message/index.ts';
import type { Appended, AuditEntry, NewDelivery, NewMessage, RosterChange } from '../contract.ts';
import { storeFailure } from '../failures.ts';
import { addAudit } from './audit.ts';
import { join, stand, standingOf } from './lanes.ts';
import { type DeliveryRow, keyOf, type MessageRow, type State } from './state.ts';
import type { AppendToCome } from './to-come.ts';

const DOORS = ['feed', 'poll', 'webhook', 'file', 'bulk', 'replay', 'retest', 'manual'];

export interface AppendRules {
  readonly dedupe: boolean;
}

function check(state: State, unit: AppendToCome): void {
  for (const message of unit.messages) {
    if (!DOORS.includes(message.door) || message.deliveries.some(({ lanes }) => lanes.length === 0)) {
      throw storeFailure('STORE_REFUSED', 'A message that the store cannot keep.');
    }
  }
  if (unit.cursor === undefined) return;
  const { name, expect } = unit.cursor;
  const version = state.cursors.get(keyOf(unit.site, unit.connection, name))?.version ?? 0;
  if (version !== expect) {
    throw storeFailure('STORE_CURSOR_MOVED', `The cursor ${name} is at version ${version}, not ${expect}.`);
  }
}

export function addDelivery(
  state: State,
  message: MessageRow,
  plan: NewDelivery,
  at: { readonly lanes: readonly string[]; readonly dueAt: number; readonly createdAt: number },
): DeliveryRow {
  const row: DeliveryRow = {
    id: ++state.last.delivery,
    message,
    flow: plan.flow,
    flowVersion: plan.flowVersion,
    asked: plan.lanes,
    lanes: [],
    place: 0,
    state: 'waiting',
    heldFor: null,
    attempts: 0,
    dueAt: at.dueAt,
    possibleDuplicate: false,
    replayOf: plan.replayOf ?? null,
    replayedBy: null,
    createdAt: at.createdAt,
    finishedAt: null,
    failure: null,
    step: null,
    steps: [...(plan.remembered ?? [])],
    tries: [],
    wakeAt: null,
    wakeOn: null,
    cancelOn: null,
    epoch: 0,
  };
  message.deliveries.push(row);
  state.deliveries.set(row.id, row);
  stand(state, row, at.lanes, at.dueAt);
  return row;
}

/** Remembers effects: in the order they were first done, each with its newest output. */
export function addSteps(row: DeliveryRow, steps: readonly StepRecord[]): void {
  for (const step of steps) {
    const at = row.steps.findIndex((one) => one.step === step.step);
    if (at < 0) row.steps.push(step);
    else row.steps[at] = step;
  }
}

/** Sleepers stand again at the tail of their lanes, or end. */
export function wakeUp(state: State, row: DeliveryRow, dueAt: number): void {
  row.wakeAt = null;
  row.wakeOn = null;
  row.cancelOn = null;
  stand(state, row, standingOf(state, row.asked), dueAt);
}

export const sleepersOf = (state: State): DeliveryRow[] =>
  [...state.deliveries.values()].filter((row) => row.state === 'sleeping');

export function append(state: State, unit: AppendToCome, rules: AppendRules): readonly Appended[] {
  check(state, unit);
  const at = unit.messages[0]?.receivedAt;
  // What a repeat says was done when it came first; done again, it would undo what came between.
  const again =
    rules.dedupe &&
    unit.messages.length > 0 &&
    unit.messages.every((one) => earlierOf(state, unit, one).same);
  const aliases = again ? [] : (unit.aliases ?? []);
  const cancelled =
    unit.cancels?.length && !again
      ? sleepersOf(state).filter((row) => row.cancelOn !== null && unit.cancels?.includes(row.cancelOn))
      : [];
  for (const row of cancelled) {
    row.state = 'filtered';
    row.finishedAt = at ?? row.createdAt;
  }
  if (unit.cursor) {
    const { name, value, expect } = unit.cursor;
    state.cursors.set(keyOf(unit.site, unit.connection, name), { value, version: expect + 1 });
  }
  // A merge or an unlink stands where its keys stood before it and where they stand after it: behind what was there,
  // before what follows. Of two merges that cross, the second would otherwise be overtaken in the lane it gives back.
  const before = aliases.length > 0 ? new Map(unit.messages.flatMap(lanesOf(state))) : null;
  for (const alias of aliases) if (alias.undo) state.aliases.delete(alias.from);
  for (const alias of aliases) if (!alias.undo) join(state, alias.from, alias.to);
  const appended = unit.messages.map((message) => addMessage(state, unit, message, before, rules));
  for (const { resource, identity, hash } of unit.seen ?? []) {
    state.seen.set(keyOf(unit.site, resource, identity), hash);
  }
  for (const change of unit.roster ?? []) changeRoster(state, unit.site, change);
  const woken =
    unit.wakes?.length && !again
      ? sleepersOf(state).filter((row) => row.wakeOn !== null && unit.wakes?.includes(row.wakeOn))
      : [];
  for (const row of woken) wakeUp(state, row, at ?? row.dueAt);
  if (unit.audit) addAudit(state, unit.audit as readonly AuditEntry[]);
  return appended;
}

const lanesOf =
  (state: State) =>
  (message: NewMessage): (readonly [NewDelivery, readonly string[]])[] =>
    message.deliveries.map((plan) => [plan, standingOf(state, plan.lanes)] as const);

/** Accepted messages of the same sender and id, and among them the one of the same bytes. */
function earlierOf(
  state: State,
  unit: AppendToCome,
  message: NewMessage,
): { key?: string; earlier: readonly MessageRow[]; same?: MessageRow | undefined } {
  // A refused message is judged afresh when it comes again: it neither is a repeat nor makes one.
  const dedupe = message.state === 'accepted' ? message.dedupe : undefined;
  if (dedupe === undefined) return { earlier: [] };
  const key = keyOf(unit.site, unit.connection, dedupe.sender, dedupe.id);
  const earlier = state.known.get(key) ?? [];
  return { key, earlier, same: earlier.find((row) => row.dedupe?.hash === dedupe.hash) };
}

function addMessage(
  state: State,
  unit: AppendToCome,
  message: NewMessage,
  before: ReadonlyMap<NewDelivery, readonly string[]> | null,
  rules: AppendRules,
): Appended {
  const { key, earlier, same } = earlierOf(state, unit, message);
  if (same && rules.dedupe) {
    same.summary.repeats++;
    return { kind: 'duplicate', messageId: same.summary.id, receivedAt: same.summary.receivedAt };
  }
  const flags: readonly MessageFlag[] =
    earlier.length > 0 && !message.flags.includes('control-id-reused')
      ? [...message.flags, 'control-id-reused']
      : message.flags;
  const id = ++state.last.message;
  const row: MessageRow = {
    summary: {
      id: String(id),
      site: unit.site,
      connection: unit.connection,
      receivedAt: message.receivedAt,
      door: message.door,
      format: message.format,
      type: message.type,
      controlId: message.controlId,
      state: message.state,
      reason: message.reason,
      flags,
      repeats: 0,
      size: message.bytes.length,
      planned: message.deliveries.length,
    },
    bytes: message.bytes,
    patients: message.patients,
    dedupe: key === undefined ? undefined : message.dedupe,
    deliveries: [],
  };
  state.messages.set(id, row);
  if (key !== undefined) state.known.set(key, [...earlier, row]);
  for (const plan of message.deliveries) {
    const lanes = [...new Set([...(before?.get(plan) ?? []), ...standingOf(state, plan.lanes)])];
    const dueAt = plan.dueAt ?? message.receivedAt;
    addDelivery(state, row, plan, { lanes, dueAt, createdAt: message.receivedAt });
  }
  return { kind: 'kept', messageId: String(id), receivedAt: message.receivedAt, flags };
}

/** Identifiers join those that are known; the FHIR id stays unless a new one is given. */
function changeRoster(state: State, site: string, change: RosterChange): void {
  const key = keyOf(site, change.key);
  const known = state.roster.get(key);
  const identifiers = [...(known?.identifiers ?? [])];
  for (const { system, value } of change.identifiers) {
    if (!identifiers.some((one) => one.system === system && one.value === value)) {
      identifiers.push({ system, value });
    }
  }
  const fhirId = change.fhirId ?? known?.fhirId;
  state.roster.set(key, {
    key: change.key,
    identifiers,
    ...(fhirId === undefined ? {} : { fhirId }),
    activeAt: Math.max(change.activeAt, known?.activeAt ?? change.activeAt),
  });
}
