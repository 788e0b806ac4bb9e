import type { AnyDeclaration, Interaction, SearchParameter } from './declaration.ts';
import type { Edition } from './edition.ts';
import type { Resource } from './outcome.ts';
import type { Operation } from './server.ts';

const fhirVersions = { R4: '4.0.1', STU3: '3.0.1', DSTU2: '1.0.2' } as const;

const codes: Readonly<Record<Interaction, string>> = {
  read: 'read',
  search: 'search-type',
  create: 'create',
  update: 'update',
};

interface Addresses {
  readonly fhirBase: string;
  readonly authorizeUrl: string;
  readonly tokenUrl: string;
}

/** The capability (or, before R4, conformance) statement: what is served here and nothing more, in Epic's manner. */
export function capabilityStatement(
  edition: Edition,
  operations: readonly Operation[],
  addresses: Addresses,
): Resource {
  const { version, site } = edition;
  const { release, releaseDate } = site.behaviour;
  const r4 = version === 'R4';
  return {
    resourceType: version === 'DSTU2' ? 'Conformance' : 'CapabilityStatement',
    ...(r4
      ? {
          instantiates: [
            'http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data',
            'http://hl7.org/fhir/us/core/CapabilityStatement/us-core-server|6.1.0',
          ],
        }
      : {}),
    status: 'active',
    date: releaseDate,
    publisher: 'Larkfield General Hospital (a simulator)',
    kind: 'instance',
    software: { name: 'Epic', version: release, releaseDate },
    implementation: { description: 'Simulated FHIR server', url: addresses.fhirBase },
    fhirVersion: fhirVersions[version],
    ...(version === 'DSTU2' ? { acceptUnknown: 'no' } : version === 'STU3' ? { acceptUnknown: 'no' } : {}),
    format: ['xml', 'json'],
    rest: [
      {
        mode: 'server',
        security: security(addresses),
        resource: edition.declarations.map((declaration) =>
          describe(
            declaration,
            edition,
            operations.filter((each) => each.type === declaration.type),
          ),
        ),
      },
    ],
  };
}

function security({ authorizeUrl, tokenUrl }: Addresses): unknown {
  const system = 'http://terminology.hl7.org/CodeSystem/restful-security-service';
  return {
    extension: [
      {
        url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
        extension: [
          { url: 'authorize', valueUri: authorizeUrl },
          { url: 'token', valueUri: tokenUrl },
        ],
      },
    ],
    cors: true,
    service: ['OAuth', 'SMART-on-FHIR', 'Basic'].map((code) => ({
      coding: [{ system, code, display: code }],
      text: code,
    })),
  };
}

function describe(declaration: AnyDeclaration, edition: Edition, operations: readonly Operation[]): unknown {
  const { version, site } = edition;
  const interactions = declaration.interactions[version] ?? [];
  const searched = interactions.includes('search');
  const count = { name: '_count', type: 'number' };
  const id = { name: '_id', type: 'token' };
  // Native parameters come first and are documented; after _count and _id those that are applied to pages.
  const [special, native] = [true, false].map((isSpecial) =>
    declaration.native.filter(({ name }) => name.startsWith('_') === isSpecial).map(parameter),
  ) as [unknown[], unknown[]];
  const parameters = [
    ...native,
    count,
    id,
    ...special,
    ...(site.behaviour.postFilters && version === 'R4' ? declaration.postFilters.map(parameter) : []),
  ];
  return {
    type: declaration.type,
    interaction: interactions.map((each) => ({ code: codes[each] })),
    readHistory: false,
    updateCreate: false,
    conditionalCreate: false,
    ...(version === 'DSTU2' ? {} : { conditionalRead: 'not-supported' }),
    conditionalUpdate: false,
    conditionalDelete: 'not-supported',
    ...(searched
      ? { searchInclude: ['*'], searchRevInclude: ['Provenance:target'], searchParam: parameters }
      : {}),
    ...operationsOf(declaration, edition, operations),
  };
}

function parameter({ name, type, documentation }: SearchParameter): unknown {
  return { name, type, ...(documentation === undefined ? {} : { documentation }) };
}

function operationsOf(
  declaration: AnyDeclaration,
  { version, site }: Edition,
  operations: readonly Operation[],
): Record<string, unknown> {
  if (version !== 'R4') return {};
  const listed = operations
    .filter((each) => each.listed)
    .map(({ type, name }) => ({
      name,
      definition: `http://hl7.org/fhir/OperationDefinition/${type}-${name}`,
    }));
  const exported = declaration.type === 'Group' && site.behaviour.bulk;
  const definition = 'http://hl7.org/fhir/uv/bulkdata/OperationDefinition/group-export';
  const all = [...listed, ...(exported ? [{ name: 'group-export', definition }] : [])];
  return all.length > 0 ? { operation: all } : {};
}
