/** What a FHIR R4 server's resources are to a flow: known by their ids, learnt by time of change, found and read. */
import { type FhirResource, objectsIn, referencedId } from '../../fhir/index.ts';
import type { Learning, ResourceSpec } from '../capability.ts';
import { type Identified, type Learnable, overlaps, within } from '../learn/learnable.ts';

const GROUND =
  'FHIR R4: search by _lastUpdated, history of a type; what the server says in its CapabilityStatement';

const learning: Readonly<Partial<Record<'poll' | 'feed' | 'feed wakes read' | 'bulk', Learning>>> = {
  poll: {
    how: 'All changes since the last look, with an overlap, and a count from time to time; or patient by patient.',
    needs: ['_lastUpdated'],
    latency: 'the interval',
    misses: 'deletions until the next count, unless the server has a history of the type',
    ground: GROUND,
  },
  'feed wakes read': {
    how: 'A message names the patient, who is then asked about.',
    needs: ['patient'],
    latency: 'seconds',
    ground: GROUND,
  },
  bulk: {
    how: 'Exports of a Group, compared by content with what has been seen.',
    needs: ['Group'],
    latency: 'the interval from one export to the next; a day unless the record says',
    misses: 'what is changed and changed back between two exports, and deletions',
    ground: 'FHIR Bulk Data Access 2.0: Group export',
  },
};

export function specOf(resource: string): ResourceSpec {
  const name = `${resource.charAt(0).toLowerCase()}${resource.slice(1)}`;
  return {
    resource,
    identity: 'FHIR id',
    methods: ['poll', 'feed wakes read', 'bulk'],
    scopes: { learn: [`system/${resource}.rs`] },
    searchKeys: ['_lastUpdated'],
    learning,
    capabilities: [
      {
        name: `${name}.find`,
        about: `All of type ${resource} that a search leads to.`,
        resource,
        effect: false,
        scopes: [`system/${resource}.rs`],
      },
      {
        name: `${name}.read`,
        about: `One ${resource} by FHIR id or reference.`,
        resource,
        effect: false,
        scopes: [`system/${resource}.r`],
      },
    ],
  };
}

export const learntResources = [
  'Patient',
  'Appointment',
  'Encounter',
  'Observation',
  'DocumentReference',
] as const;

/** By its id alone: a count sees ids and versions, and nothing else to know a record by. */
export const byId = (resource: FhirResource): Identified | null =>
  resource.id === undefined ? null : { identity: `FHIR:${resource.id}`, joinable: true };

/** The patient that a record is about, by FHIR id. */
export function patientIdOf(resource: FhirResource, baseUrl: string): string | undefined {
  if (resource.resourceType === 'Patient') return resource.id;
  const subject = (resource.subject as { reference?: unknown } | undefined)?.reference;
  const actors = objectsIn(resource.participant).map(
    ({ actor }) => (actor as { reference?: unknown } | undefined)?.reference,
  );
  return [subject, ...actors]
    .map((reference) => referencedId(reference, 'Patient', baseUrl))
    .find((id) => id !== undefined);
}

/** Element that a search over a window of days goes by, where there is one. */
const times: Readonly<Record<string, string>> = {
  Appointment: 'start',
  Observation: 'issued',
  DocumentReference: 'date',
};

/** Patient by patient, where a server cannot be asked by time of change. */
export const walked = (resource: string): Learnable => ({
  resource,
  ...(resource === 'Patient' ? { always: true as const } : {}),
  searches: ({ patient, days }) =>
    resource === 'Patient' ? [{ _id: patient }] : [{ patient, date: [`ge${days.from}`, `le${days.to}`] }],
  fits(record, { patient, days }, baseUrl) {
    if (record.resourceType !== resource || patientIdOf(record, baseUrl) !== patient) return false;
    if (resource === 'Encounter') return overlaps(record.period as { start?: unknown } | undefined, days);
    const element = times[resource];
    return element === undefined || within(record[element], days);
  },
  identify: byId,
});
