import { createHash } from 'node:crypto';
import type { Observation } from '../../world/clinical-records.ts';
import { systems } from '../../world/identity.ts';
import type { Declaration, Query, Site } from '../declaration.ts';
import { readToken } from '../matching.ts';
import { type Resource, refuse } from '../outcome.ts';
import { subjectOf, valuesOf } from '../search.ts';
import { encounterReference, instant, patientReference } from './display.ts';
import { createVitalSign, isOf } from './observation-create.ts';

export const categorySystem = 'http://terminology.hl7.org/CodeSystem/observation-category';
export const flowsheetId = 'http://open.epic.com/FHIR/StructureDefinition/observation-flowsheet-id';

/** What the metadata names; this hospital holds vital signs, laboratory and social history. */
const categories = [
  'vital-signs',
  'laboratory',
  'social-history',
  'core-characteristics',
  'LDA',
  'functional-mental-status',
  'obstetrics-gynecology',
  'survey',
  'sdoh',
  'imaging',
];
const held = ['vital-signs', 'laboratory', 'social-history'];

const displays: Readonly<Record<string, string>> = {
  'vital-signs': 'Vital Signs',
  laboratory: 'Laboratory',
  'social-history': 'Social History',
};

/** Observation: read, search by patient with category or code, vital signs filed to flowsheet rows. */
export function observations(site: Site): Declaration<Observation> {
  const { hospital } = site;
  return {
    type: 'Observation',
    interactions: {
      R4: ['read', 'search', 'create', 'update'],
      STU3: ['read', 'search', 'create', 'update'],
      DSTU2: ['read', 'search'],
    },
    native: [
      { name: 'based-on', type: 'reference', documentation: 'The order it answers.', at: 'basedOn' },
      {
        name: 'category',
        type: 'token',
        documentation: `One or more of ${categories.join(', ')}.`,
        at: 'category',
        known: { values: categories, remark: 59101 },
      },
      { name: 'code', type: 'token', documentation: 'LOINC, SNOMED, or a flowsheet row.', at: 'code' },
      {
        name: 'date',
        type: 'date',
        documentation: 'When it was resulted or recorded.',
        span: ({ takenAt }) => [takenAt, takenAt],
      },
      {
        name: 'focus',
        type: 'reference',
        documentation: 'What it is about, beside the patient.',
        at: 'focus',
      },
      {
        name: 'issued',
        type: 'date',
        documentation: 'When it was made available.',
        span: ({ issuedAt }) => [issuedAt, issuedAt],
      },
      { name: 'patient', type: 'reference', documentation: 'Whose observations.', include: 'subject' },
      { name: 'subject', type: 'reference', documentation: 'Whose observations.', include: 'subject' },
    ],
    postFilters: [
      { name: 'combo-code', type: 'token', at: 'code,component.code' },
      { name: 'combo-data-absent-reason', type: 'token', at: 'dataAbsentReason,component.dataAbsentReason' },
      {
        name: 'combo-value-concept',
        type: 'token',
        at: 'valueCodeableConcept,component.valueCodeableConcept',
      },
      { name: 'combo-value-quantity', type: 'quantity', at: 'valueQuantity,component.valueQuantity' },
      { name: 'component-code', type: 'token', at: 'component.code' },
      { name: 'component-data-absent-reason', type: 'token', at: 'component.dataAbsentReason' },
      { name: 'component-value-concept', type: 'token', at: 'component.valueCodeableConcept' },
      { name: 'component-value-quantity', type: 'quantity', at: 'component.valueQuantity' },
      { name: 'data-absent-reason', type: 'token', at: 'dataAbsentReason' },
      { name: 'derived-from', type: 'reference', at: 'derivedFrom' },
      { name: 'device', type: 'reference', at: 'device' },
      { name: 'encounter', type: 'reference', at: 'encounter' },
      { name: 'has-member', type: 'reference', at: 'hasMember' },
      { name: 'identifier', type: 'token', at: 'identifier' },
      { name: 'method', type: 'token', at: 'method' },
      { name: 'part-of', type: 'reference', at: 'partOf' },
      { name: 'performer', type: 'reference', at: 'performer' },
      { name: 'specimen', type: 'reference', at: 'specimen' },
      { name: 'status', type: 'token', at: 'status' },
      { name: 'value-concept', type: 'token', at: 'valueCodeableConcept' },
      { name: 'value-date', type: 'date', at: 'valueDateTime,valuePeriod' },
      { name: 'value-quantity', type: 'quantity', at: 'valueQuantity' },
      { name: 'value-string', type: 'string', at: 'valueString' },
    ],
    find: (id) => hospital.record('Observation', id),
    idOf: ({ fhirId }) => fhirId,
    patientOf: ({ patient }) => hospital.patients.get(patient),
    categoriesOf: ({ measure }) => [measure.category],
    chart: (patient) => hospital.chart('Observation', patient),
    candidates(query) {
      const patient = subjectOf(site, query, ['patient', 'subject']);
      if (!patient) throw refuse(59108, { element: 'patient' });
      if (valuesOf(query.parameters, 'code').length === 0) refuseWithoutCategory(query);
      return hospital.chart('Observation', patient).toSorted((a, b) => a.takenAt - b.takenAt);
    },
    categoriesAsked: (query) => categoriesIn(query),
    partNotGranted: (query) =>
      categoriesIn(query).includes('laboratory') ? 'Observation - Outside Record Results' : undefined,
    render: (observation) => observationResource(site, observation),
    older: { STU3: { to: toStu3, from: fromStu3 }, DSTU2: { to: toDstu2 } },
    creates: [
      {
        name: 'Observation.Create (Vital Signs)',
        specification: 963,
        category: 'vital-signs',
        accepts: (resource) => isOf(resource, 'vital-signs'),
        file: (write) => createVitalSign(site, write),
      },
    ],
    updates: [
      {
        name: 'Observation.Update (LDA)',
        specification: 974,
        category: 'LDA',
        accepts: (resource) => isOf(resource, 'LDA'),
        // Lines, drains and airways only; no other observation can be changed over FHIR.
        file: () => {
          throw refuse(59102, {
            element: 'category',
            diagnostics: 'The observation is no line, drain or airway',
          });
        },
      },
    ],
  };
}

