import type { CodeableConcept, Coding, EncounterStatus, Identifier, Reference } from '../../r4.ts';
import { conceptMap } from '../concept-maps.ts';
import { toConcept } from '../datatypes/cwe.ts';
import { identifier, identifierType, toIdentifier } from '../datatypes/cx.ts';
import { location } from '../datatypes/pl.ts';
import { practitioner } from '../datatypes/xcn.ts';
import { stableId } from '../ids.ts';
import type { Line } from '../line.ts';
import { type Draft, dateTime, endAfter, note, type Reading } from '../reading.ts';
import { apply, extension, type Row, row, rows, segmentMap, used } from '../rows.ts';
import { classStatuses, eventStatuses, participationType } from '../tables.ts';

const toTime = (field: { place: string; get(n: number): string | undefined }, reading: Reading) =>
  dateTime(reading, field.place, field.get(1));

/** The guide's v3-ParticipationType of the fields that name people. */
const participant = (number: number, code: string, display: string): Row =>
  row(number, 'participant[]', (field, reading) => {
    const individual = practitioner(reading, field);
    return individual === undefined
      ? undefined
      : { type: [{ coding: [{ system: participationType, code, display }], text: display }], individual };
  });

/** PV1-40 says of the bed or room of PV1-3 whether it can be used. */
function bedStatus(line: Line): Readonly<Record<string, unknown>> {
  const code = line.value(40);
  const known = code === undefined ? undefined : conceptMap('BedStatus').get(code);
  return known === undefined ? {} : { operationalStatus: known };
}

const place = (number: number, status: (line: Line) => string, extra?: unknown): Row =>
  row(number, 'location[]', (field, reading, line) => {
    const at = location(reading, field, number === 3 && reading.organizations ? bedStatus(line) : {});
    if (at === undefined) return undefined;
    return extra !== undefined && reading.organizations
      ? { extension: [extra], location: at, status: status(line) }
      : { location: at, status: status(line) };
  });

const temporary = extension(
  'http://hl7.org/fhir/StructureDefinition/subject-locationClassification',
  'CodeableConcept',
  { coding: [{ system: 'http://hl7.org/fhir/ValueSet/subject-location', code: 'temporary' }] },
);

/** PV1-19 as the visit number (VN), whatever CX.5 says: a site's own type (CSN) is kept as a second coding. */
const visitNumber = row(19, 'identifier[]', (field, reading) => {
  const number = identifier(reading, field, 'VN');
  if (number === undefined) return undefined;
  const own = field.get(5);
  const first = identifierType('VN')?.coding ?? [];
  const coding =
    own === undefined || own === 'VN' ? first : [...first, ...(identifierType(own)?.coding ?? [])];
  return { ...number, type: { coding, text: 'visit number' } satisfies CodeableConcept };
});

/**
 * PV1[Encounter]. Left out: PV1-18 (each site's own), PV1-20 (a Coverage), PV1-43 and 53, 54 (EncounterHistory and
 * EpisodeOfCare, by option of the guide).
 */
const encounterMap = segmentMap(
  'PV1[Encounter]',
  visitNumber,
  row(50, 'identifier[]', toIdentifier),
  row(4, 'type[]', toConcept('AdmissionType')),
  row(10, 'serviceType', toConcept('HospitalService')),
  participant(7, 'ATND', 'attender'),
  participant(8, 'REF', 'referrer'),
  participant(9, 'CON', 'consultant'),
  participant(17, 'ADM', 'admitter'),
  row(44, 'period.start', toTime),
  row(45, 'period.end', (field, reading, line) =>
    endAfter(reading, 'PV1-45', dateTime(reading, 'PV1-44', line.value(44)), toTime(field, reading)),
  ),
  row(5, 'hospitalization.preAdmissionIdentifier', toIdentifier),
  row(14, 'hospitalization.admitSource', toConcept()),
  row(13, 'hospitalization.reAdmission', toConcept('ReadmissionIndicator')),
  row(38, 'hospitalization.dietPreference[]', toConcept()),
  row(16, 'hospitalization.specialCourtesy[]', toConcept()),
  row(15, 'hospitalization.specialArrangement[]', toConcept('AmbulatoryStatus')),
  row(37, 'hospitalization.destination', (field) => {
    const display = field.get(1, 1);
    return display === undefined ? undefined : { type: 'Location', display };
  }),
  row(36, 'hospitalization.dischargeDisposition', toConcept()),
  place(3, (line) => (line.value(2) === 'P' ? 'planned' : 'active')),
  place(6, () => 'completed'),
  place(11, () => 'active', temporary),
  place(42, () => 'reserved'),
);

