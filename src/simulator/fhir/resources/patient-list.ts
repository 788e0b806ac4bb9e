import type { Department, Patient, Visit } from '../../world/records.ts';
import type { Declaration, Site } from '../declaration.ts';
import { type Resource, refuse } from '../outcome.ts';
import { instant, patientReference } from './display.ts';

/** List: for each ward the patients who lie there now. Read, and search with `code=patients`. */
export function patientLists(site: Site): Declaration<Department> {
  const { hospital } = site;
  const { identities, facility } = hospital;
  const wards = facility.departments.filter(({ kind }) => kind !== 'clinic');
  const idOf = ({ number }: Department) => identities.fhirId('List', number);
  return {
    type: 'List',
    interactions: { R4: ['read', 'search'], STU3: ['read', 'search'] },
    ofMany: true,
    native: [
      { name: 'code', type: 'token', documentation: 'patients: the lists of patients.', at: 'code' },
      { name: 'identifier', type: 'token', documentation: 'The number of the list.', at: 'identifier' },
      { name: 'title', type: 'string', documentation: 'The name of the list.', at: 'title' },
    ],
    postFilters: [{ name: 'status', type: 'token', at: 'status' }],
    find(id) {
      const named = identities.read(id);
      return named?.kind === 'List' ? wards.find(({ number }) => number === named.number) : undefined;
    },
    idOf,
    candidates({ parameters }) {
      if (!parameters.get('code') && !parameters.get('identifier')) throw refuse(59108, { element: 'code' });
      return wards;
    },
    render: (ward): Resource => {
      const inside = hospital.stays.open().filter(({ department }) => department === ward);
      return {
        resourceType: 'List',
        id: idOf(ward),
        identifier: [{ use: 'usual', value: ward.id }],
        status: 'current',
        mode: 'working',
        title: `${ward.name} census`,
        code: {
          coding: [{ system: 'urn:oid:1.2.840.114350.1.13.0.1.7.1.1', code: 'patients' }],
          text: 'patients',
        },
        date: instant(hospital.now()),
        entry: inside.map((visit: Visit) => ({ item: patientReference(hospital, visit.patient) })),
      };
    },
  };
}

/** A list of patients that the site has made for a client. */
export interface PatientGroup {
  readonly id: string;
  readonly name: string;
}

/** The groups of the hospital: Bulk Data is exported by them. */
export interface PatientGroups<G extends PatientGroup = PatientGroup> {
  get(id: string): G | undefined;
  list(): readonly G[];
  /** FHIR ids of those in it. */
  members(group: G): Iterable<string>;
}

/** Group: read. A client is told the id of its group by mail or telephone; there is no search that finds it. */
export function groups<G extends PatientGroup>(site: Site, all: PatientGroups<G>): Declaration<G> {
  const { hospital } = site;
  return {
    type: 'Group',
    interactions: { R4: ['read'] },
    ofMany: true,
    native: [],
    postFilters: [],
    find: (id) => all.get(id),
    idOf: ({ id }) => id,
    render(group): Resource {
      const members = [...all.members(group)]
        .map((id) => hospital.patient(id))
        .filter((patient): patient is Patient => patient?.standing === 'active');
      return {
        resourceType: 'Group',
        id: group.id,
        active: true,
        type: 'person',
        actual: true,
        name: group.name,
        quantity: members.length,
        member: members.map(({ number }) => ({ entity: patientReference(hospital, number) })),
      };
    },
  };
}
