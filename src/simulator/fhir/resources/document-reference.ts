import type { Note } from '../../world/clinical-records.ts';
import { systems } from '../../world/identity.ts';
import type { Declaration, Site } from '../declaration.ts';
import { type Resource, refuse } from '../outcome.ts';
import { subjectOf } from '../search.ts';
import { binaryIdOf, formatsOf } from './binary.ts';
import {
  encounterReference,
  instant,
  organizationReference,
  patientReference,
  practitionerReference,
} from './display.ts';
import { createNote } from './document-reference-create.ts';

export const noteTypeSystem = 'urn:oid:1.2.840.114350.1.13.0.1.7.4.737880.5010';
const wideNoteType = 'urn:oid:1.2.840.114350.1.72.727879.69848980';
const categorySystem = 'http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category';

const docStatus = {
  preliminary: 'preliminary',
  final: 'final',
  amended: 'amended',
  'entered-in-error': 'entered-in-error',
} as const;

/** DocumentReference: the one type with `_lastupdated`; clinical notes can be filed. */
export function documentReferences(site: Site): Declaration<Note> {
  const { hospital } = site;
  return {
    type: 'DocumentReference',
    interactions: {
      R4: ['read', 'search', 'create', 'update'],
      STU3: ['read', 'search', 'create'],
      DSTU2: ['read', 'search'],
    },
    native: [
      { name: 'author', type: 'reference', documentation: 'Who wrote it.', at: 'author' },
      { name: 'category', type: 'token', documentation: 'clinical-note and others.', at: 'category' },
      {
        name: 'date',
        type: 'date',
        documentation: 'When it was created.',
        span: ({ createdAt }) => [createdAt, createdAt],
      },
      {
        name: 'docstatus',
        type: 'token',
        documentation: 'The status of the note.',
        at: 'docStatus',
        known: { values: Object.values(docStatus), remark: 59101 },
      },
      {
        name: 'encounter',
        type: 'reference',
        documentation: 'The encounter it is of.',
        at: 'context.encounter',
      },
      { name: 'patient', type: 'reference', documentation: 'Whose documents.', include: 'subject' },
      {
        name: 'period',
        type: 'date',
        documentation: 'When what it tells of happened.',
        span: ({ serviceAt }) => [serviceAt, serviceAt],
      },
      { name: 'status', type: 'token', documentation: 'The status of the reference.', at: 'status' },
      { name: 'subject', type: 'reference', documentation: 'Whose documents.', include: 'subject' },
      { name: 'type', type: 'token', documentation: 'The type of note: site, Epic or LOINC.', at: 'type' },
      {
        name: '_lastupdated',
        type: 'date',
        documentation: 'When it last changed.',
        span: ({ changedAt }) => [changedAt, changedAt],
      },
    ],
    postFilters: [
      { name: 'authenticator', type: 'reference', at: 'authenticator' },
      { name: 'contenttype', type: 'token', at: 'content.attachment.contentType' },
      { name: 'custodian', type: 'reference', at: 'custodian' },
      { name: 'description', type: 'string', at: 'description' },
      { name: 'event', type: 'token', at: 'context.event' },
      { name: 'facility', type: 'token', at: 'context.facilityType' },
      { name: 'format', type: 'token', at: 'content.format' },
      { name: 'identifier', type: 'token', at: 'identifier' },
      { name: 'language', type: 'token', at: 'content.attachment.language' },
      { name: 'related', type: 'reference', at: 'context.related' },
      { name: 'relatesto', type: 'reference', at: 'relatesTo.target' },
      { name: 'relation', type: 'token', at: 'relatesTo.code' },
      { name: 'security-label', type: 'token', at: 'securityLabel' },
      { name: 'setting', type: 'token', at: 'context.practiceSetting' },
    ],
    find: (id) => hospital.record('DocumentReference', id),
    idOf: ({ fhirId }) => fhirId,
    patientOf: ({ patient }) => hospital.patients.get(patient),
    chart: (patient) => hospital.chart('DocumentReference', patient),
    candidates(query) {
      const patient = subjectOf(site, query, ['patient', 'subject']);
      if (!patient) throw refuse(59108, { element: 'patient' });
      return hospital.chart('DocumentReference', patient);
    },
    render: (note) => noteResource(site, note),
    older: { STU3: { to: toStu3, from: fromStu3 }, DSTU2: { to: toDstu2 } },
    creates: [
      {
        name: 'DocumentReference.Create (Clinical Notes)',
        specification: 1046,
        accepts: () => true,
        file: (write) => createNote(site, write),
      },
    ],
    updates: [
      {
        name: 'DocumentReference.Update (Document Information)',
        specification: 10_051,
        accepts: () => true,
        // Scanned documents only: this hospital has none, and a note is changed by who wrote it.
        file: () => {
          throw refuse(59102, { element: 'category', diagnostics: 'The document is no scanned document' });
        },
      },
    ],
  };
}

