import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type CdsTrust,
  createCdsVerifier,
  createHttp,
  type Http,
  usualLimits,
} from '../../src/fhir/index.ts';
import { createSimulator, type Simulator } from '../../src/simulator/index.ts';
import type { Json } from '../../src/simulator/testing/application.ts';
import { systemClock } from '../../src/std/index.ts';

/** Suture's judgement of callers against the hospital's CDS Hooks client, honest and not. */
let hospital: Simulator;
let http: Http;
let service: Server;
let trust: CdsTrust;
let heard: string | undefined;

const admin = async (path: string, body: unknown): Promise<Json> => {
  const response = await fetch(`${hospital.adminUrl}/cds${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return response.json();
};

beforeAll(async () => {
  hospital = await createSimulator({ patients: 2, eventsPerMinute: 0 });
  http = createHttp(systemClock, usualLimits);
  service = createServer((request, response) => {
    heard = request.headers.authorization?.replace('Bearer ', '');
    request.resume();
    response.end('{"cards":[]}');
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(service.address() as { port: number }).port}/cds-services/advice`;
  await admin('/services', { id: 'advice', hook: 'patient-view', endpoint });
  const keys = `${hospital.url}/epic/api/epic/2019/Security/Open/PublicKeys/530013/530013`;
  trust = { issuer: hospital.fhirBase, keySets: [keys], audience: [endpoint] };
});
afterAll(async () => {
  service.closeAllConnections();
  await new Promise((resolve) => service.close(resolve));
  await http.close();
  await hospital.close();
});

test('an honest call is believed once, and every dishonest one is told for what it is', async () => {
  const verifier = createCdsVerifier({ http, clock: systemClock });
  const judged = async (token?: string) => {
    const [exchange] = await admin('/call', {
      service: 'advice',
      ...(token ? { misbehave: { token } } : {}),
    });
    expect(exchange.outcome).toBe('answered');
    return verifier.verify(heard, trust);
  };
  expect(await judged()).toBeNull();
  expect(await judged('replayed')).toBe('replayed');
  expect(await judged('missing')).toBe('no token');
  expect(await judged('expired')).toBe('time');
  expect(await judged('not-yet')).toBe('time');
  expect(await judged('wrong-audience')).toBe('audience');
  expect(await judged('wrong-issuer')).toBe('issuer');
  expect(await judged('wrong-jku')).toBe('key set');
  expect(await judged('wrong-key')).toBe('signature');
  expect(await judged('unsigned')).toBe('algorithm');
  expect(await judged()).toBeNull();
});