function refuseWithoutCategory({ parameters }: Query): void {
  const given = valuesOf(parameters, 'category').flatMap((value) => value.split(','));
  if (given.length === 0)
    throw refuse(59108, { element: 'category', diagnostics: 'category or code is required' });
  if (!given.some((token) => categories.includes(readToken(token).value)))
    throw refuse(59111, { element: 'category' });
}

/** The held categories that a search is for; all of them when it names codes alone. */
function categoriesIn({ parameters }: Query): readonly string[] {
  const given = valuesOf(parameters, 'category').flatMap((value) => value.split(','));
  const asked = given.map((token) => readToken(token).value).filter((value) => categories.includes(value));
  return asked.length > 0 ? asked : held;
}

function observationResource({ hospital }: Site, observation: Observation): Resource {
  const { measure, value, components, absent, flag, note, order, visit, takenAt, issuedAt } = observation;
  const vital = measure.category === 'vital-signs';
  const encounter = encounterReference(hospital, visit);
  const answered = order === undefined ? undefined : hospital.numbered('ServiceRequest', order);
  const unit = { unit: measure.unit, system: 'http://unitsofmeasure.org', code: measure.unit };
  return {
    resourceType: 'Observation',
    id: observation.fhirId,
    ...(vital
      ? {
          extension: [
            {
              url: 'http://open.epic.com/FHIR/StructureDefinition/extension/template-id',
              valueIdentifier: { system: 'urn:oid:1.2.840.114350.1.13.0.1.7.2.707684', value: '40' },
            },
          ],
        }
      : {}),
    ...(answered
      ? { basedOn: [{ reference: `ServiceRequest/${answered.fhirId}`, display: answered.panel.name }] }
      : {}),
    status: observation.status,
    category: categoryOf(observation),
    code: codeOf(hospital.seed, observation),
    subject: patientReference(hospital, observation.patient),
    ...(encounter ? { encounter } : {}),
    effectiveDateTime: instant(takenAt),
    issued: instant(issuedAt),
    ...(typeof value === 'number' ? { valueQuantity: { value, ...(measure.unit ? unit : {}) } } : {}),
    ...(typeof value === 'string' ? { valueString: value } : {}),
    ...(absent === undefined
      ? {}
      : {
          dataAbsentReason: {
            coding: [{ system: 'http://terminology.hl7.org/CodeSystem/data-absent-reason', code: absent }],
          },
        }),
    ...(flag === undefined || flag === '' ? {} : { interpretation: [interpretation(flag)] }),
    ...(note === undefined ? {} : { note: [{ text: note }] }),
    ...(measure.low === undefined || measure.high === undefined || vital
      ? {}
      : { referenceRange: [range(measure.low, measure.high, unit)] }),
    ...(components && measure.components
      ? {
          component: measure.components.map(({ loinc, display }, index) => ({
            code: { coding: [{ system: 'http://loinc.org', code: loinc, display }], text: display },
            valueQuantity: { value: components[index], ...unit },
          })),
        }
      : {}),
  };
}

