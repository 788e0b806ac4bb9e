import type { Site, Write } from '../declaration.ts';
import type { Edition } from '../edition.ts';
import { issue, operationOutcome, type Resource, refuse } from '../outcome.ts';
import type { Operation } from '../server.ts';
import { certainMatches, likelyMatches, personIn } from './patient-create.ts';

interface Parameter {
  readonly name?: string;
  readonly valueBoolean?: unknown;
  readonly resource?: Resource;
}

/** `Patient/$match`: at most one match, and only a certain one. */
export function matchOperation(site: Site): Operation {
  return {
    type: 'Patient',
    name: 'match',
    listed: true,
    interaction: 'search',
    isOn: (version) => version === 'R4',
    run: (write, edition) => match(site, write, edition),
  };
}

function match(site: Site, { resource }: Write, edition: Edition) {
  const parameters = (resource.parameter ?? []) as readonly Parameter[];
  const certain = parameters.find(({ name }) => name === 'onlyCertainMatches');
  if (typeof certain?.valueBoolean !== 'boolean') throw refuse(59102, { element: 'onlyCertainMatches' });
  if (!certain.valueBoolean) throw refuse(59138, { element: 'onlyCertainMatches' });
  const sent = parameters.find(({ name }) => name === 'resource')?.resource;
  if (sent?.resourceType !== 'Patient') throw refuse(59108, { element: 'resource' });
  const person = personIn(sent);
  const found = certainMatches(site, person);
  if (found.length > 1) throw refuse(59011);
  const [patient] = found;
  if (!patient) {
    if (likelyMatches(site, person).length > 0) throw refuse(59013);
    const nobody = { resource: operationOutcome([issue(4101)]), search: { mode: 'outcome' } };
    return { status: 200, resource: searchset(0, nobody) };
  }
  const declaration = edition.declaration('Patient');
  if (!declaration) throw refuse(59177);
  const grade = {
    url: 'http://hl7.org/fhir/StructureDefinition/match-grade',
    valueCode: 'certain',
  };
  const entry = {
    resource: edition.shape(declaration, patient),
    search: { extension: [grade], mode: 'match', score: 1 },
  };
  return { status: 200, resource: searchset(1, entry) };
}

function searchset(total: number, entry: unknown): Resource {
  return { resourceType: 'Bundle', type: 'searchset', total, entry: [entry] };
}
