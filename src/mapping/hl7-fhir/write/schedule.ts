/** Appointment as SCH, NTE, RGS, AIS, AIG, AIL and AIP: the guide's maps of these segments, backwards. */
import type { FieldContent } from '../../../hl7/index.ts';
import { appointmentStatuses } from './codes.ts';
import { type Components, codeOf, cwe, ei } from './datatypes.ts';
import type { Given } from './given.ts';
import { about, pl, target, xcn } from './people.ts';
import { minutesBetween } from './time.ts';
import { note, type SegmentFields, said, segment, time, type Writing, writable } from './writing.ts';

/** What the events of SIU say of an appointment, and the action code of its resources (table 0206). */
const events: ReadonlyMap<string, { readonly cancels: boolean; readonly action: string | undefined }> =
  new Map([
    ['S12', { cancels: false, action: 'A' }],
    ['S13', { cancels: false, action: 'U' }],
    ['S14', { cancels: false, action: 'U' }],
    ['S15', { cancels: true, action: undefined }],
    ['S17', { cancels: true, action: undefined }],
    ['S26', { cancels: true, action: undefined }],
  ]);

/** Statuses that a cancelling event may have; others mean that the visit takes place. */
const offStatuses = new Set(['cancelled', 'entered-in-error', 'noshow']);

const minutes: Components = ['min', 'minutes', 'UCUM'];

export interface Schedule {
  readonly sch: SegmentFields;
  readonly notes: readonly SegmentFields[];
  /** RGS and what it groups; empty when the appointment names no resource. */
  readonly resources: readonly SegmentFields[];
}

/** `user` (SCH-20) and `eventReason` (SCH-6) stand in where the appointment does not say. */
export function schedule(
  writing: Writing,
  appointment: Given,
  trigger: string,
  { user, eventReason }: { readonly user?: string; readonly eventReason?: string },
): Schedule {
  checkEvent(writing, appointment, trigger);
  const start = time(writing, appointment, 'start');
  const end = time(writing, appointment, 'end');
  const length = duration(writing, appointment);
  const participants = appointment.all('participant');
  const people = contacts(writing, participants);
  const identifiers = appointment.all('identifier');
  const ofType = (code: string): Given | undefined =>
    identifiers.find((each) =>
      each
        .child('type')
        ?.all('coding')
        .some((coding) => coding.peek('code') === code),
    );
  const placer = ofType('PLAC');
  const filler = ofType('FILL') ?? identifiers.find((each) => each !== placer);
  for (const each of [placer, filler]) each?.child('type')?.take('coding', 'text');
  const status = codeOf(writing, appointment, 'status', 'SCH-25', appointmentStatuses);
  const [reason, ...reasons] = appointment.all('reasonCode');
  const filled = writing.version < 2.7;
  const why =
    cwe(writing, appointment.child('cancelationReason'), 'SCH-6') ??
    (eventReason && [undefined, writable(writing, eventReason, 'options.eventReason')]);
  const enteredBy = people.get('SCH-20') ?? (user && writable(writing, user, 'options.user'));
  required(writing, appointment.at('cancelationReason'), 'SCH-6', why, 'Give eventReason.');
  required(
    writing,
    appointment.at('participant'),
    'SCH-16',
    people.get('SCH-16'),
    'Give a participant of type "filler contact".',
  );
  required(
    writing,
    appointment.at('participant'),
    'SCH-20',
    enteredBy,
    'Give user, or a participant of type "enterer".',
  );
  return {
    sch: segment('SCH', {
      1: ei(writing, placer, 'SCH-1'),
      2: ei(writing, filler, 'SCH-2'),
      6: why,
      7: cwe(writing, reason, 'SCH-7'),
      8: cwe(writing, appointment.child('appointmentType'), 'SCH-8'),
      9: length,
      10: length === undefined ? undefined : minutes,
      // TQ, as every interface reads it; version 2.7 has no SCH-11 and says the same in a TQ1.
      11:
        filled && (start ?? end) !== undefined
          ? [undefined, undefined, length && `M${length}`, start, end]
          : undefined,
      12: people.get('SCH-12'),
      16: people.get('SCH-16'),
      20: enteredBy,
      25: status,
      ...orders(writing, appointment),
    }),
    notes: [
      ...(filled || (start ?? end) === undefined ? [] : [segment('TQ1', { 1: '1', 7: start, 8: end })]),
      ...[...reasons.map((each) => said(writing, each, 'text')), said(writing, appointment, 'comment')]
        .concat(said(writing, appointment, 'patientInstruction'))
        .filter((each) => each !== undefined)
        .map((text, index) => segment('NTE', { 1: String(index + 1), 3: text })),
    ],
    resources: resources(writing, appointment, participants, { start, length, status, trigger }),
  };
}

