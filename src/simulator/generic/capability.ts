import type { GenericBehaviour } from './behaviour.ts';
import { parametersOf, servedTypes } from './parameters.ts';
import type { Content } from './repository.ts';

/** What the server says it can do. It may say more than is true: `conditionalCreateListed`. */
export function genericCapability(behaviour: GenericBehaviour, base: string, tokenUrl: string): Content {
  const { versions, updateCreates, conditionalCreateListed, secured, exports } = behaviour;
  const interactions = ['read', 'search-type', 'create', 'update', 'patch', 'delete'];
  if (versions) interactions.push('vread', 'history-instance', 'history-type');
  const security = {
    service: [
      {
        coding: [
          { system: 'http://terminology.hl7.org/CodeSystem/restful-security-service', code: 'SMART-on-FHIR' },
        ],
      },
    ],
    extension: [
      {
        url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
        extension: [{ url: 'token', valueUri: tokenUrl }],
      },
    ],
  };
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: '2026-05-12',
    kind: 'instance',
    fhirVersion: '4.0.1',
    format: ['json'],
    patchFormat: ['application/json-patch+json'],
    software: { name: 'Larkfield generic FHIR server', version: '1' },
    implementation: { description: 'A FHIR R4 server that is not Epic', url: base },
    rest: [
      {
        mode: 'server',
        ...(secured ? { security } : {}),
        interaction: ['transaction', 'batch', ...(versions ? ['history-system'] : [])].map((code) => ({
          code,
        })),
        resource: servedTypes.map((type) => ({
          type,
          interaction: interactions.map((code) => ({ code })),
          versioning: versions ? 'versioned-update' : 'no-version',
          readHistory: versions,
          updateCreate: updateCreates,
          conditionalCreate: conditionalCreateListed,
          conditionalUpdate: true,
          conditionalDelete: 'single',
          ...(type === 'Group' && exports
            ? {
                operation: [
                  {
                    name: 'export',
                    definition: 'http://hl7.org/fhir/uv/bulkdata/OperationDefinition/group-export',
                  },
                ],
              }
            : {}),
          searchParam: Object.entries(parametersOf(type)).map(([name, parameter]) => ({
            name,
            type: parameter.type,
          })),
        })),
      },
    ],
  };
}