function noteResource({ hospital }: Site, note: Note): Resource {
  const { type, number, author, createdAt, serviceAt, visit } = note;
  const encounter = encounterReference(hospital, visit);
  const category = { system: categorySystem, code: 'clinical-note', display: 'Clinical Note' };
  return {
    resourceType: 'DocumentReference',
    id: note.fhirId,
    extension: [attester(note)],
    identifier: [
      { system: systems.note, value: String(number) },
      {
        system: 'urn:oid:1.2.840.114350.1.72.3.15',
        value: `${systems.note.replace('urn:oid:', '')}_${number}`,
      },
    ],
    status: note.status === 'entered-in-error' ? 'entered-in-error' : 'current',
    docStatus: docStatus[note.status],
    type: {
      coding: [
        { system: noteTypeSystem, code: type.id, display: type.name },
        { system: wideNoteType, code: type.id, display: type.name },
        { system: 'http://loinc.org', code: type.loinc, display: type.name, userSelected: true },
      ],
      text: type.name,
    },
    category: [{ coding: [category], text: 'Clinical Note' }],
    subject: patientReference(hospital, note.patient),
    date: instant(createdAt),
    author: [practitionerReference(author)],
    authenticator: practitionerReference(author),
    custodian: organizationReference(hospital),
    securityLabel: [
      { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'NOPAT' }] },
    ],
    content: formatsOf(note).map(({ contentType }, index) => ({
      attachment: {
        ...(contentType === undefined ? {} : { contentType }),
        url: `Binary/${binaryIdOf(hospital, note, index)}`,
      },
      format: {
        system: 'http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode',
        code: 'urn:ihe:iti:xds:2017:mimeTypeSufficient',
        display: 'mimeType Sufficient',
      },
    })),
    context: {
      ...(encounter ? { encounter: [encounter] } : {}),
      period: { start: instant(serviceAt) },
    },
  };
}

/** Who signed it, as an extension from R5. */
function attester({ author, changedAt }: Note): unknown {
  const signer = {
    system: 'urn:oid:1.2.840.114350.1.72.1.7.7.10.696784.72072',
    code: '1',
    display: 'Signer',
  };
  return {
    url: 'http://hl7.org/fhir/5.0/StructureDefinition/extension-DocumentReference.attester',
    extension: [
      { url: 'mode', valueCodeableConcept: { coding: [signer], text: 'Signer' } },
      { url: 'time', valueDateTime: instant(changedAt) },
      { url: 'party', valueReference: practitionerReference(author) },
    ],
  };
}

type Context = Readonly<Record<string, unknown>> & { readonly encounter?: readonly unknown[] | object };

/** STU3: one class instead of categories, `created` and `indexed`, one encounter. */
function toStu3({ category, date, context, extension: _attester, ...rest }: Resource): Resource {
  const [first] = category as readonly unknown[];
  const { encounter, ...around } = (context ?? {}) as Context;
  const [one] = Array.isArray(encounter) ? encounter : [];
  return {
    ...rest,
    class: first,
    created: date,
    indexed: date,
    context: { ...around, ...(one ? { encounter: one } : {}) },
  };
}

function fromStu3({ class: category, context, ...rest }: Resource): Resource {
  const { encounter, ...around } = (context ?? {}) as Context;
  return {
    ...rest,
    ...(category ? { category: [category] } : {}),
    context: { ...around, ...(encounter ? { encounter: [encounter].flat() } : {}) },
  };
}

/** DSTU2: the status of the note is a concept. */
function toDstu2(resource: Resource): Resource {
  const { docStatus: status, ...rest } = toStu3(resource);
  return {
    ...rest,
    docStatus: { coding: [{ system: 'http://hl7.org/fhir/composition-status', code: status }] },
  };
}