/** Chapter 10.6.1 requires these fields, FHIR does not; most sites take them empty. */
function required(writing: Writing, path: string, place: string, content: FieldContent, fix: string): void {
  if (content !== undefined && content !== '') return;
  note(writing, {
    code: 'missing',
    severity: 'information',
    path,
    place,
    text: `${place} is required by the standard, and nothing given says what it holds; it stays empty.`,
    fix,
  });
}

/** An S15 for an appointment that stands would take a visit away; an S12 for a cancelled one would make one. */
function checkEvent(writing: Writing, appointment: Given, trigger: string): void {
  const status = appointment.peek('status');
  const cancels = events.get(trigger)?.cancels ?? false;
  if (status === undefined || cancels === offStatuses.has(status)) return;
  note(writing, {
    code: 'conflict',
    severity: 'error',
    path: appointment.at('status'),
    place: 'MSH-9',
    text: cancels
      ? `SIU^${trigger} takes the appointment away, but ${appointment.at('status')} says that it stands.`
      : `SIU^${trigger} says that the appointment stands, but ${appointment.at('status')} does not.`,
    fix: 'Do not send this message: choose the event by the status (S12 new, S13 other time, S14 other details, S15 cancelled, S26 no-show).',
  });
}

function duration(writing: Writing, appointment: Given): string | undefined {
  const given = said(writing, appointment, 'minutesDuration');
  const [start, end] = [appointment.peek('start'), appointment.peek('end')];
  if (given !== undefined) return given;
  const length =
    start !== undefined && end !== undefined ? minutesBetween(start, end, writing.timeZone) : undefined;
  return length === undefined ? undefined : String(Math.round(length));
}

/** Contacts and the one who entered the appointment, by the guide's participant types. */
function contacts(writing: Writing, participants: readonly Given[]): ReadonlyMap<string, FieldContent> {
  const fields: ReadonlyMap<string, string> = new Map([
    ['placer contact', 'SCH-12'],
    ['filler contact', 'SCH-16'],
    ['enterer', 'SCH-20'],
  ]);
  const found = new Map<string, FieldContent>();
  for (const each of participants) {
    const place = fields.get(each.all('type')[0]?.all('coding')[0]?.peek('code') ?? '');
    const actor = each.child('actor');
    if (place === undefined || actor === undefined || found.has(place)) continue;
    each.take('type', 'status', 'required');
    found.set(place, xcn(writing, actor, place) as FieldContent);
  }
  return found;
}

/** basedOn: the order's numbers in SCH-26 and SCH-27. */
function orders(writing: Writing, appointment: Given): Record<number, FieldContent> {
  const [order] = appointment.all('basedOn');
  const found = order && writing.set.resolve(order);
  if (found?.type !== 'ServiceRequest') return {};
  const identifiers = found.given.all('identifier');
  const filler = identifiers.find((each) => each.child('type')?.all('coding')[0]?.peek('code') === 'FILL');
  const placer = identifiers.find((each) => each !== filler);
  return { 26: ei(writing, placer, 'SCH-26'), 27: ei(writing, filler, 'SCH-27') };
}

interface Slot {
  readonly start: string | undefined;
  readonly length: string | undefined;
  readonly status: string | undefined;
  readonly trigger: string;
}

