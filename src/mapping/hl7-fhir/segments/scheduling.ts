/** Scheduling (SIU): SCH and its resources as an Appointment. */
import { type Assembly, absent, add, draftOf, push, refer, subjectOf } from '../assembly.ts';
import { conceptMap } from '../concept-maps.ts';
import { concept, conceptText, toConcept, unmapped, vocabulary } from '../datatypes/cwe.ts';
import { entityIdentifier, toEntityIdentifier } from '../datatypes/cx.ts';
import { location } from '../datatypes/pl.ts';
import { minutesIn } from '../datatypes/quantity.ts';
import { practitioner } from '../datatypes/xcn.ts';
import type { Field, Line } from '../line.ts';
import {
  type Draft,
  dateTime,
  element,
  instant,
  keep,
  note,
  number,
  type Reading,
  trace,
} from '../reading.ts';
import { apply, type Row, row, rows, segmentMap, used } from '../rows.ts';
import { codeable, provenanceParticipant } from '../tables.ts';

/** What the event says of an appointment when SCH-25 says nothing that FHIR knows (chapter 10, trigger events). */
const eventStatuses = new Map([
  ['S12', 'booked'],
  ['S13', 'booked'],
  ['S14', 'booked'],
  ['S15', 'cancelled'],
  ['S16', 'cancelled'],
  ['S17', 'entered-in-error'],
  ['S18', 'booked'],
  ['S19', 'booked'],
  ['S20', 'cancelled'],
  ['S21', 'cancelled'],
  ['S22', 'entered-in-error'],
  ['S26', 'noshow'],
]);

/** SCH-25 as sites write it, whatever its case; table 0278 has the names alone. */
function statusOf(reading: Reading, line: Line, at: number): string | undefined {
  const code = line.value(at);
  if (code === undefined) return undefined;
  const codes = conceptMap('FillerStatusCodes_Appointment');
  const name = code.charAt(0).toUpperCase() + code.slice(1).toLowerCase();
  return (
    reading.lookup.code?.(`${line.id}-${at}`, code)?.code ?? codes.get(code)?.code ?? codes.get(name)?.code
  );
}

const person = (number: number, code: string, system: string): Row =>
  row(number, 'participant[]', (field, reading) => {
    const actor = practitioner(reading, field);
    return actor === undefined ? undefined : { type: [codeable(system, code)], actor, status: 'accepted' };
  });

const participantType = 'http://terminology.hl7.org/CodeSystem/participant-type';

/** SCH-11: the times of the appointment. */
const times = rows([9, 10, 11], ['start', 'end', 'minutesDuration', '$this'], (draft, line, reading) => {
  const field = line.first(11);
  const start = field && instant(reading, 'SCH-11', field.get(4));
  const end = field && instant(reading, 'SCH-11', field.get(5));
  if (start !== undefined) {
    draft.start = start;
    trace(reading, draft, 'start', -1, line, 11, 1);
  }
  if (end !== undefined) {
    draft.end = end;
    trace(reading, draft, 'end', -1, line, 11, 1);
  }
  const length = number(reading, 'SCH-9', line.value(9));
  const unit = minutesIn(line.value(10));
  const minutes = length === undefined || unit === undefined ? undefined : Math.round(length * unit);
  if (minutes === undefined || minutes <= 0) return;
  draft.minutesDuration = minutes;
  trace(reading, draft, 'minutesDuration', -1, line, 9, 1);
});

const schMap = segmentMap(
  'SCH[Appointment]',
  row(1, 'identifier[]', toEntityIdentifier('PLAC')),
  row(2, 'identifier[]', toEntityIdentifier('FILL')),
  rows([25], ['status'], nothing),
  rows([7, 8], ['appointmentType', 'reasonCode'], (draft, line, reading) => {
    const reason = line.first(7);
    const kind = line.first(8);
    // The guide goes by the table that SCH-7 names; a site's own codes are a reason.
    if (reason !== undefined && reason.get(3) === 'HL70277')
      draft.appointmentType = concept(reading, reason, vocabulary('AppointmentTypeCodes'));
    else if (reason !== undefined) {
      const code = concept(reading, reason, vocabulary('AppointmentReasonCodes'));
      if (code !== undefined) draft.reasonCode = [code];
    }
    if (kind !== undefined)
      draft.appointmentType ??= concept(reading, kind, vocabulary('AppointmentTypeCodes'));
    if (draft.appointmentType === undefined) delete draft.appointmentType;
    if (draft.reasonCode !== undefined) trace(reading, draft, 'reasonCode', 0, line, 7, 1);
    if (draft.appointmentType !== undefined) trace(reading, draft, 'appointmentType', -1, line, 8, 1);
  }),
  times,
  person(12, 'placer contact', participantType),
  person(16, 'filler contact', participantType),
  person(20, 'enterer', provenanceParticipant),
  rows([26, 27], ['basedOn'], nothing),
  used(3, 4, 5, 6),
);
function nothing(): void {
  return;
}

