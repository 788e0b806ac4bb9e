import { expect, test } from 'vitest';
import { type LoadedSite, siteSchema } from '../site/index.ts';
import { routeFaults, routeSecrets } from './route-faults.ts';

function site(connections: Record<string, unknown>): LoadedSite {
  const record = siteSchema.parse({
    ...{ site: 'mercy', name: 'Mercy', environment: 'sandbox', ehr: { vendor: 'epic' }, timeZone: 'UTC' },
    identifiers: { mrn: { system: 'urn:mrn' } },
    connections,
  });
  return {
    file: 'sites/mercy/site.yaml',
    record,
    placeOf: () => ({ file: 'sites/mercy/site.yaml', line: 7 }),
  } as unknown as LoadedSite;
}

const epic = (via: string) => ({
  connector: 'epic',
  do: {
    'appointment.create': { route: 'siu', via },
    'encounter.create': { route: 'web service', headers: { a: 'legacy' } },
  },
});

test('a route over a connection that is not there, or does not send, is named with its line and what is meant', () => {
  const out = { connector: 'mllp', send: { host: 'x', port: 1 } };
  expect(routeFaults(site({ epic: epic('out'), out }))).toEqual([]);
  const [misspelt] = routeFaults(site({ epic: epic('outt'), out }));
  expect(misspelt).toMatchObject({ line: 7, fix: 'did you mean "out"?' });
  const [deaf] = routeFaults(site({ epic: epic('in'), in: { connector: 'mllp', listen: { port: 1 } } }));
  expect(deaf?.reason).toContain('appointment.create goes over "in"');
  expect(deaf?.fix).toBe('this site has none that sends');
});

test('the secrets of a declared web service are asked for like all others', () => {
  expect(routeSecrets(epic('out'))).toEqual(['legacy']);
});
