/** What enters, and what stands or falls with it. Everything is checked before anything is changed. */
import type { MessageFlag } from '../../message/index.ts';
import type { Append, Appended, NewDelivery, NewMessage, RosterChange } from '../contract.ts';
import { storeFailure } from '../failures.ts';
import { addAudit } from './audit.ts';
import { holdLanes, link, stand } from './lanes.ts';
import { tellSleepers } from './sleeping.ts';
import { type DeliveryRow, keyOf, type MessageRow, type State } from './state.ts';

const DOORS = ['feed', 'poll', 'webhook', 'file', 'bulk', 'replay', 'retest', 'manual'];

export interface AppendRules {
  readonly dedupe: boolean;
}

function check(state: State, unit: Append): void {
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
  at: { readonly dueAt: number; readonly createdAt: number },
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
    released: null,
    plannedAfter: state.last.message,
    wokenBy: 0,
    steps: [...(plan.remembered ?? [])],
    tries: [],
    wakeAt: null,
    wakeOn: null,
    cancelOn: null,
    epoch: 0,
  };
  message.deliveries.push(row);
  state.deliveries.set(row.id, row);
  stand(state, row, at.dueAt);
  const old = plan.replayOf === undefined ? undefined : state.deliveries.get(Number(plan.replayOf));
  if (old) old.replayedBy = String(row.id);
  return row;
}

export function append(state: State, unit: Append, rules: AppendRules): readonly Appended[] {
  check(state, unit);
  // A merge that was sent again is not made again: another merge or an unlink may have come in between.
  const again =
    rules.dedupe &&
    unit.messages.length > 0 &&
    unit.messages.every((one) => earlierOf(state, unit, one).same);
  const aliases = again ? [] : (unit.aliases ?? []);
  if (unit.cursor) {
    const { name, value, expect } = unit.cursor;
    state.cursors.set(keyOf(unit.site, unit.connection, name), { value, version: expect + 1 });
  }
  for (const alias of aliases) if (alias.undo) link(state, alias);
  const appended = unit.messages.map((message) => addMessage(state, unit, message, rules));
  for (const alias of aliases) if (!alias.undo) link(state, alias);
  for (const alias of aliases) holdLanes(state, alias);
  for (const { resource, identity, hash } of unit.seen ?? []) {
    state.seen.set(keyOf(unit.site, resource, identity), hash);
  }
  for (const change of unit.roster ?? []) changeRoster(state, unit.site, change);
  if (unit.audit) addAudit(state, unit.audit);
  return appended;
}

/** Accepted messages of the same sender and id, and among them the one of the same bytes. */
function earlierOf(
  state: State,
  unit: Append,
  message: NewMessage,
): { key?: string; earlier: readonly MessageRow[]; same?: MessageRow | undefined } {
  // A refused message is judged afresh when it comes again: it neither is a repeat nor makes one.
  const dedupe = message.state === 'accepted' ? message.dedupe : undefined;
  if (dedupe === undefined) return { earlier: [] };
  const key = keyOf(unit.site, unit.connection, dedupe.sender, dedupe.id);
  const earlier = state.known.get(key) ?? [];
  return { key, earlier, same: earlier.find((row) => row.dedupe?.hash === dedupe.hash) };
}

function addMessage(state: State, unit: Append, message: NewMessage, rules: AppendRules): Appended {
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
    const dueAt = plan.dueAt ?? message.receivedAt;
    addDelivery(state, row, plan, { dueAt, createdAt: message.receivedAt });
  }
  tellSleepers(state, id, message);
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
  const mergedInto = change.mergedInto === undefined ? known?.mergedInto : change.mergedInto;
  state.roster.set(key, {
    key: change.key,
    identifiers,
    ...(fhirId === undefined ? {} : { fhirId }),
    ...(mergedInto === undefined || mergedInto === null ? {} : { mergedInto }),
    activeAt: Math.max(change.activeAt, known?.activeAt ?? change.activeAt),
  });
}
