/** `$find` and `$book` of STU3: the schedule proposes places, and the one that was asked for is booked. */
import { type FhirClient, type FhirResource, objectsIn, referencedId } from '../../fhir/index.ts';
import type { Failure } from '../../std/index.ts';
import { appointmentKind, askedFor } from './appointment.ts';
import { codingsOf, partOf, sameMoment, textOf } from './compare.ts';
import { writeFailure } from './failures.ts';
import type { Sent } from './write-once.ts';

export interface BookMeans {
  readonly client: Pick<FhirClient, 'operation'>;
  readonly signal: AbortSignal;
  readonly note: string | undefined;
  readonly timeZone: string;
}

const parameters = (...parts: readonly (Readonly<Record<string, unknown>> | undefined)[]): FhirResource => ({
  resourceType: 'Parameters',
  parameter: parts.filter((part) => part !== undefined),
});

/** @throws Failure `WRITE_NO_SLOT`: nothing that is free is what was asked for. */
export async function book(
  appointment: FhirResource,
  patient: FhirResource,
  means: BookMeans,
): Promise<Sent> {
  const proposal = await propose(appointment, patient, means);
  const { client, signal, note } = means;
  const comment = note ?? textOf(appointment.comment);
  const booked = await client.operation('Appointment/$book', {
    parameters: parameters(
      { name: 'patient', valueIdentifier: { value: patient.id } },
      { name: 'appointment', valueIdentifier: { value: proposal } },
      comment === undefined ? undefined : { name: 'appointmentNote', valueString: comment },
    ),
    effect: true,
    signal,
  });
  const made = appointmentsIn(booked.resource).find(({ status }) => status !== 'proposed');
  return { id: made?.id, outcome: 'created', ...(made === undefined ? {} : { resource: made as never }) };
}

async function propose(appointment: FhirResource, patient: FhirResource, means: BookMeans): Promise<string> {
  const { client, signal, timeZone } = means;
  const start = textOf(appointment.start);
  if (start === undefined)
    throw writeFailure('WRITE_ARGUMENTS', { message: 'Booking an appointment needs its start.' });
  const found = await client.operation('Appointment/$find', {
    parameters: parameters(
      { name: 'patient', resource: patient },
      { name: 'startTime', valueDateTime: start },
      { name: 'endTime', valueDateTime: endOf(appointment, start) },
      ...objectsIn(appointment.serviceType)
        .filter((type) => codingsOf(type).length > 0)
        .map((type) => ({ name: 'serviceType', valueCodeableConcept: type })),
      ...askedFor(appointment)
        .filter(({ type }) => type === 'Location')
        .map(({ id }) => ({ name: 'location-reference', valueReference: { reference: `Location/${id}` } })),
    ),
    effect: false,
    signal,
  });
  const wanted = askedFor(appointment);
  const fitting = appointmentsIn(found.resource).filter(
    (one) =>
      one.status === 'proposed' &&
      sameMoment(start, one.start, timeZone) &&
      wanted.every(({ type, id }) => takesPart(one, type, id)),
  );
  // Several places at that time with all that was asked for: the schedule's first.
  const id = fitting[0]?.id;
  if (id === undefined) throw noSlot(appointmentsIn(found.resource).length);
  return id;
}

const takesPart = (appointment: FhirResource, type: string, id: string): boolean => {
  const actors = objectsIn(appointment.participant).flatMap(
    ({ actor }) => referencedId(partOf(actor)?.reference, type) ?? [],
  );
  // Proposals that name nobody of this type leave it open.
  return actors.length === 0 || actors.includes(id);
};

const appointmentsIn = (resource: FhirResource | undefined): readonly FhirResource[] => {
  if (resource?.resourceType === appointmentKind.type) return [resource];
  return objectsIn(resource?.entry).flatMap((entry) => {
    const inner = partOf(entry.resource);
    return inner?.resourceType === appointmentKind.type ? [inner as FhirResource] : [];
  });
};

function endOf(appointment: FhirResource, start: string): string {
  const end = textOf(appointment.end);
  if (end !== undefined) return end;
  const minutes = Number(appointment.minutesDuration);
  const length = minutes > 0 ? minutes : 30;
  return new Date(Date.parse(start) + length * 60_000).toISOString();
}

const noSlot = (proposed: number): Failure =>
  writeFailure('WRITE_NO_SLOT', {
    message:
      proposed === 0
        ? 'The schedule proposes no free place at that time.'
        : `The schedule proposes ${proposed} places, none of them at that time with those who were asked for.`,
  });