const schRequest = segmentMap(
  'SCH[ServiceRequest]',
  row(26, 'identifier[]', toEntityIdentifier('PLAC')),
  row(27, 'identifier[]', toEntityIdentifier('FILL')),
  rows([25, 0], ['status'], nothing),
  rows([6], ['intent'], nothing),
);

const schProvenance = segmentMap(
  'SCH[Provenance]',
  row(20, 'agent[]', (field, reading) => {
    const who = practitioner(reading, field);
    return who === undefined
      ? undefined
      : { type: codeable(provenanceParticipant, 'enterer', 'Enterer'), who };
  }),
);

export function schHandler(assembly: Assembly, line: Line): void {
  const { reading, trigger } = assembly;
  const draft = draftOf('Appointment', { status: '' });
  apply(schMap, draft, line, reading);
  const said = statusOf(reading, line, 25);
  if (said === undefined && line.first(25) !== undefined)
    unmapped(reading, 'SCH-25', 'FillerStatusCodes_Appointment');
  // A cancellation stands whatever the status field still says.
  const event = eventStatuses.get(trigger);
  const final = event === 'cancelled' || event === 'entered-in-error' || event === 'noshow';
  draft.status = (final ? event : undefined) ?? said ?? event ?? 'booked';
  trace(reading, draft, 'status', -1, line, 25, 1);
  const number = line.first(2)?.text ?? line.first(1)?.text;
  assembly.appointment = add(assembly, draft, ...(number === undefined ? assembly.messageKey : [number]));
  assembly.commented = draft;
  if (draft.status === 'cancelled') {
    const reason = line.first(6);
    const why = reason && concept(reading, reason);
    if (why !== undefined) draft.cancelationReason = why;
  }
  if (line.first(26) !== undefined || line.first(27) !== undefined) {
    const request = draftOf('ServiceRequest', { status: 'active', intent: 'order', subject: {} });
    apply(schRequest, request, line, reading);
    add(assembly, request, line.raw(26), line.raw(27));
    draft.basedOn = [refer(request)];
  }
  const recorded = instant(reading, 'MSH-7', assembly.msh?.value(7));
  const entered = draftOf('Provenance', { target: [refer(draft)], recorded });
  apply(schProvenance, entered, line, reading);
  if (entered.agent !== undefined && recorded !== undefined)
    add(assembly, entered, 'appointment', draft.id as string, ...assembly.messageKey);
}

/** The period of a resource: its own start, or the appointment's with an offset, and its duration. */
function periodAt(
  assembly: Assembly,
  line: Line,
  at: { start: number; offset: number; offsetUnit: number; duration: number; durationUnit: number },
): { start?: string; end?: string } | undefined {
  const { reading, appointment } = assembly;
  let start = dateTime(reading, `${line.id}-${at.start}`, line.value(at.start));
  const base = appointment?.start as string | undefined;
  if (start === undefined && base !== undefined && line.first(at.offset) !== undefined) {
    const offset = number(reading, `${line.id}-${at.offset}`, line.value(at.offset));
    const unit = minutesIn(line.value(at.offsetUnit));
    if (offset !== undefined && unit !== undefined) start = later(base, offset * unit);
  }
  const length = number(reading, `${line.id}-${at.duration}`, line.value(at.duration));
  const unit = minutesIn(line.value(at.durationUnit));
  const end =
    start === undefined || start.length < 16 || length === undefined || unit === undefined
      ? undefined
      : later(start, length * unit);
  return start === undefined ? undefined : element({ start, end });
}

/** A time some minutes later, in the offset it is written with. */
function later(time: string, minutes: number): string {
  const match = /([+-])(\d\d):(\d\d)$/.exec(time);
  const offset =
    match === null ? 0 : (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]));
  const local = new Date(Date.parse(time) + (minutes + offset) * 60_000);
  return `${local.toISOString().slice(0, 19)}${match?.[0] ?? '+00:00'}`;
}

const layout = (start: number) => ({
  start,
  offset: start + 1,
  offsetUnit: start + 2,
  duration: start + 3,
  durationUnit: start + 4,
});

/** A participant's status (table 0278) as FHIR has it: who is not booked has yet to answer. */
function answer(reading: Reading, line: Line, at: number): string {
  const status = statusOf(reading, line, at);
  if (status === 'cancelled' || status === 'noshow') return 'declined';
  return status === 'pending' || status === 'waitlist' ? 'needs-action' : 'accepted';
}

const actorOf = (number: number): Row => rows([number], ['participant.actor'], nothing);
const aisMap = segmentMap(
  'AIS[Appointment]',
  row(3, 'serviceType[]', toConcept()),
  rows([4, 5, 6, 7, 8], ['participant.period'], nothing),
  rows([10], ['status'], nothing),
  used(1, 2),
);
segmentMap(
  'AIG[Appointment]',
  actorOf(3),
  rows([4], ['participant.type'], nothing),
  rows([8, 9, 10, 11, 12], ['participant.period'], nothing),
  used(1, 2, 14),
);
segmentMap(
  'AIL[Appointment]',
  actorOf(3),
  rows([4], ['participant.type'], nothing),
  rows([6, 7, 8, 9, 10], ['participant.period'], nothing),
  used(1, 2, 12),
);
segmentMap(
  'AIP[Appointment]',
  actorOf(3),
  rows([4], ['participant.type'], nothing),
  rows([6, 7, 8, 9, 10], ['participant.period'], nothing),
  rows([12], ['participant.status'], nothing),
  used(1, 2),
);

