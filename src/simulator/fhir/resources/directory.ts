import type { Department, Provider } from '../../world/records.ts';
import type { Declaration, Site } from '../declaration.ts';
import { refuse } from '../outcome.ts';
import { organizationReference, practitionerName } from './display.ts';
import { interconnectUser, isInterconnect, userIdentifiers } from './interconnect.ts';

// What other resources refer to: every reference the hospital gives can be read.

const specialtySystem = 'urn:oid:1.2.840.114350.1.13.0.1.7.10.686980.110';
const everywhere = { R4: ['read', 'search'], STU3: ['read', 'search'], DSTU2: ['read', 'search'] } as const;

export function practitioners({ hospital }: Site): Declaration<Provider> {
  const background = interconnectUser({ hospital });
  return {
    type: 'Practitioner',
    interactions: everywhere,
    native: [
      { name: 'address', type: 'string', documentation: 'Any part of an address.' },
      { name: 'family', type: 'string', documentation: 'The family name.', at: 'name.family' },
      { name: 'given', type: 'string', documentation: 'The given name.', at: 'name.given' },
      { name: 'identifier', type: 'token', documentation: 'The NPI or the provider id.', at: 'identifier' },
      { name: 'name', type: 'string', documentation: 'Any part of the name.', at: 'name.family,name.given' },
    ],
    postFilters: [
      { name: 'active', type: 'token', at: 'active' },
      { name: 'gender', type: 'token', at: 'gender' },
    ],
    find: (id) => [...hospital.facility.providers, background].find(({ fhirId }) => fhirId === id),
    idOf: ({ fhirId }) => fhirId,
    candidates({ parameters }) {
      const needed = ['family', 'given', 'name', 'identifier'];
      if (!needed.some((name) => parameters.get(name))) throw refuse(4111, { element: 'name' });
      return hospital.facility.providers;
    },
    render: (provider) => ({
      resourceType: 'Practitioner',
      id: provider.fhirId,
      identifier: userIdentifiers(provider),
      active: true,
      name: [
        {
          use: 'usual',
          text: practitionerName(provider),
          family: provider.family,
          given: [provider.given],
          ...(isInterconnect(provider) ? {} : { suffix: ['MD'] }),
        },
      ],
      ...(isInterconnect(provider) ? {} : { qualification: [{ code: { text: provider.specialty } }] }),
    }),
    older: {
      DSTU2: {
        // One name, whose family is a list.
        to: ({ name, qualification, ...rest }) => {
          const [first] = name as readonly { family: string }[];
          return { ...rest, name: { ...first, family: [first?.family] } };
        },
      },
    },
  };
}

export function locations(site: Site): Declaration<Department> {
  const { hospital } = site;
  return {
    type: 'Location',
    interactions: { R4: ['read', 'search'], STU3: ['read', 'search'], DSTU2: ['read', 'search'] },
    native: [
      { name: 'identifier', type: 'token', documentation: 'The department id.', at: 'identifier' },
      { name: 'name', type: 'string', documentation: 'The name of the department.', at: 'name' },
    ],
    postFilters: [{ name: 'status', type: 'token', at: 'status' }],
    find: (id) => hospital.department(id),
    idOf: ({ fhirId }) => fhirId,
    candidates: () => hospital.facility.departments,
    render: (department) => ({
      resourceType: 'Location',
      id: department.fhirId,
      identifier: [{ use: 'usual', value: department.id }],
      status: 'active',
      name: department.name,
      mode: 'instance',
      managingOrganization: organizationReference(hospital),
    }),
  };
}

/** The hospital itself: the one organization. */
export function organizations({ hospital }: Site): Declaration<Site['hospital']['facility']> {
  const { facility } = hospital;
  return {
    type: 'Organization',
    interactions: everywhere,
    native: [
      {
        name: 'identifier',
        type: 'token',
        documentation: 'An identifier of the organization.',
        at: 'identifier',
      },
      { name: 'name', type: 'string', documentation: 'The name of the organization.', at: 'name' },
    ],
    postFilters: [{ name: 'active', type: 'token', at: 'active' }],
    find: (id) => (id === facility.organizationId ? facility : undefined),
    idOf: ({ organizationId }) => organizationId,
    candidates: () => [facility],
    render: ({ organizationId, code, name }) => ({
      resourceType: 'Organization',
      id: organizationId,
      identifier: [{ use: 'usual', value: code }],
      active: true,
      name,
    }),
  };
}

/** A provider in the role they have at this hospital. */
export function practitionerRoles({ hospital }: Site): Declaration<Provider> {
  const { identities, facility } = hospital;
  const idOf = ({ number }: Provider) => identities.fhirId('PractitionerRole', number);
  return {
    type: 'PractitionerRole',
    interactions: { R4: ['read', 'search'], STU3: ['read', 'search'] },
    native: [
      { name: 'practitioner', type: 'reference', documentation: 'Who has the role.', at: 'practitioner' },
      { name: 'organization', type: 'reference', documentation: 'Where.', at: 'organization' },
      { name: 'specialty', type: 'token', documentation: 'The specialty.', at: 'specialty' },
    ],
    postFilters: [
      { name: 'active', type: 'token', at: 'active' },
      { name: 'location', type: 'reference', at: 'location' },
    ],
    find(id) {
      const named = identities.read(id);
      return named?.kind === 'PractitionerRole' ? facility.providers[named.number] : undefined;
    },
    idOf,
    candidates({ parameters }) {
      const needed = ['practitioner', 'organization', 'specialty'];
      if (!needed.some((name) => parameters.get(name))) throw refuse(4111, { element: 'practitioner' });
      return facility.providers;
    },
    render: (provider) => ({
      resourceType: 'PractitionerRole',
      id: idOf(provider),
      active: true,
      practitioner: { reference: `Practitioner/${provider.fhirId}`, display: practitionerName(provider) },
      organization: organizationReference(hospital),
      specialty: [
        { coding: [{ system: specialtySystem, display: provider.specialty }], text: provider.specialty },
      ],
      location: [{ reference: `Location/${facility.clinicOf(provider).fhirId}` }],
    }),
  };
}