const encounterMore = segmentMap(
  'PV1[Encounter]',
  participant(52, 'PART', 'Participation'),
  rows([2, 45, 40], ['class', 'status', 'location'], nothing),
  used(1),
);
function nothing(): void {
  return;
}

/**
 * PV1 as an Encounter; `null` when there is no visit: class N (not applicable) or none, and no visit number. Of a
 * whole message, a PV1 without a class is a visit all the same when it says anything of one.
 */
export function encounter(
  reading: Reading,
  pv1: Line,
  trigger: string,
  patient: Reference | undefined,
): Draft | null {
  const code = pv1.value(2);
  const numbered = pv1.first(19)?.get(1) !== undefined || pv1.first(50)?.get(1) !== undefined;
  if (!numbered && (code === 'N' || (code === undefined && !(reading.organizations && says(pv1)))))
    return null;
  const encounterClass = classOf(reading, code);
  const draft: Draft = { resourceType: 'Encounter', id: '', status: '', class: encounterClass };
  if (patient !== undefined) draft.subject = patient;
  apply(encounterMap, draft, pv1, reading);
  if (reading.organizations) apply(encounterMore, draft, pv1, reading);
  const period = draft.period as { start?: string } | undefined;
  const ended = dateTime(reading, 'PV1-45', pv1.value(45)) !== undefined;
  draft.status = statusOf(trigger, encounterClass, code, ended);
  const id = visitId(reading, (draft.identifier as Identifier[] | undefined)?.[0], patient, period?.start);
  if (id === undefined) delete draft.id;
  else draft.id = id;
  return draft;
}

/** Whether PV1 says anything of a visit but that it stands there: in a message, its places and people are read then. */
function says(pv1: Line): boolean {
  for (let at = 3; at <= pv1.length; at += 1) if (pv1.holds(at)) return true;
  return false;
}

function visitId(
  reading: Reading,
  visit: Identifier | undefined,
  patient: Reference | undefined,
  start: string | undefined,
): string | undefined {
  if (visit?.value !== undefined)
    return stableId(reading.site, 'Encounter', visit.system ?? visit.assigner?.display ?? '', visit.value);
  note(
    reading,
    'no-visit-number',
    'PV1-19',
    'PV1 gives no visit number: the encounter cannot be joined to others.',
  );
  if (patient?.reference === undefined || start === undefined) return undefined;
  return stableId(reading.site, 'Encounter', patient.reference, start);
}

/** PV1-2 by table 0004; the site's own code first (Epic sites write OP, INPATIENT, HOV ...). */
function classOf(reading: Reading, code: string | undefined): Coding {
  const classes = conceptMap('PatientClass_EncounterClass');
  if (code === undefined) return classes.get('U') as Coding;
  const known = reading.lookup.code?.('PV1-2', code) ?? classes.get(code);
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

/** PV1-16 of the person, PV1[Patient]: a flag of importance. The guide leaves the codes to each site. */
export const importanceMap = segmentMap(
  'PV1[Patient]',
  row(16, 'extension[]', (field, reading) => {
    const code = reading.lookup.code?.('PV1-16', field.get(1) ?? '');
    return code === undefined
      ? undefined
      : extension('http://hl7.org/fhir/StructureDefinition/patient-importance', 'CodeableConcept', {
          coding: [code],
        });
  }),
);

/** PV1-20. */
export const visitCoverageMap = segmentMap('PV1[Coverage]', row(20, 'type', toConcept()));
