import { minute } from '../world/calendar.ts';
import { type ChartKind, type ChartRecords, chartKinds } from '../world/charts.ts';
import type { Hospital } from '../world/hospital.ts';
import { externalIdOf } from '../world/identity.ts';
import type { Journal, ResourceChange } from '../world/journal.ts';
import type { Patient } from '../world/records.ts';
import { places } from '../world/vocabulary.ts';

/** The types of which the truth is told. */
export const truthTypes = ['Patient', ...chartKinds] as const;
export type TruthType = (typeof truthTypes)[number];

/** One resource as it truly stands, in plain words, and what became of it since the simulator started. */
export interface ResourceTruth {
  readonly type: TruthType;
  /** The FHIR id. */
  readonly id: string;
  /** What HL7 knows it by: an MRN, a contact serial number, the number of an order, a result or a note. */
  readonly key: string;
  /** The FHIR id of the patient whose chart it is in now. */
  readonly patientId: string;
  /** Hospital time of the last change, ISO 8601; it may lie before the start. */
  readonly changedAt: string;
  readonly state: Readonly<Record<string, unknown>>;
  /** Oldest first; empty for what has not changed since the start. */
  readonly log: readonly ResourceChange[];
}

export interface TruthQuery {
  /** One type; every type when absent. */
  readonly type?: TruthType;
  /** FHIR id, MRN, `Z...` or `E...`; every patient when absent. */
  readonly patient?: string;
  /** Only what has changed since the simulator started. */
  readonly changed?: boolean;
}

/** Walks through the truth, chart after chart: a large hospital is never held whole. */
export function* truthOf(hospital: Hospital, journal: Journal, query: TruthQuery): Generator<ResourceTruth> {
  const named = query.patient === undefined ? undefined : hospital.patientByAny(query.patient);
  if (query.patient !== undefined && !named) return;
  for (const patient of named ? [named] : hospital.patients) {
    for (const type of query.type ? [query.type] : truthTypes) {
      for (const truth of ofChart(hospital, journal, patient, type)) {
        if (!query.changed || truth.log.length > 0) yield truth;
      }
    }
  }
}

/** The truth about one resource; undefined when the hospital never had it. */
export function truthAbout(
  hospital: Hospital,
  journal: Journal,
  type: TruthType,
  id: string,
): ResourceTruth | undefined {
  if (type === 'Patient') {
    const patient = hospital.patient(id);
    return patient && patientTruth(patient, journal);
  }
  const record = hospital.record(type, id);
  return record && recordTruth(hospital, journal, type, record);
}

function* ofChart(hospital: Hospital, journal: Journal, patient: Patient, type: TruthType) {
  if (type === 'Patient') yield patientTruth(patient, journal);
  // The records of a chart that ended are told with the one that carries them on.
  else if (patient.standing === 'active') {
    for (const record of hospital.chart(type, patient)) yield recordTruth(hospital, journal, type, record);
  }
}

function patientTruth(patient: Patient, journal: Journal): ResourceTruth {
  const { number, fhirId, mrn, changedAt, provider, place, registeredAt: _registered, ...rest } = patient;
  const { fhirId: _id, number: _number, mergedInto, ...state } = { ...rest, number, fhirId };
  return {
    type: 'Patient',
    id: fhirId,
    key: mrn,
    patientId: fhirId,
    changedAt: iso(changedAt),
    state: {
      ...state,
      mrn,
      externalId: externalIdOf(number),
      city: places[place]?.city,
      provider: provider.npi,
      ...(mergedInto === undefined ? {} : { mergedInto }),
    },
    log: journal.of('Patient', fhirId),
  };
}

