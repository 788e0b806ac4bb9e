import { createHash } from 'node:crypto';
import { localDate } from '../../world/calendar.ts';
import type { Condition } from '../../world/clinical-records.ts';
import type { Declaration, Site, Write } from '../declaration.ts';
import { readToken, valuesAt } from '../matching.ts';
import { type Resource, refuse } from '../outcome.ts';
import { subjectOf, valuesOf } from '../search.ts';
import { concept, encounterReference, instant, patientReference } from './display.ts';
import { noteIn, patientIn } from './write-references.ts';

const terminology = 'http://terminology.hl7.org/CodeSystem';
const noteLongest = 450;
const holdingLength = 64;
const categories = {
  'problem-list-item': 'Problem List Item',
  'encounter-diagnosis': 'Encounter Diagnosis',
} as const;

/** Condition: problems and diagnoses; what comes over FHIR waits for a clinician. */
export function conditions(site: Site): Declaration<Condition> {
  const { hospital } = site;
  return {
    type: 'Condition',
    interactions: {
      R4: ['read', 'search', 'create'],
      STU3: ['read', 'search', 'create'],
      DSTU2: ['read', 'search'],
    },
    native: [
      {
        name: 'category',
        type: 'token',
        documentation: 'problem-list-item, encounter-diagnosis.',
        at: 'category',
        known: { values: [...Object.keys(categories), 'health-concern'], remark: 59101 },
      },
      { name: 'clinical-status', type: 'token', documentation: 'active, resolved.', at: 'clinicalStatus' },
      { name: 'code', type: 'token', documentation: 'ICD-10-CM or SNOMED CT.', at: 'code' },
      {
        name: 'encounter',
        type: 'reference',
        documentation: 'The encounter of a diagnosis.',
        at: 'encounter',
      },
      { name: 'patient', type: 'reference', documentation: 'Whose conditions.', include: 'subject' },
      { name: 'subject', type: 'reference', documentation: 'Whose conditions.', include: 'subject' },
    ],
    postFilters: [
      { name: 'onset-date', type: 'date', at: 'onsetDateTime' },
      { name: 'recorded-date', type: 'date', at: 'recordedDate' },
      { name: 'verification-status', type: 'token', at: 'verificationStatus' },
    ],
    find: (id) => findCondition(site, id),
    idOf: (condition) => idOf(site, condition),
    patientOf: ({ patient }) => hospital.patients.get(patient),
    categoriesOf: ({ category }) => [category],
    chart: (patient) => hospital.chart('Condition', patient),
    candidates(query) {
      const patient = subjectOf(site, query, ['patient', 'subject']);
      if (!patient) throw refuse(59108, { element: 'patient' });
      return hospital.chart('Condition', patient);
    },
    categoriesAsked({ parameters }) {
      const asked = valuesOf(parameters, 'category').flatMap((value) => value.split(','));
      const named = asked.map((token) => readToken(token).value).filter((value) => value in categories);
      return named.length > 0 ? named : Object.keys(categories);
    },
    render: (condition) => conditionResource(site, condition),
    older: { STU3: { to: toStu3, from: fromStu3 }, DSTU2: { to: toDstu2 } },
    creates: [
      {
        name: 'Condition.Create (Problems)',
        specification: 949,
        category: 'problem-list-item',
        accepts: () => true,
        file: (write) => createProblem(site, write),
      },
    ],
  };
}

/** A problem in the holding tank has an id of the greatest length that FHIR allows, which begins with `O`. */
function idOf({ hospital }: Site, { fhirId, verification }: Condition): string {
  return verification === 'provisional' ? holdingId(hospital.seed, fhirId) : fhirId;
}

function holdingId(seed: string, id: string): string {
  const filling = createHash('sha384')
    .update(`${seed}\nholding ${id}`)
    .digest('base64url')
    .replaceAll('_', '.');
  return `O${id}${filling}`.slice(0, holdingLength);
}

function findCondition({ hospital }: Site, id: string): Condition | undefined {
  if (!id.startsWith('O') || id.length !== holdingLength) {
    const found = hospital.record('Condition', id);
    return found?.verification === 'provisional' ? undefined : found;
  }
  const own = id.slice(1, 25);
  return holdingId(hospital.seed, own) === id ? hospital.record('Condition', own) : undefined;
}

