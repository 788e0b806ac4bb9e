import { randomUUID } from 'node:crypto';
import type { Resource } from '../fhir/outcome.ts';

interface Orderable {
  readonly type: 'MedicationRequest' | 'ServiceRequest';
  readonly system: string;
  readonly code: string;
  readonly display: string;
}

const rxnorm = 'http://www.nlm.nih.gov/research/umls/rxnorm';
const cpt = 'http://www.ama-assn.org/go/cpt';
const loinc = 'http://loinc.org';

/** What can be put into the basket of orders, by the name that the admin API knows it by. */
export const orderables: Readonly<Record<string, Orderable>> = {
  ibuprofen: {
    type: 'MedicationRequest',
    system: rxnorm,
    code: '310965',
    display: 'ibuprofen 200 mg oral tablet',
  },
  warfarin: {
    type: 'MedicationRequest',
    system: rxnorm,
    code: '855332',
    display: 'warfarin sodium 5 mg oral tablet',
  },
  amoxicillin: {
    type: 'MedicationRequest',
    system: rxnorm,
    code: '308182',
    display: 'amoxicillin 250 mg oral capsule',
  },
  'head-ct': {
    type: 'ServiceRequest',
    system: cpt,
    code: '70450',
    display: 'CT of the head without contrast',
  },
  'lumbar-mri': {
    type: 'ServiceRequest',
    system: cpt,
    code: '72148',
    display: 'MRI of the lumbar spine without contrast',
  },
  potassium: {
    type: 'ServiceRequest',
    system: loinc,
    code: '2823-3',
    display: 'Potassium in serum or plasma',
  },
};

/** A draft as the hospital sends it: requests, and the medications they are for. */
export function draftOf(
  name: string,
  about: { readonly patientId: string; readonly encounterId: string | undefined; readonly requester: string },
  medicationEntries: boolean,
): Resource[] {
  const orderable = Object.hasOwn(orderables, name) ? orderables[name] : undefined;
  if (!orderable) throw new RangeError(`orders: ${name} is not among ${Object.keys(orderables).join(', ')}`);
  const { type, system, code, display } = orderable;
  const concept = { coding: [{ system, code, display }], text: display };
  const request = {
    resourceType: type,
    id: `draft-${randomUUID()}`,
    status: 'draft',
    intent: 'order',
    subject: { reference: `Patient/${about.patientId}` },
    ...(about.encounterId === undefined
      ? {}
      : { encounter: { reference: `Encounter/${about.encounterId}` } }),
    requester: { reference: about.requester },
  };
  if (type === 'ServiceRequest') return [{ ...request, code: concept }];
  if (!medicationEntries) return [{ ...request, medicationCodeableConcept: concept }];
  const medication = { resourceType: 'Medication', id: `drug-${code}`, code: concept };
  return [
    { ...request, medicationReference: { reference: `Medication/${medication.id}`, display } },
    medication,
  ];
}

/** `ServiceRequest/draft-...`: how context.selections names an order. */
export function referenceTo(resource: Resource): string {
  return `${resource.resourceType}/${String(resource.id)}`;
}

export function isRequest(resource: Resource): boolean {
  return resource.resourceType !== 'Medication';
}

export function bundleOf(resources: readonly Resource[]): Resource {
  return { resourceType: 'Bundle', type: 'collection', entry: resources.map((resource) => ({ resource })) };
}
