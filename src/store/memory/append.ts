/** What enters, and what stands or falls with it. Everything is checked before anything is changed. */
import type { MessageFlag } from '../../message/index.ts';
import type { Append, Appended, NewDelivery, NewMessage, RosterChange } from '../contract.ts';
import { storeFailure } from '../failures.ts';
import { sameButForTime } from '../resent.ts';
import { addAudit } from './audit.ts';
import { holdLanes, link, stand } from './lanes.ts';
import { tellSleepers } from './sleeping.ts';
import { type DeliveryRow, type Known, keyOf, type MessageRow, type State } from './state.ts';

const DOORS = ['feed', 'poll', 'webhook', 'file', 'bulk', 'replay', 'retest', 'manual', 'schedule'];

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
    rules.dedupe && unit.messages.length > 0 && unit.messages.every((one) => judge(state, unit, one).same);
  const aliases = again ? [] : (unit.aliases ?? []);
  if (unit.cursor) {
    const { name, value, expect, at = 0 } = unit.cursor;
    const { site, connection } = unit;
    state.cursors.set(keyOf(site, connection, name), {
      site,
      connection,
      name,
      value,
      version: expect + 1,
      movedAt: at,
    });
  }
  for (const alias of aliases) if (alias.undo) link(state, alias);
  const appended = unit.messages.map((message) => addMessage(state, unit, message, rules));
  for (const alias of aliases) if (!alias.undo) link(state, alias);
  for (const alias of aliases) holdLanes(state, alias);
  for (const { resource, identity, hash, census } of unit.seen ?? []) {
    const key = keyOf(unit.site, resource, identity);
    state.seen.set(key, hash);
    const before = state.counted.get(key)?.census ?? 0;
    if (census !== undefined) {
      state.counted.set(key, { scope: keyOf(unit.site, resource), census: Math.max(before, census) });
    }
  }
  if (unit.gone) {
    for (const key of uncounted(state, unit.site, unit.gone.resource, unit.gone.before))
      state.seen.set(key, 'gone');
  }
  for (const change of unit.roster ?? []) changeRoster(state, unit.site, change);
  if (unit.audit) addAudit(state, unit.audit);
  return appended;
}

/** Keys of the marks that an earlier count touched last and that are not gone. */
export function uncounted(state: State, site: string, resource: string, before: number): readonly string[] {
  const scope = keyOf(site, resource);
  return [...state.counted].flatMap(([key, one]) =>
    one.scope === scope && one.census < before && state.seen.get(key) !== 'gone' ? [key] : [],
  );
}

interface Judgement {
  /** Under which it is known from now on; left out: it is never a repeat. */
  readonly key?: string;
  readonly earlier: readonly Known[];
  /** The message that it repeats. */
  readonly same?: Known | undefined;
  readonly flag?: MessageFlag;
}

/** Is it the same again, the same sent anew, or another one of its id? */
function judge(state: State, unit: Append, message: NewMessage): Judgement {
  // A refused message is judged afresh when it comes again: it neither is a repeat nor makes one.
  const dedupe = message.state === 'accepted' ? message.dedupe : undefined;
  if (dedupe === undefined) return { earlier: [] };
  const key = keyOf(unit.site, unit.connection, dedupe.sender, dedupe.id);
  const all = state.known.get(key) ?? [];
  const earlier = all.filter(({ receivedAt }) => receivedAt >= (dedupe.since ?? Number.NEGATIVE_INFINITY));
  const same = earlier.find(({ hash }) => hash === dedupe.hash);
  if (same || earlier.length === 0) return { key, earlier: all, same };
  const resent = earlier.findLast(({ row }) => row !== null && sameButForTime(message.bytes, row.bytes));
  if (!resent) return { key, earlier: all, flag: 'control-id-reused' };
  return dedupe.ignoreTime
    ? { key, earlier: all, same: resent }
    : { key, earlier: all, flag: 'resent-with-new-time' };
}

function addMessage(state: State, unit: Append, message: NewMessage, rules: AppendRules): Appended {
  const { key, earlier, same, flag } = judge(state, unit, message);
  if (same && rules.dedupe) {
    if (same.row) same.row.summary.repeats++;
    return { kind: 'duplicate', messageId: same.messageId, receivedAt: same.receivedAt };
  }
  const flags = flag && !message.flags.includes(flag) ? [...message.flags, flag] : message.flags;
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
  state.feeds.set(keyOf(unit.site, unit.connection), { site: unit.site, connection: unit.connection });
  if (key !== undefined && message.dedupe) {
    const { hash } = message.dedupe;
    const { receivedAt } = message;
    state.known.set(key, [...earlier, { hash, messageId: String(id), receivedAt, row }]);
  }
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