function createProblem(site: Site, write: Write): string {
  const { hospital, behaviour } = site;
  const { resource } = write;
  const patient = patientIn(site, write, 'subject');
  const verification = valuesAt(resource, 'verificationStatus.coding.code')[0];
  if (verification !== 'provisional' && behaviour.unacceptedModifierFatal) {
    throw refuse(59012, { element: 'verificationStatus' });
  }
  const [clinical] = valuesAt(resource, 'clinicalStatus.coding.code');
  if (clinical === undefined) throw refuse(59108, { element: 'clinicalStatus' });
  if (clinical !== 'active' && behaviour.unacceptedModifierFatal)
    throw refuse(59012, { element: 'clinicalStatus' });
  const note = noteIn(resource, noteLongest);
  const condition = hospital.filing.condition(hospital.act('fhir'), {
    patient: patient.number,
    code: codeIn(resource),
    // Whatever category was sent, and whatever onset: it comes back as a problem without one.
    category: 'problem-list-item',
    verification: behaviour.holdingTank ? 'provisional' : 'confirmed',
    ...(note === undefined ? {} : { note }),
  });
  return idOf(site, condition);
}

interface Coding {
  readonly system?: string;
  readonly code?: string;
  readonly display?: string;
}

function codeIn(resource: Resource): Condition['code'] {
  const codings = valuesAt(resource, 'code.coding') as Coding[];
  const [text] = valuesAt(resource, 'code.text');
  const of = (system: string) => codings.find((each) => each.system === system)?.code ?? '';
  const icd10 = of('http://hl7.org/fhir/sid/icd-10-cm');
  const snomed = of('http://snomed.info/sct');
  if (codings.length === 0) throw refuse(59108, { element: 'code' });
  if (icd10 === '' && snomed === '') throw refuse(40000, { element: 'code' });
  return { icd10, snomed, display: String(codings[0]?.display ?? text ?? '') };
}

function conditionResource(site: Site, condition: Condition): Resource {
  const { hospital } = site;
  const { category, code, status, verification, visit, onset, note, recordedAt } = condition;
  const coding = [
    { system: 'http://hl7.org/fhir/sid/icd-10-cm', code: code.icd10, display: code.display },
    { system: 'http://snomed.info/sct', code: code.snomed, display: code.display },
  ].filter((each) => each.code !== '');
  const held = verification === 'provisional';
  const encounter = held ? undefined : encounterReference(hospital, visit);
  return {
    resourceType: 'Condition',
    id: idOf(site, condition),
    clinicalStatus: stated('condition-clinical', status),
    verificationStatus: stated('condition-ver-status', verification),
    category: [concept(`${terminology}/condition-category`, category, categories[category])],
    code: { coding, ...(held ? {} : { text: code.display }) },
    subject: patientReference(hospital, condition.patient),
    ...(encounter ? { encounter } : {}),
    ...(held || onset === undefined ? {} : { onsetDateTime: onset }),
    ...(held ? {} : { recordedDate: localDate(recordedAt, hospital.timeZone) }),
    ...(note === undefined ? {} : { note: [{ time: instant(recordedAt), text: note }] }),
  };
}

function stated(system: string, code: string): unknown {
  const display = `${code.charAt(0).toUpperCase()}${code.slice(1)}`;
  return {
    coding: [{ system: `${terminology}/${system}`, version: '4.0.0', code, display }],
    text: display,
  };
}

function codeOf(value: unknown): unknown {
  return valuesAt({ resourceType: '', value }, 'value.coding.code')[0];
}

/** STU3: statuses are codes, the encounter is the context. */
function toStu3({
  clinicalStatus,
  verificationStatus,
  encounter,
  recordedDate,
  ...rest
}: Resource): Resource {
  return {
    ...rest,
    clinicalStatus: codeOf(clinicalStatus),
    verificationStatus: codeOf(verificationStatus),
    ...(encounter ? { context: encounter } : {}),
    ...(recordedDate ? { assertedDate: recordedDate } : {}),
  };
}

function fromStu3({ clinicalStatus, verificationStatus, context, ...rest }: Resource): Resource {
  const coded = (code: unknown) => (typeof code === 'string' ? { coding: [{ code }] } : code);
  return {
    ...rest,
    clinicalStatus: coded(clinicalStatus),
    verificationStatus: coded(verificationStatus),
    ...(context ? { encounter: context } : {}),
  };
}

/** DSTU2: the patient is called so, the category is one. */
function toDstu2(resource: Resource): Resource {
  const { subject, context, category, assertedDate, note, ...rest } = toStu3(resource);
  const [first] = category as readonly unknown[];
  const [text] = (note ?? []) as readonly { readonly text: string }[];
  return {
    ...rest,
    patient: subject,
    category: first,
    ...(context ? { encounter: context } : {}),
    ...(assertedDate ? { dateRecorded: assertedDate } : {}),
    ...(text ? { notes: text.text } : {}),
  };
}
