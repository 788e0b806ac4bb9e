/**
 * `npm run bench:cds`: a CDS service over HTTP whose flow reads what was prefetched and answers with a card, called by a
 * hospital that signs every call. Prints calls a second and the time to the answer; the promise is p99 below 100 ms.
 * Options: --calls N, --parallel N.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { importJWK, SignJWT } from 'jose';
import { usage } from '../scripts/usage.ts';
import { createApi } from '../src/api/index.ts';
import { createEngine } from '../src/engine/index.ts';
import { makeSigningKey } from '../src/fhir/index.ts';
import { cds, flow } from '../src/flow/index.ts';
import { siteSchema } from '../src/site/index.ts';
import { secret, systemClock } from '../src/std/index.ts';
import { openSqliteStore } from '../src/store/index.ts';

usage(import.meta.filename);

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const { values } = parseArgs({
  options: { calls: { type: 'string', default: '3000' }, parallel: { type: 'string', default: '8' } },
});
const calls = Number(values.calls);
const parallel = Number(values.parallel);

const key = await makeSigningKey('RS384');
const hospital = createServer((_request, response) =>
  response.end(JSON.stringify({ keys: [key.publicJwk] })),
);
await new Promise<void>((resolve) => hospital.listen(0, '127.0.0.1', resolve));
const base = `http://127.0.0.1:${(hospital.address() as AddressInfo).port}`;
const audience = 'https://suture.example/cds-services/follow-up';

const folder = mkdtempSync(join(tmpdir(), 'suture-bench-cds-'));
const store = await openSqliteStore({ folder, masterKey: Buffer.alloc(32, 7), clock: systemClock });
const engine = createEngine({
  store,
  sites: [
    siteSchema.parse({
      site: 'mercy',
      name: 'Mercy',
      environment: 'sandbox',
      ehr: { vendor: 'epic' },
      timeZone: 'America/Chicago',
      identifiers: { mrn: { system: 'urn:oid:1.2.3' } },
      connections: {
        cds: { connector: 'cds', issuer: `${base}/fhir`, keys: [`${base}/keys`], audience: [audience] },
      },
    }),
  ],
  flows: [
    flow('follow-up-card')
      .on(
        cds.patientView({
          service: 'follow-up',
          description: 'Reminds of an open follow-up.',
          prefetch: {
            patient: 'Patient/{{context.patientId}}',
            results: 'Observation?patient={{context.patientId}}&category=laboratory',
          },
        }),
      )
      .map('about', {
        born: 'event.prefetch.patient.birthDate',
        last: 'event.prefetch.results.entry[0].resource.status',
      })
      .respond('cards', [
        {
          when: { path: 'event.prefetch.patient.gender', exists: true },
          card: {
            summary: { value: 'A follow-up is open' },
            indicator: { value: 'info' },
            'source.label': { value: 'Follow-up list' },
            detail: 'about.born',
          },
        },
      ]),
  ],
  clock: systemClock,
  keyedHash: store.keyedHash,
  log: () => undefined,
});
const api = await createApi({ engine, clock: systemClock, port: 0, cliToken: secret() });
await engine.start();

/** About 20 KB, as charts that are sent along are. */
const results = Array.from({ length: 40 }, (_each, at) => ({
  resource: {
    resourceType: 'Observation',
    id: `o${at}`,
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '2345-7', display: 'Glucose' }] },
    subject: { reference: 'Patient/e1' },
    effectiveDateTime: '2026-11-20T10:00:00Z',
    valueQuantity: { value: 90 + at, unit: 'mg/dL', system: 'http://unitsofmeasure.org', code: 'mg/dL' },
  },
}));
const body = JSON.stringify({
  hook: 'patient-view',
  hookInstance: '8a7f1c1e-0000-4000-8000-000000000001',
  fhirServer: `${base}/fhir`,
  fhirAuthorization: {
    access_token: 'a-token',
    token_type: 'Bearer',
    expires_in: 300,
    scope: 'Patient.Read',
  },
  context: { patientId: 'e1', userId: 'Practitioner/u1' },
  prefetch: {
    patient: { resourceType: 'Patient', id: 'e1', birthDate: '1961-04-12', gender: 'female' },
    results: { resourceType: 'Bundle', type: 'searchset', entry: results },
  },
});
const signing = await importJWK(key.privateJwk, 'RS384');
const sign = (jti: string): Promise<string> =>
  new SignJWT({ iss: `${base}/fhir`, aud: audience, sub: 'client', jti })
    .setProtectedHeader({ alg: 'RS384', kid: key.kid, jku: `${base}/keys`, typ: 'JWT' })
    .setIssuedAt()
    .setExpirationTime('15m')
    .sign(signing);

const times: number[] = [];
let cards = 0;
async function hand(tokens: readonly string[]): Promise<void> {
  for (const token of tokens) {
    const from = performance.now();
    const answer = await fetch(`${api.url}/cds-services/follow-up`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body,
    });
    const said = (await answer.json()) as { cards?: readonly unknown[] };
    times.push(performance.now() - from);
    cards += said.cards?.length ?? 0;
  }
}
const tokensOf = (name: string, many: number): Promise<string[]> =>
  Promise.all(Array.from({ length: many }, (_each, at) => sign(`${name}-${at}`)));

await hand(await tokensOf('warm', 50));
// Signed before: the hospital's work is not what is measured.
const tokens = await tokensOf('call', calls);
times.length = 0;
cards = 0;
const started = performance.now();
await Promise.all(
  Array.from({ length: parallel }, (_each, at) =>
    hand(tokens.filter((_token, index) => index % parallel === at)),
  ),
);
const seconds = (performance.now() - started) / 1_000;
times.sort((a, b) => a - b);
const at = (share: number): string =>
  (times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0).toFixed(1);
say(
  `${calls} calls of ${Math.round(body.length / 1024)} KB, ${parallel} at once: ${Math.round(calls / seconds)}/s, ` +
    `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms; ${cards} cards`,
);
await engine.stop();
await api.close();
const kept = (await store.exchanges({ limit: 1 })).rows[0];
say(`kept: ${kept?.outcome} (${kept?.ms} ms)`);
await store.close();
hospital.closeAllConnections();
hospital.close();
rmSync(folder, { recursive: true, force: true });