/** AIS: what is booked; its times are the appointment's when SCH-11 gives none. */
export function aisHandler(assembly: Assembly, line: Line): void {
  const { appointment, reading } = assembly;
  if (appointment === undefined) return;
  apply(aisMap, appointment, line, reading);
  const period = periodAt(assembly, line, layout(4));
  if (period?.start !== undefined && period.start.length >= 16 && appointment.start === undefined) {
    appointment.start = period.start;
    trace(reading, appointment, 'start', -1, line, 4, 1);
    if (period.end !== undefined) appointment.end = period.end;
  }
}

function take(assembly: Assembly, line: Line, actor: unknown, start: number, status: number): void {
  const { appointment, reading } = assembly;
  if (appointment === undefined || actor === undefined) return;
  const type = concept(reading, line.first(4));
  push(
    appointment,
    'participant',
    element({
      type: type === undefined ? undefined : [type],
      actor,
      status: answer(reading, line, status),
      period: periodAt(assembly, line, layout(start)),
    }),
  );
  trace(reading, appointment, 'participant', (appointment.participant as unknown[]).length - 1, line, 3, 1);
}

export function aipHandler(assembly: Assembly, line: Line): void {
  for (const field of line.fields(3)) take(assembly, line, practitioner(assembly.reading, field), 6, 12);
}

export function ailHandler(assembly: Assembly, line: Line): void {
  for (const field of line.fields(3)) take(assembly, line, location(assembly.reading, field), 6, 12);
}

/** AIG: a general resource. What AIG-4 calls a location is one; anything else is a device, by its code and name. */
export function aigHandler(assembly: Assembly, line: Line): void {
  const { reading } = assembly;
  const field = line.first(3);
  if (field !== undefined) take(assembly, line, resourceOf(reading, field, line), 8, 14);
}

function resourceOf(reading: Reading, field: Field, line: Line): unknown {
  const kind = (line.first(4)?.text ?? '').toLowerCase();
  const display = conceptText(field);
  const identifier = entityIdentifier(reading, {
    ...plain(field),
    get: (at) => (at === 1 ? field.get(1) : undefined),
  });
  if (identifier === undefined) return display === undefined ? undefined : { display };
  const place = /loc|room|^r$/.test(kind);
  const draft: Draft = place
    ? {
        resourceType: 'Location',
        identifier: [identifier],
        ...(display === undefined ? {} : { name: display }),
      }
    : {
        resourceType: 'Device',
        identifier: [identifier],
        ...(display === undefined ? {} : { deviceName: [{ name: display, type: 'user-friendly-name' }] }),
      };
  const id = keep(reading, draft, identifier.value ?? '', display ?? '');
  return element({ reference: `${draft.resourceType}/${id}`, display });
}

const plain = (field: Field) => ({ place: field.place, repetition: field.repetition, text: field.text });

/** What may lack its times: everything else has both, by app-3; none has one without the other, by app-2. */
const untimed = new Set(['proposed', 'cancelled', 'waitlist']);

/** The end by the duration; a time that the message does not give is marked absent where R4 demands it. */
function bothTimes(reading: Reading, appointment: Draft): void {
  const start = appointment.start as string | undefined;
  const end = appointment.end as string | undefined;
  const minutesDuration = appointment.minutesDuration as number | undefined;
  if (start !== undefined && end !== undefined) return;
  if (start !== undefined && minutesDuration !== undefined) {
    appointment.end = later(start, minutesDuration);
    return;
  }
  if (start === undefined && end === undefined && untimed.has(appointment.status as string)) return;
  if (start === undefined) appointment._start = absent;
  if (end === undefined) appointment._end = absent;
  note(reading, 'incomplete', 'SCH-11', 'SCH-11 does not give both start and end, which FHIR demands.');
}

/** Once the message is read: the patient takes part, and R4 wants somebody who does. */
export function closeAppointment(assembly: Assembly): void {
  const { appointment, own, subject, trigger } = assembly;
  if (appointment === undefined) return;
  bothTimes(assembly.reading, appointment);
  const status = trigger === 'S26' ? 'declined' : 'accepted';
  const others = (appointment.participant ?? []) as unknown[];
  const patients = own.filter((each) => each.resourceType === 'Patient');
  appointment.participant = [
    ...(patients.length > 0 ? patients.map((each) => ({ actor: refer(each), status })) : []),
    ...others,
  ];
  if ((appointment.participant as unknown[]).length === 0)
    appointment.participant = [{ actor: subject ?? { display: 'unknown' }, status: 'needs-action' }];
  for (const each of own)
    if (
      each.resourceType === 'ServiceRequest' &&
      (appointment.basedOn as { reference: string }[] | undefined)?.[0]?.reference ===
        `ServiceRequest/${each.id}`
    )
      each.subject = subjectOf(assembly);
}
