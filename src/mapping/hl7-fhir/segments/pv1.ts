import type { Segment } from '../../../hl7/index.ts';
import type {
  CodeableConcept,
  Coding,
  Encounter,
  EncounterHospitalization,
  EncounterLocation,
  EncounterParticipant,
  EncounterStatus,
  Identifier,
  Period,
  Reference,
} from '../../r4.ts';
import { concept, ownTable } from '../datatypes/cwe.ts';
import { identifier, identifierType } from '../datatypes/cx.ts';
import { location } from '../datatypes/pl.ts';
import { practitioner } from '../datatypes/xcn.ts';
import { stableId } from '../ids.ts';
import {
  dateTime,
  element,
  elementOrNone,
  fieldsOf,
  note,
  present,
  type Reading,
  single,
} from '../reading.ts';
import {
  admissionTypes,
  ambulatoryStatuses,
  classStatuses,
  encounterClasses,
  eventStatuses,
  participationType,
  readmissions,
} from '../tables.ts';

/** The fields that name people, with the guide's v3-ParticipationType. */
const participants = [
  { number: 7, code: 'ATND', display: 'attender' },
  { number: 8, code: 'REF', display: 'referrer' },
  { number: 9, code: 'CON', display: 'consultant' },
  { number: 17, code: 'ADM', display: 'admitter' },
] as const;

/**
 * PV1[Encounter] of the v2-to-FHIR guide; the rows are cited as PV1-n. Left out: PV1-18 (each site's own), PV1-20 (a
 * Coverage), PV1-40, 43, 52 to 54. `null` when there is no visit: class N (not applicable) and no visit number.
 */
export function encounter(
  reading: Reading,
  pv1: Segment,
  trigger: string,
  patient: Reference | undefined,
): Encounter | null {
  const code = single(pv1, 2);
  const identifiers = visitIdentifiers(reading, pv1);
  if ((code === undefined || code === 'N') && identifiers.length === 0) return null;
  const period = elementOrNone<Period>({
    start: dateTime(reading, 'PV1-44', single(pv1, 44)),
    end: dateTime(reading, 'PV1-45', single(pv1, 45)),
  });
  const encounterClass = classOf(reading, code);
  return element<Encounter>({
    resourceType: 'Encounter',
    id: visitId(reading, identifiers[0], patient, period),
    identifier: identifiers,
    status: statusOf(trigger, encounterClass, code, period?.end !== undefined),
    class: encounterClass,
    type: concepts(reading, pv1, 4, ownTable('0007', admissionTypes)),
    serviceType: concept(reading, fieldsOf(pv1, 10)[0]),
    subject: patient,
    participant: people(reading, pv1),
    period,
    hospitalization: hospitalization(reading, pv1),
    location: locations(reading, pv1, code),
  });
}

/** PV1-19 as the visit number (VN), PV1-50 beside it. */
function visitIdentifiers(reading: Reading, pv1: Segment): readonly Identifier[] {
  const [visit] = fieldsOf(pv1, 19);
  const number = visit && identifier(reading, visit, 'VN');
  // The guide assigns VN whatever CX.5 says: a site's own type (CSN) is kept as a second coding.
  const own = visit?.get(5);
  const type: CodeableConcept | undefined =
    own === undefined || own === 'VN'
      ? { ...identifierType('VN'), text: 'visit number' }
      : {
          coding: [...(identifierType('VN')?.coding ?? []), ...(identifierType(own)?.coding ?? [])],
          text: 'visit number',
        };
  return present(
    number && { ...number, type },
    ...fieldsOf(pv1, 50).map((field) => identifier(reading, field)),
  );
}

function visitId(
  reading: Reading,
  visit: Identifier | undefined,
  patient: Reference | undefined,
  period: Period | undefined,
): string | undefined {
  if (visit?.value !== undefined)
    return stableId(reading.site, 'Encounter', visit.system ?? visit.assigner?.display ?? '', visit.value);
  note(
    reading,
    'no-visit-number',
    'PV1-19',
    'PV1 gives no visit number: the encounter cannot be joined to others.',
  );
  if (patient?.reference === undefined || period?.start === undefined) return undefined;
  return stableId(reading.site, 'Encounter', patient.reference, period.start);
}