function recordTruth<K extends ChartKind>(
  hospital: Hospital,
  journal: Journal,
  type: K,
  record: ChartRecords[K],
): ResourceTruth {
  return {
    type,
    id: record.fhirId,
    key: String('csn' in record ? record.csn : record.number),
    patientId: hospital.patients.get(record.patient)?.fhirId ?? '',
    changedAt: iso(record.changedAt),
    state: (states[type] as (record: ChartRecords[K]) => Record<string, unknown>)(record),
    log: journal.of(type, record.fhirId),
  };
}

const states: { readonly [K in ChartKind]: (record: ChartRecords[K]) => Record<string, unknown> } = {
  Appointment: ({ csn, status, start, visitType, provider, department, reason, note }) => ({
    csn: String(csn),
    status,
    start: iso(start),
    end: iso(start + visitType.minutes * minute),
    visitType: visitType.id,
    provider: provider.npi,
    department: department.id,
    ...(reason === undefined ? {} : { reason }),
    ...(note === undefined ? {} : { note }),
  }),
  Encounter: ({
    csn,
    account,
    kind,
    status,
    startedAt,
    endedAt,
    department,
    bed,
    provider,
    complaint,
    appointment,
  }) => ({
    csn: String(csn),
    account: String(account),
    kind,
    status,
    start: iso(startedAt),
    ...(endedAt === undefined ? {} : { end: iso(endedAt) }),
    department: department.id,
    ...(bed ? { bed: `${bed.room}-${bed.bed}` } : {}),
    provider: provider.npi,
    complaint,
    ...(appointment === undefined ? {} : { appointment: String(appointment) }),
  }),
  Observation: ({
    measure,
    status,
    value,
    components,
    absent,
    flag,
    note,
    order,
    visit,
    takenAt,
    issuedAt,
  }) => ({
    code: measure.loinc,
    category: measure.category,
    status,
    ...(value === undefined ? {} : { value }),
    ...(components ? { components } : {}),
    unit: measure.unit,
    ...(absent === undefined ? {} : { absent }),
    ...(flag === undefined ? {} : { flag }),
    ...(note === undefined ? {} : { note }),
    ...(order === undefined ? {} : { order: String(order) }),
    ...(visit === undefined ? {} : { csn: String(visit) }),
    takenAt: iso(takenAt),
    issuedAt: iso(issuedAt),
  }),
  ServiceRequest: ({ panel, status, orderedAt, collectedAt, resultedAt, visit, provider }) => ({
    code: panel.loinc,
    status,
    orderedAt: iso(orderedAt),
    ...(collectedAt === undefined ? {} : { collectedAt: iso(collectedAt) }),
    ...(resultedAt === undefined ? {} : { resultedAt: iso(resultedAt) }),
    ...(visit === undefined ? {} : { csn: String(visit) }),
    provider: provider.npi,
  }),
  DocumentReference: ({ number, type, status, author, text, addenda, visit, serviceAt, createdAt }) => ({
    number: String(number),
    code: type.loinc,
    status,
    author: author.npi,
    text,
    addenda: addenda.map((each) => each.text),
    ...(visit === undefined ? {} : { csn: String(visit) }),
    serviceAt: iso(serviceAt),
    createdAt: iso(createdAt),
  }),
  Condition: ({ code, category, status, verification, onset, note }) => ({
    code: code.icd10,
    category,
    status,
    verification,
    ...(onset === undefined ? {} : { onset }),
    ...(note === undefined ? {} : { note }),
  }),
  AllergyIntolerance: ({ substance, reaction, criticality, status, verification }) => ({
    code: substance.code,
    criticality,
    status,
    verification,
    ...(reaction === undefined ? {} : { reaction }),
  }),
  MedicationRequest: ({ drug, status, orderedAt, provider }) => ({
    code: drug.rxnorm,
    dose: drug.dose,
    status,
    orderedAt: iso(orderedAt),
    provider: provider.npi,
  }),
  Coverage: ({ payer, plan, memberId, from }) => ({ payer, plan, memberId, from }),
};

function iso(instant: number): string {
  return new Date(instant).toISOString();
}
