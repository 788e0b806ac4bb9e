import type { Hospital } from '../world/hospital.ts';
import { systems } from '../world/identity.ts';
import { practitionerName } from './display.ts';
import type { ResourceService } from './service.ts';

// What other resources refer to: every reference the hospital gives can be read.

export function practitionerService(hospital: Hospital): ResourceService {
  return {
    type: 'Practitioner',
    parameters: [],
    read(id) {
      const provider = hospital.provider(id);
      if (!provider) return undefined;
      return {
        resourceType: 'Practitioner',
        id,
        identifier: [
          { use: 'usual', type: { text: 'NPI' }, system: systems.npi, value: provider.npi },
          { use: 'usual', type: { text: 'INTERNAL' }, system: systems.user, value: provider.id.padStart(10) },
        ],
        active: true,
        name: [
          {
            use: 'usual',
            text: practitionerName(provider),
            family: provider.family,
            given: [provider.given],
            suffix: ['MD'],
          },
        ],
        qualification: [{ code: { text: provider.specialty } }],
      };
    },
  };
}

export function locationService(hospital: Hospital): ResourceService {
  return {
    type: 'Location',
    parameters: [],
    read(id) {
      const department = hospital.department(id);
      if (!department) return undefined;
      return {
        resourceType: 'Location',
        id,
        identifier: [{ use: 'usual', value: department.id }],
        status: 'active',
        name: department.name,
        mode: 'instance',
        managingOrganization: {
          reference: `Organization/${hospital.facility.organizationId}`,
          display: hospital.facility.name,
        },
      };
    },
  };
}

export function organizationService(hospital: Hospital): ResourceService {
  return {
    type: 'Organization',
    parameters: [],
    read(id) {
      const { organizationId, name, code } = hospital.facility;
      if (id !== organizationId) return undefined;
      return {
        resourceType: 'Organization',
        id,
        identifier: [{ use: 'usual', value: code }],
        active: true,
        name,
      };
    },
  };
}