/** PV1-2 by table 0004; the site's own code first (Epic sites write OP, INPATIENT, HOV ...). */
function classOf(reading: Reading, code: string | undefined): Coding {
  if (code === undefined) return encounterClasses.get('U') as Coding;
  const known = reading.lookup.code?.('PV1-2', code) ?? encounterClasses.get(code);
  if (known !== undefined) return known;
  note(
    reading,
    'unmapped-code',
    'PV1-2',
    `PV1-2 holds "${code}", which table 0004 has not: map it in the site record.`,
  );
  return { code };
}

/**
 * A cancellation first, and a cancelled discharge, which leaves PV1-45 behind; then PV1-45, which ends a visit; then what
 * the event says; then the class.
 */
function statusOf(
  trigger: string,
  encounterClass: Coding,
  code: string | undefined,
  ended: boolean,
): EncounterStatus {
  const event = eventStatuses.get(trigger);
  if (event !== undefined && (event === 'cancelled' || trigger === 'A13')) return event;
  if (ended) return 'finished';
  const expected = encounterClass.code === 'PRENC';
  // Registering somebody who is only expected does not make them arrive.
  if (event !== undefined) return event === 'arrived' && expected ? 'planned' : event;
  if (expected) return 'planned';
  return code === undefined ? 'unknown' : (classStatuses.get(code) ?? 'in-progress');
}

function people(reading: Reading, pv1: Segment): readonly EncounterParticipant[] {
  return participants.flatMap(({ number, code, display }) =>
    present(...fieldsOf(pv1, number).map((field) => practitioner(reading, field))).map((individual) => ({
      type: [{ coding: [{ system: participationType, code, display }], text: display }],
      individual,
    })),
  );
}

/** PV1-3 (active, planned for a class P), PV1-6 (completed), PV1-11 (active), PV1-42 (reserved). */
function locations(reading: Reading, pv1: Segment, code: string | undefined): readonly EncounterLocation[] {
  const places = [
    { number: 3, status: code === 'P' ? 'planned' : 'active' },
    { number: 6, status: 'completed' },
    { number: 11, status: 'active' },
    { number: 42, status: 'reserved' },
  ] as const;
  return places.flatMap(({ number, status }) => {
    const [field] = fieldsOf(pv1, number);
    const at = field && location(reading, field);
    return at === undefined ? [] : [{ location: at, status }];
  });
}

/** PV1-5, 13 to 16, 36 to 38. */
function hospitalization(reading: Reading, pv1: Segment): EncounterHospitalization | undefined {
  const [preadmit] = fieldsOf(pv1, 5);
  const destination = fieldsOf(pv1, 37)[0]?.get(1, 1);
  return elementOrNone<EncounterHospitalization>({
    preAdmissionIdentifier: preadmit && identifier(reading, preadmit),
    admitSource: concept(reading, fieldsOf(pv1, 14)[0]),
    reAdmission: concept(reading, fieldsOf(pv1, 13)[0], ownTable('0092', readmissions)),
    dietPreference: concepts(reading, pv1, 38),
    specialCourtesy: concepts(reading, pv1, 16),
    specialArrangement: concepts(reading, pv1, 15, ownTable('0009', ambulatoryStatuses)),
    destination: destination === undefined ? undefined : { type: 'Location', display: destination },
    dischargeDisposition: concept(reading, fieldsOf(pv1, 36)[0]),
  });
}

const concepts = (
  reading: Reading,
  pv1: Segment,
  number: number,
  vocabulary?: Parameters<typeof concept>[2],
) => present(...fieldsOf(pv1, number).map((field) => concept(reading, field, vocabulary)));
