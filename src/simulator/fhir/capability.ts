import type { Resource } from './outcome.ts';
import type { ResourceService } from './service.ts';

/** The release this simulator behaves like. */
export const software = { name: 'Epic', version: 'May 2026', releaseDate: '2026-05-11' } as const;

/** The CapabilityStatement: what is served here and nothing more, in Epic's manner. */
export function capabilityStatement(
  services: readonly ResourceService[],
  base: string,
  tokenUrl: string,
): Resource {
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: '2026-05-11',
    publisher: 'Larkfield General Hospital (a simulator)',
    kind: 'instance',
    software,
    implementation: { description: 'Simulated FHIR server', url: base },
    fhirVersion: '4.0.1',
    format: ['xml', 'json'],
    rest: [
      {
        mode: 'server',
        security: {
          extension: [
            {
              url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
              extension: [{ url: 'token', valueUri: tokenUrl }],
            },
          ],
          cors: false,
          service: [
            {
              coding: [
                {
                  system: 'http://terminology.hl7.org/CodeSystem/restful-security-service',
                  code: 'OAuth',
                  display: 'OAuth',
                },
              ],
              text: 'OAuth',
            },
          ],
        },
        resource: services.map(describe),
      },
    ],
  };
}

function describe({ type, search, parameters }: ResourceService): unknown {
  return {
    type,
    interaction: [{ code: 'read' }, ...(search ? [{ code: 'search-type' }] : [])],
    readHistory: false,
    updateCreate: false,
    conditionalCreate: false,
    conditionalRead: 'not-supported',
    conditionalUpdate: false,
    conditionalDelete: 'not-supported',
    ...(parameters.length > 0 ? { searchParam: parameters } : {}),
  };
}