function categoryOf({ measure }: Observation): unknown[] {
  const { category } = measure;
  const display = displays[category] ?? category;
  const own = { coding: [{ system: categorySystem, code: category, display }], text: display };
  if (category !== 'laboratory') return [own];
  // The site's own word for it stands beside the standard one.
  const site = { system: 'urn:oid:1.2.840.114350.1.13.0.1.7.10.798268.30', code: 'Lab', display: 'Lab' };
  return [own, { coding: [site], text: 'Lab' }];
}

function codeOf(seed: string, { measure }: Observation): unknown {
  const { category, siteId, display, loinc } = measure;
  const standard = { system: 'http://loinc.org', code: loinc, display };
  if (category === 'laboratory') {
    return { coding: [standard, { system: systems.labComponent, code: siteId, display }], text: display };
  }
  if (category !== 'vital-signs') return { coding: [standard], text: display };
  const coding = [
    { system: systems.flowsheetRow, code: siteId, display },
    { system: flowsheetId, code: flowsheetIdOf(seed, siteId), display },
    // Another country's copy of the same code: at real sites codes of foreign systems stand among the others.
    { system: 'urn:oid:1.2.246.537.6.96', code: loinc },
    standard,
    ...(measure.components
      ? [{ system: 'http://loinc.org', code: '55284-4', display: 'Blood pressure systolic and diastolic' }]
      : []),
    { system: 'http://loinc.org', code: '8716-3', display: 'Vital signs' },
  ];
  return { coding, text: display };
}

/** The opaque id of a flowsheet row. */
export function flowsheetIdOf(seed: string, siteId: string): string {
  const digest = createHash('sha256').update(`${seed}\nflowsheet ${siteId}`).digest('base64url');
  return `t${digest.replaceAll('_', '.').slice(0, 22)}0`;
}

function interpretation(flag: string): unknown {
  const system = 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation';
  return { coding: [{ system, code: flag }], text: flag };
}

function range(low: number, high: number, unit: object): unknown {
  return { low: { value: low, ...unit }, high: { value: high, ...unit }, text: `${low} - ${high}` };
}

/** STU3: the encounter is the context, the note a comment; orders are not served in it, so none is named. */
function toStu3({ encounter, note, interpretation: flags, basedOn: _order, ...rest }: Resource): Resource {
  const [first] = (note ?? []) as readonly { readonly text: string }[];
  const [flag] = (flags ?? []) as readonly unknown[];
  return {
    ...rest,
    ...(encounter ? { context: encounter } : {}),
    ...(first ? { comment: first.text } : {}),
    ...(flag ? { interpretation: flag } : {}),
  };
}

function fromStu3({ context, comment, ...rest }: Resource): Resource {
  return {
    ...rest,
    ...(context ? { encounter: context } : {}),
    ...(comment ? { note: [{ text: comment }] } : {}),
  };
}

/** DSTU2: one category. */
function toDstu2(resource: Resource): Resource {
  const { context, comment, category, ...rest } = toStu3(resource);
  const [first] = category as readonly unknown[];
  return {
    ...rest,
    category: first,
    ...(context ? { encounter: context } : {}),
    ...(comment ? { comments: comment } : {}),
  };
}
