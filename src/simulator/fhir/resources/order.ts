import type { Order } from '../../world/clinical-records.ts';
import type { Declaration, Query, Site } from '../declaration.ts';
import { type Resource, refuse } from '../outcome.ts';
import { subjectOf } from '../search.ts';
import { encounterReference, instant, patientReference, practitionerReference } from './display.ts';

const procedureSystem = 'urn:oid:1.2.840.114350.1.13.0.1.7.2.696580';
const placer = 'urn:oid:1.2.840.114350.1.13.0.1.7.2.798268';

function ordersOf(site: Site, query: Query): readonly Order[] {
  const patient = subjectOf(site, query, ['patient', 'subject']);
  if (!patient) throw refuse(59108, { element: 'patient' });
  return site.hospital.chart('ServiceRequest', patient);
}

function panelCode({ panel }: Order): unknown {
  return {
    coding: [
      { system: procedureSystem, code: panel.id, display: panel.name },
      { system: 'http://loinc.org', code: panel.loinc, display: panel.name },
    ],
    text: panel.name,
  };
}

/** ServiceRequest: what the laboratory was asked for. Read and search. */
export function serviceRequests(site: Site): Declaration<Order> {
  const { hospital } = site;
  return {
    type: 'ServiceRequest',
    interactions: { R4: ['read', 'search'] },
    native: [
      { name: 'category', type: 'token', documentation: 'The kind of order.', at: 'category' },
      { name: 'code', type: 'token', documentation: 'What was ordered.', at: 'code' },
      {
        name: 'encounter',
        type: 'reference',
        documentation: 'The encounter it was placed in.',
        at: 'encounter',
      },
      { name: 'patient', type: 'reference', documentation: 'Whose orders.', include: 'subject' },
      { name: 'status', type: 'token', documentation: 'The status of the order.', at: 'status' },
      { name: 'subject', type: 'reference', documentation: 'Whose orders.', include: 'subject' },
    ],
    postFilters: [
      { name: 'authored', type: 'date', at: 'authoredOn' },
      { name: 'intent', type: 'token', at: 'intent' },
      { name: 'requester', type: 'reference', at: 'requester' },
    ],
    find: (id) => hospital.record('ServiceRequest', id),
    idOf: ({ fhirId }) => fhirId,
    patientOf: ({ patient }) => hospital.patients.get(patient),
    chart: (patient) => hospital.chart('ServiceRequest', patient),
    candidates: (query) => ordersOf(site, query),
    render(order): Resource {
      const encounter = encounterReference(hospital, order.visit);
      return {
        resourceType: 'ServiceRequest',
        id: order.fhirId,
        identifier: [{ use: 'usual', system: placer, value: String(order.number) }],
        status: order.status,
        intent: 'order',
        category: [
          {
            coding: [
              { system: 'http://snomed.info/sct', code: '108252007', display: 'Laboratory procedure' },
            ],
            text: 'Lab',
          },
        ],
        code: panelCode(order),
        subject: patientReference(hospital, order.patient),
        ...(encounter ? { encounter } : {}),
        authoredOn: instant(order.orderedAt),
        requester: practitionerReference(order.provider),
      };
    },
  };
}

/** DiagnosticReport: what the laboratory answered, with references to its observations. Read and search. */
export function diagnosticReports(site: Site): Declaration<Order> {
  const { hospital } = site;
  return {
    type: 'DiagnosticReport',
    interactions: { R4: ['read', 'search'], STU3: ['read', 'search'], DSTU2: ['read', 'search'] },
    native: [
      { name: 'category', type: 'token', documentation: 'LAB and others.', at: 'category' },
      { name: 'code', type: 'token', documentation: 'What was reported on.', at: 'code' },
      {
        name: 'date',
        type: 'date',
        documentation: 'When the specimen was taken.',
        span: ({ collectedAt, orderedAt }) => [collectedAt ?? orderedAt, collectedAt ?? orderedAt],
      },
      { name: 'patient', type: 'reference', documentation: 'Whose reports.', include: 'subject' },
      { name: 'subject', type: 'reference', documentation: 'Whose reports.', include: 'subject' },
    ],
    postFilters: [
      { name: 'based-on', type: 'reference', at: 'basedOn' },
      { name: 'encounter', type: 'reference', at: 'encounter' },
      { name: 'issued', type: 'date', at: 'issued' },
      { name: 'result', type: 'reference', at: 'result' },
      { name: 'status', type: 'token', at: 'status' },
    ],
    find(id) {
      const named = hospital.identities.read(id);
      const order =
        named?.kind === 'DiagnosticReport' ? hospital.numbered('ServiceRequest', named.number) : undefined;
      return order?.resultedAt === undefined ? undefined : order;
    },
    idOf: ({ reportId }) => reportId,
    patientOf: ({ patient }) => hospital.patients.get(patient),
    chart: (patient) =>
      hospital.chart('ServiceRequest', patient).filter((each) => each.resultedAt !== undefined),
    candidates: (query) => ordersOf(site, query).filter((each) => each.resultedAt !== undefined),
    render: (order) => reportResource(site, order),
    older: { STU3: { to: toStu3 }, DSTU2: { to: toDstu2 } },
  };
}

function reportResource({ hospital }: Site, order: Order): Resource {
  const encounter = encounterReference(hospital, order.visit);
  const patient = hospital.patients.get(order.patient);
  const observations = patient ? hospital.chart('Observation', patient) : [];
  return {
    resourceType: 'DiagnosticReport',
    id: order.reportId,
    identifier: [{ use: 'usual', system: placer, value: String(order.number) }],
    basedOn: [{ reference: `ServiceRequest/${order.fhirId}`, display: order.panel.name }],
    status: 'final',
    category: [
      {
        coding: [
          { system: 'http://terminology.hl7.org/CodeSystem/v2-0074', code: 'LAB', display: 'Laboratory' },
        ],
        text: 'Lab',
      },
    ],
    code: panelCode(order),
    subject: patientReference(hospital, order.patient),
    ...(encounter ? { encounter } : {}),
    effectiveDateTime: instant(order.collectedAt ?? order.orderedAt),
    issued: instant(order.resultedAt ?? order.changedAt),
    performer: [practitionerReference(order.provider)],
    result: observations
      .filter((each) => each.order === order.number)
      .map(({ fhirId, measure }) => ({ reference: `Observation/${fhirId}`, display: measure.display })),
  };
}

/** STU3: one category, and the encounter is the context. STU3 and DSTU2 serve no ServiceRequest here. */
function toStu3({ category, encounter, basedOn: _order, performer, ...rest }: Resource): Resource {
  const [first] = category as readonly unknown[];
  const actors = (performer as readonly unknown[]).map((actor) => ({ actor }));
  return { ...rest, category: first, performer: actors, ...(encounter ? { context: encounter } : {}) };
}

function toDstu2({ category, basedOn: _order, performer, ...rest }: Resource): Resource {
  const [first] = category as readonly unknown[];
  const [actor] = performer as readonly unknown[];
  return { ...rest, category: first, performer: actor };
}