/** AIS of each service, then AIG, AIL and AIP of the participants that are a thing, a place or a person. */
function resources(
  writing: Writing,
  appointment: Given,
  participants: readonly Given[],
  slot: Slot,
): readonly SegmentFields[] {
  const action = events.get(slot.trigger)?.action;
  const made: Record<'AIS' | 'AIG' | 'AIL' | 'AIP', SegmentFields[]> = { AIS: [], AIG: [], AIL: [], AIP: [] };
  for (const service of appointment.all('serviceType'))
    made.AIS.push(
      segment('AIS', {
        1: String(made.AIS.length + 1),
        2: action,
        3: cwe(writing, service, 'AIS-3'),
        4: slot.start,
        7: slot.length,
        8: slot.length === undefined ? undefined : minutes,
        10: slot.status,
      }),
    );
  for (const participant of participants) {
    const actor = participant.child('actor');
    if (actor === undefined) continue;
    const type = typeOf(writing, actor);
    if (type === 'Patient') {
      about(writing, actor, 'Patient');
      participant.take('type', 'required', 'status');
      continue;
    }
    // Contacts stand in SCH.
    if (participant.left().length === 0) continue;
    const of = resource(writing, participant, slot);
    const [role] = participant.all('type');
    if (type === 'Location')
      made.AIL.push(
        segment('AIL', {
          1: String(made.AIL.length + 1),
          2: action,
          3: pl(writing, actor, 'AIL-3'),
          4: cwe(writing, role, 'AIL-4'),
          6: of.start,
          9: of.length,
          10: of.units,
          12: slot.status,
        }),
      );
    else if (type === 'Practitioner' || type === 'PractitionerRole' || type === 'RelatedPerson')
      made.AIP.push(
        segment('AIP', {
          1: String(made.AIP.length + 1),
          2: action,
          3: xcn(writing, actor, 'AIP-3'),
          4: cwe(writing, role, 'AIP-4'),
          6: of.start,
          9: of.length,
          10: of.units,
          12: slot.status,
        }),
      );
    else
      made.AIG.push(
        segment('AIG', {
          1: String(made.AIG.length + 1),
          2: action,
          3: thing(writing, actor),
          4: cwe(writing, role, 'AIG-4'),
          8: of.start,
          11: of.length,
          12: of.units,
          14: slot.status,
        }),
      );
  }
  const all = [...made.AIS, ...made.AIG, ...made.AIL, ...made.AIP];
  return all.length === 0 ? [] : [segment('RGS', { 1: '1', 2: action }), ...all];
}

const typeOf = (writing: Writing, actor: Given): string =>
  writing.set.resolve(actor)?.type ?? actor.peek('type') ?? actor.peek('reference')?.split('/').at(-2) ?? '';

/** Start and length of one resource: its own period, else the appointment's. */
function resource(
  writing: Writing,
  participant: Given,
  slot: Slot,
): {
  readonly start: string | undefined;
  readonly length: string | undefined;
  readonly units: Components | undefined;
} {
  // SCH-25 speaks for all; that a participant has not agreed has no field.
  if (participant.peek('status') === 'accepted') participant.take('status');
  if (participant.peek('required') === 'required') participant.take('required');
  const period = participant.child('period');
  const [from, to] = [period?.peek('start'), period?.peek('end')];
  const own = time(writing, period, 'start');
  period?.take('end');
  const minutesOwn =
    from !== undefined && to !== undefined ? minutesBetween(from, to, writing.timeZone) : undefined;
  const length =
    own === undefined ? slot.length : minutesOwn === undefined ? undefined : String(Math.round(minutesOwn));
  return { start: own ?? slot.start, length, units: length === undefined ? undefined : minutes };
}

/** A device, a service or a group as AIG-3: number and name. */
function thing(writing: Writing, actor: Given): FieldContent {
  const found = target(writing, actor);
  if (found === undefined) {
    const identifier = actor.child('identifier');
    return [said(writing, identifier, 'value'), said(writing, actor, 'display')];
  }
  const { given } = found;
  const [identifier] = given.all('identifier');
  const [name] = given.all('deviceName');
  identifier?.take('system', 'type', 'use');
  name?.take('type');
  return [said(writing, identifier, 'value'), said(writing, given, 'name') ?? said(writing, name, 'name')];
}
