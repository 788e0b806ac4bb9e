/**
 * `npm run bench:fhir`: reads and searches through the FHIR client (token, budget, limits, parsing, checks), beside a bare undici
 * Pool that fetches the same bytes and parses them, in turn in the same run. Options: --requests N, --rounds N, --together N (under
 * way at once), --json. Bar: reads at 70 % of the bare pool.
 */
import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { usage } from '../scripts/usage.ts';
import { siteBudget } from '../src/engine/budget.ts';
import { createFhirClient } from '../src/fhir/index.ts';
import { systemClock } from '../src/std/index.ts';

usage(import.meta.filename);

/** About 3 KB, as a hospital's Patient is. */
const patient = (id: string): object => ({
  resourceType: 'Patient',
  id,
  active: true,
  identifier: Array.from({ length: 9 }, (_, index) => ({
    use: 'usual',
    type: { text: `TYPE${index}` },
    system: `urn:oid:1.2.840.114350.1.13.0.1.7.5.737384.${index}`,
    value: `Z${6_000 + index}`,
  })),
  name: ['official', 'usual'].map((use) => ({
    use,
    text: 'Alder Example',
    family: 'Example',
    given: ['Alder'],
  })),
  telecom: [1, 2, 3].map((rank) => ({ system: 'phone', value: `608-555-000${rank}`, use: 'home', rank })),
  address: [
    {
      use: 'home',
      line: ['1 Example Way'],
      city: 'Madison',
      state: 'WI',
      postalCode: '53703',
      period: { start: '2020-01-01' },
    },
  ],
  extension: Array.from({ length: 5 }, (_, index) => ({
    url: `http://example.org/StructureDefinition/one-of-many-${index}`,
    valueCodeableConcept: {
      coding: [
        { system: 'urn:oid:1.2.840.114350.1.13.0.1.7.10.698084.130', code: `${index}`, display: 'Something' },
      ],
    },
  })),
});
const bundle = {
  resourceType: 'Bundle',
  type: 'searchset',
  total: 20,
  link: [{ relation: 'self', url: '/R4/Patient?_id=p0' }],
  entry: Array.from({ length: 20 }, (_, index) => ({
    resource: patient(`p${index}`),
    search: { mode: 'match' },
  })),
};

async function serveAlone(): Promise<void> {
  const [one, many] = [JSON.stringify(patient('p0')), JSON.stringify(bundle)];
  const server = createServer((request, response) => {
    const body = request.url?.includes('?') ? many : one;
    response.writeHead(200, {
      'content-type': 'application/fhir+json',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
  process.on('disconnect', () => process.exit(0));
}

async function many(count: number, together: number, once: () => Promise<unknown>): Promise<number> {
  let left = count;
  const from = performance.now();
  await Promise.all(
    Array.from({ length: together }, async () => {
      while (left-- > 0) await once();
    }),
  );
  return count / ((performance.now() - from) / 1_000);
}

const middle = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

async function measure(): Promise<void> {
  const { values } = parseArgs({
    options: {
      requests: { type: 'string', default: '4000' },
      rounds: { type: 'string', default: '7' },
      together: { type: 'string', default: '16' },
      json: { type: 'boolean', default: false },
    },
  });
  const [requests, rounds, together] = [
    Number(values.requests),
    Number(values.rounds),
    Number(values.together),
  ];
  const child = fork(import.meta.filename, ['serve']);
  const port = await new Promise<number>((resolve) =>
    child.once('message', (said) => resolve(said as number)),
  );
  const origin = `http://127.0.0.1:${port}`;
  const { signal } = new AbortController();
  const budget = siteBudget(systemClock, 10_000_000);
  const client = createFhirClient({
    baseUrl: `${origin}/R4`,
    clock: systemClock,
    tokens: { get: async () => 'token', invalidate: () => undefined, granted: () => undefined },
    watch: { before: (stop) => budget.take(stop), after: ({ ms }) => budget.answered?.(ms) },
  });
  const pool = new Pool(origin, { connections: 16, pipelining: 1 });
  const headers = { accept: 'application/fhir+json', authorization: 'Bearer token' };
  const bare = async (path: string): Promise<unknown> => {
    const { body } = await pool.request({ path, method: 'GET', headers, signal });
    return JSON.parse(await body.text());
  };
  const ways: Readonly<
    Record<
      string,
      { readonly count: number; readonly ours: () => Promise<unknown>; readonly bare: () => Promise<unknown> }
    >
  > = {
    read: {
      count: requests,
      ours: () => client.read('Patient', 'p0', signal),
      bare: () => bare('/R4/Patient/p0'),
    },
    'search of 20': {
      count: Math.ceil(requests / 8),
      ours: () => client.searchAll('Patient', { name: 'example' }, signal),
      bare: () => bare('/R4/Patient?name=example'),
    },
  };
  const results: Record<string, { client: number; pool: number; part: number }> = {};
  for (const [name, { count, ours, bare: without }] of Object.entries(ways)) {
    const [through, beside]: [number[], number[]] = [[], []];
    for (let round = -1; round < rounds; round++) {
      const [a, b] = [await many(count, together, ours), await many(count, together, without)];
      // The first is to get warm.
      if (round < 0) continue;
      through.push(a);
      beside.push(b);
    }
    const part = middle(through.map((rate, index) => rate / (beside[index] as number)));
    results[name] = {
      client: Math.round(middle(through)),
      pool: Math.round(middle(beside)),
      part: Number(part.toFixed(3)),
    };
  }
  if (values.json) process.stdout.write(`${JSON.stringify(results)}\n`);
  else {
    for (const [name, { client: rate, pool: other, part }] of Object.entries(results)) {
      process.stdout.write(
        `${name.padEnd(14)} ${rate}/s through the client, ${other}/s by a bare pool: ${(part * 100).toFixed(1)} %\n`,
      );
    }
  }
  await Promise.all([client.close(), pool.destroy()]);
  child.disconnect();
}

await (process.argv[2] === 'serve' ? serveAlone() : measure());
