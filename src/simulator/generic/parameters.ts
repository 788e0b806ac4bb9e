/** The search parameters of the generic server: FHIR's own names and elements, for the types a hospital keeps. */

export type ParameterType = 'token' | 'string' | 'date' | 'reference' | 'uri';

export interface Parameter {
  readonly type: ParameterType;
  /** Elements whose values count, as dotted paths. */
  readonly paths: readonly string[];
  /** A reference parameter that means one type only. */
  readonly target?: string;
}

const token = (...paths: string[]): Parameter => ({ type: 'token', paths });
const text = (...paths: string[]): Parameter => ({ type: 'string', paths });
const date = (...paths: string[]): Parameter => ({ type: 'date', paths });
const reference = (path: string, target?: string): Parameter => ({
  type: 'reference',
  paths: [path],
  ...(target === undefined ? {} : { target }),
});

const subject = { patient: reference('subject', 'Patient'), subject: reference('subject') };
const coded = { code: token('code'), category: token('category') };
const person = {
  family: text('name.family'),
  given: text('name.given'),
  name: text('name'),
  gender: token('gender'),
};
const contact = { telecom: token('telecom'), phone: token('telecom'), email: token('telecom') };
const status = { status: token('status') };

const everyType: Readonly<Record<string, Parameter>> = {
  _id: token('id'),
  _lastUpdated: date('meta.lastUpdated'),
  _tag: token('meta.tag'),
  identifier: token('identifier'),
};

const byType: Readonly<Record<string, Readonly<Record<string, Parameter>>>> = {
  Patient: {
    ...person,
    ...contact,
    birthdate: date('birthDate'),
    active: token('active'),
    'general-practitioner': reference('generalPractitioner'),
  },
  Appointment: {
    ...status,
    date: date('start'),
    actor: reference('participant.actor'),
    patient: reference('participant.actor', 'Patient'),
    practitioner: reference('participant.actor', 'Practitioner'),
    location: reference('participant.actor', 'Location'),
    'service-type': token('serviceType'),
  },
  Encounter: {
    ...status,
    ...subject,
    class: token('class'),
    date: date('period'),
    type: token('type'),
    appointment: reference('appointment'),
    participant: reference('participant.individual'),
  },
  Observation: {
    ...status,
    ...subject,
    ...coded,
    date: date('effectiveDateTime', 'effectivePeriod', 'effectiveInstant'),
    encounter: reference('encounter'),
    performer: reference('performer'),
  },
  DocumentReference: {
    ...status,
    ...subject,
    type: token('type'),
    category: token('category'),
    date: date('date'),
    period: date('context.period'),
    author: reference('author'),
    encounter: reference('context.encounter'),
  },
  Condition: {
    ...subject,
    ...coded,
    encounter: reference('encounter'),
    'clinical-status': token('clinicalStatus'),
    'recorded-date': date('recordedDate'),
  },
  AllergyIntolerance: {
    patient: reference('patient', 'Patient'),
    code: token('code'),
    'clinical-status': token('clinicalStatus'),
  },
  MedicationRequest: {
    ...status,
    ...subject,
    intent: token('intent'),
    authoredon: date('authoredOn'),
    encounter: reference('encounter'),
  },
  DiagnosticReport: {
    ...status,
    ...subject,
    ...coded,
    date: date('effectiveDateTime'),
    issued: date('issued'),
  },
  ServiceRequest: { ...status, ...subject, ...coded, authored: date('authoredOn') },
  Procedure: { ...status, ...subject, ...coded, date: date('performedDateTime', 'performedPeriod') },
  Immunization: { ...status, patient: reference('patient', 'Patient'), date: date('occurrenceDateTime') },
  Coverage: {
    ...status,
    patient: reference('beneficiary', 'Patient'),
    beneficiary: reference('beneficiary'),
  },
  Task: { ...status, ...subject, owner: reference('owner'), code: token('code') },
  Practitioner: { ...person, ...contact, active: token('active') },
  Organization: { name: text('name'), active: token('active') },
  Location: { ...status, name: text('name') },
  Group: { type: token('type'), member: reference('member.entity') },
  List: { ...status, ...subject, code: token('code'), item: reference('entry.item') },
  Subscription: {
    ...status,
    criteria: text('criteria'),
    url: { type: 'uri', paths: ['channel.endpoint'] },
  },
  Binary: {},
};

/** The types that are served, in alphabetical order. */
export const servedTypes: readonly string[] = Object.keys(byType).sort();

export function isServed(type: string): boolean {
  return Object.hasOwn(byType, type);
}

export function parametersOf(type: string): Readonly<Record<string, Parameter>> {
  return { ...everyType, ...byType[type] };
}

export function parameterOf(type: string, name: string): Parameter | undefined {
  const own = byType[type] ?? {};
  if (Object.hasOwn(own, name)) return own[name];
  return Object.hasOwn(everyType, name) ? everyType[name] : undefined;
}

/** The values at a dotted path; lists are walked through. */
export function valuesAt(resource: unknown, path: string): unknown[] {
  let values: unknown[] = [resource];
  for (const name of path.split('.')) {
    values = values.flatMap((value) => {
      const next =
        typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
      return next === undefined || next === null ? [] : Array.isArray(next) ? next : [next];
    });
  }
  return values;
}
