import { createServer, type IncomingHttpHeaders } from 'node:http';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterEach, expect, test } from 'vitest';
import { createSimulator, type Simulator, type SimulatorOptions } from '../index.ts';
import type { Json } from '../testing/application.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

interface Call {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A CDS service of somebody else: answers what it is told to, and remembers what it was asked. */
class Service {
  readonly calls: Call[] = [];
  answer: (body: Json) => unknown = () => ({ cards: [] });
  status = 200;
  /** Never answers. */
  silent = false;
  url = '';

  static async open(): Promise<Service> {
    const service = new Service();
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const path = request.url ?? '';
      service.calls.push({ path, headers: request.headers, body });
      if (service.silent) return;
      response.statusCode = service.status;
      if (path === '/cds-services') return response.end(JSON.stringify(discovery));
      if (path.endsWith('/feedback')) return response.end();
      let asked: Json;
      try {
        asked = JSON.parse(body);
      } catch {
        response.statusCode = 400;
        return response.end();
      }
      const answer = service.answer(asked);
      return response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    service.url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
    opened.push({
      close: () => {
        server.closeAllConnections();
        return new Promise((resolve) => server.close(() => resolve()));
      },
    });
    return service;
  }

  get last(): Call & { asked: Json } {
    const call = this.calls.at(-1) as Call;
    return { ...call, asked: JSON.parse(call.body) };
  }
}

const discovery = {
  services: [
    {
      id: 'allergies',
      hook: 'patient-view',
      title: 'Allergies',
      prefetch: {
        patient: 'Patient/{{context.patientId}}',
        visits: 'Encounter?patient={{context.patientId}}',
        nobody: 'Patient/nobody',
      },
    },
    { id: 'imaging', hook: 'order-sign', title: 'Imaging' },
    { id: 'booking', hook: 'appointment-book', title: 'Booking' },
  ],
};

interface Site {
  readonly hospital: Simulator;
  readonly service: Service;
  admin(path: string, body?: unknown): Promise<Json>;
}

async function open(options: SimulatorOptions = {}): Promise<Site> {
  const service = await Service.open();
  const hospital = await createSimulator({
    now: Date.UTC(2026, 4, 12, 15),
    eventsPerMinute: 0,
    patients: 8,
    clients: [{ clientId: 'advice', jwksUrl: `${service.url}/keys`, launchUrl: 'https://app.test/launch' }],
    ...options,
  });
  opened.push(hospital);
  const admin = async (path: string, body?: unknown) => {
    const headers = { 'content-type': 'application/json' };
    const init = body === undefined ? {} : { method: 'POST', headers, body: JSON.stringify(body) };
    const response = await fetch(`${hospital.adminUrl}/cds${path}`, init);
    return response.json();
  };
  await admin('/discover', { url: service.url, clientId: 'advice', audience: 'https://advice.test' });
  return { hospital, service, admin };
}

/** Judges a caller as a careful service does. */
async function judge(hospital: Simulator, authorization: string | undefined): Promise<string> {
  const token = authorization?.replace('Bearer ', '');
  if (!token) return 'no token';
  const jku = `${hospital.url}/epic/api/epic/2019/Security/Open/PublicKeys/530013/530013`;
  if (decodeProtectedHeader(token).jku !== jku) return 'a jku that is not on the list';
  try {
    await jwtVerify(token, createRemoteJWKSet(new URL(jku)), {
      algorithms: ['RS384'],
      issuer: hospital.fhirBase,
      audience: 'https://advice.test',
      subject: 'advice',
    });
    return 'trusted';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

test('opening a chart calls the service as Epic does', async () => {
  const { hospital, service, admin } = await open();
  const [, patient] = hospital.patients();
  const [exchange] = await admin('/call', { hook: 'patient-view', patient: patient?.mrn });
  expect(exchange).toMatchObject({ outcome: 'answered', status: 200, shown: { cards: [] } });
  const { asked, headers, path } = service.last;
  expect(path).toBe('/cds-services/allergies');
  expect(asked).toMatchObject({ hook: 'patient-view', fhirServer: hospital.fhirBase });
  expect(asked.context.patientId).toBe(patient?.id);
  expect(asked.context.userId).toMatch(/^Practitioner\/e/);
  const extension = 'com.epic.cdshooks.request.bpa-trigger-action';
  expect(asked.extension[extension]).toBe('60');
  expect(await judge(hospital, headers.authorization)).toBe('trusted');
  const { iat, exp, nbf, jti } = decodeJwt(headers.authorization?.slice(7) ?? '') as Required<Json>;
  expect([exp - iat, iat - nbf, typeof jti]).toEqual([900, 300, 'string']);

  // What could be read is there; what could not has no key.
  expect(Object.keys(asked.prefetch).sort()).toEqual(['patient', 'visits']);
  expect(asked.prefetch.patient).toMatchObject({ resourceType: 'Patient', id: patient?.id });
  expect(asked.prefetch.visits.resourceType).toBe('Bundle');

  // The token in it reads what the client may read, for five minutes.
  expect(asked.fhirAuthorization).toMatchObject({ token_type: 'Bearer', expires_in: 300, subject: 'advice' });
  expect(asked.fhirAuthorization.scope).toContain('Patient.');
  const token = asked.fhirAuthorization.access_token;
  const read = () =>
    fetch(`${asked.fhirServer}/Patient/${patient?.id}`, { headers: { authorization: `Bearer ${token}` } });
  expect((await read()).status).toBe(200);
  // Nobody who looks at the admin API gets it.
  expect(JSON.stringify(await admin(''))).not.toContain(token);
});

test('signing orders shows the basket, and accepted advice changes it', async () => {
  const { service, admin } = await open();
  service.answer = ({ context }) => {
    const [order] = context.draftOrders.entry.map((each: Json) => each.resource);
    const remove = { type: 'delete', resourceId: `${order.resourceType}/${order.id}` };
    return {
      cards: [
        {
          uuid: 'card-1',
          summary: 'This patient had the same scan yesterday',
          indicator: 'warning',
          source: { label: 'Imaging advice' },
          selectionBehavior: 'any',
          suggestions: [{ label: 'Remove the order', uuid: 'take-out', actions: [remove] }],
          overrideReasons: [{ code: 'urgent', display: 'It is urgent', system: 'urn:reasons' }],
        },
        { summary: 'No uuid', indicator: 'info', source: { label: 'Imaging advice' } },
      ],
    };
  };
  const [exchange] = await admin('/call', { service: 'imaging', orders: ['head-ct', 'ibuprofen'] });
  const { context } = service.last.asked;
  expect(context.draftOrders.entry.map((each: Json) => each.resource.resourceType)).toEqual([
    'ServiceRequest',
    'MedicationRequest',
    'Medication',
  ]);
  expect(context.selections).toBeUndefined();
  expect(exchange.shown.cards).toHaveLength(2);

  const accepted = await admin('/feedback', {
    exchange: exchange.id,
    card: 'card-1',
    outcome: 'accepted',
    suggestion: 'take-out',
  });
  expect(accepted).toMatchObject({
    told: true,
    draft: [{ resourceType: 'MedicationRequest' }, { resourceType: 'Medication' }],
  });
  expect(service.last.path).toBe('/cds-services/imaging/feedback');
  expect(service.last.asked.feedback[0]).toMatchObject({
    card: 'card-1',
    outcome: 'accepted',
    acceptedSuggestions: [{ id: 'take-out' }],
  });
  await admin('/feedback', {
    exchange: exchange.id,
    card: '0',
    outcome: 'overridden',
    reason: 'urgent',
    comment: 'now',
  });
  expect(service.last.asked.feedback[0].overrideReasons).toMatchObject({
    reason: { code: 'urgent', system: 'urn:reasons' },
    userComment: 'now',
  });
  await admin('/feedback', { exchange: exchange.id, card: '0', outcome: 'overridden', reason: 'site-7' });
  expect(service.last.asked.feedback[0].overrideReasons.extension).toMatchObject({
    'com.epic.cdshooks.feedback.overrideReason.code': 'site-7',
  });
  // Without a uuid Epic tells nothing.
  const before = service.calls.length;
  expect(await admin('/feedback', { exchange: exchange.id, card: '1', outcome: 'overridden' })).toMatchObject(
    { told: false },
  );
  expect(service.calls).toHaveLength(before);

  await admin('/services', {
    id: 'imaging',
    hook: 'order-select',
    endpoint: `${service.url}/cds-services/imaging`,
    feedback: 'batched',
    draftOrders: true,
  });
  const [selected] = await admin('/call', { service: 'imaging', orders: ['warfarin'] });
  const [{ resource }] = service.last.asked.context.draftOrders.entry;
  expect(service.last.asked.context.selections).toEqual([`MedicationRequest/${resource.id}`]);
  const calls = service.calls.length;
  for (const card of ['0', '0'])
    await admin('/feedback', { exchange: selected.id, card, outcome: 'overridden' });
  expect(service.calls).toHaveLength(calls);
  await admin('/feedback/flush', {});
  expect(service.last.asked.feedback).toHaveLength(2);
});

test('of an answer is shown what Epic shows, with a word about the rest', async () => {
  const { service, admin, hospital } = await open();
  const card = { summary: 'S', indicator: 'info', source: { label: 'L' } };
  service.answer = () => ({
    cards: [{ ...card, links: [{ label: 'App', url: 'https://app.test/launch', type: 'smart' }] }],
  });
  const [single] = await admin('/call', { hook: 'patient-view' });
  expect(single.shown.cards[0].links[0].opensByItself).toBe(true);

  const annotate = { type: 'update', resource: { resourceType: 'ServiceRequest', id: 'x' } };
  service.answer = () => ({
    cards: [
      { ...card, summary: 'x'.repeat(200) },
      { ...card, indicator: 'hard-stop' },
      { summary: 'no source', indicator: 'info' },
      { ...card, suggestions: [{ label: 'a' }], selectionBehavior: 'at-most-one' },
      { ...card, links: [{ label: 'App', url: 'https://stranger.test/launch', type: 'smart' }] },
    ],
    systemActions: [annotate, { type: 'create', resource: { resourceType: 'Task' } }],
  });
  const [{ shown }] = await admin('/call', { hook: 'patient-view' });
  expect(shown.cards).toHaveLength(3);
  expect(shown.cards[0].summary).toHaveLength(140);
  expect(shown.cards.flatMap((each: Json) => [...each.suggestions, ...each.links])).toEqual([]);
  expect(shown.remarks).toHaveLength(6);
  expect(shown.systemActions).toEqual([annotate]);
  hospital.setBehaviour({ cdsSystemActions: false });
  const [older] = await admin('/call', { hook: 'patient-view' });
  expect(older.shown.systemActions).toEqual([]);
});

test('a service that is late, broken or gone shows nothing', async () => {
  const { service, admin } = await open();
  const outcome = async () => (await admin('/call', { service: 'allergies' }))[0].outcome;
  service.status = 500;
  expect(await outcome()).toBe('refused');
  service.status = 200;
  service.answer = () => '<html>';
  expect(await outcome()).toBe('unreadable');
  service.answer = () => ({ card: [] });
  expect(await outcome()).toBe('unreadable');
  service.silent = true;
  const endpoint = `${service.url}/cds-services/allergies`;
  await admin('/services', { id: 'allergies', hook: 'patient-view', endpoint, timeoutMs: 50 });
  expect(await outcome()).toBe('timeout');
  await admin('/services', { id: 'allergies', hook: 'patient-view', endpoint: 'http://127.0.0.1:1/x' });
  expect(await outcome()).toBe('unreachable');
});

test('a caller that cannot be trusted, in every way it can be', async () => {
  const { hospital, service, admin } = await open();
  const judged = async (token: string) => {
    await admin('/call', { service: 'allergies', misbehave: { token } });
    return judge(hospital, service.last.headers.authorization);
  };
  expect(await judged('missing')).toBe('no token');
  expect(await judged('expired')).toBe('ERR_JWT_EXPIRED');
  expect(await judged('not-yet')).toBe('ERR_JWT_CLAIM_VALIDATION_FAILED');
  expect(await judged('wrong-audience')).toBe('ERR_JWT_CLAIM_VALIDATION_FAILED');
  expect(await judged('wrong-issuer')).toBe('ERR_JWT_CLAIM_VALIDATION_FAILED');
  expect(await judged('wrong-key')).toBe('ERR_JWKS_NO_MATCHING_KEY');
  expect(await judged('wrong-jku')).toBe('a jku that is not on the list');
  expect(await judged('unsigned')).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
  // The stranger's key is published and good: only a list of addresses tells it from the hospital's.
  const header = decodeProtectedHeader(
    await (async () => {
      await judged('wrong-jku');
      return service.last.headers.authorization?.slice(7) ?? '';
    })(),
  );
  const strange = createRemoteJWKSet(new URL(header.jku as string));
  await expect(jwtVerify(service.last.headers.authorization?.slice(7) ?? '', strange)).resolves.toBeDefined();

  await admin('/call', { service: 'allergies' });
  const good = service.last.headers.authorization;
  expect(await judge(hospital, good)).toBe('trusted');
  await admin('/call', { service: 'allergies', misbehave: { token: 'replayed' } });
  expect(service.last.headers.authorization).toBe(good);
  await admin('/keys', { keepEarlier: false });
  await admin('/call', { service: 'allergies' });
  expect(await judge(hospital, service.last.headers.authorization)).toBe('trusted');
  expect(await judge(hospital, good)).toBe('ERR_JWKS_NO_MATCHING_KEY');

  const bent = async (misbehave: unknown) => {
    await admin('/call', { service: 'allergies', misbehave });
    return service.calls.at(-1) as Call;
  };
  expect(JSON.parse((await bent({ withoutPrefetch: ['visits'] })).body).prefetch.visits).toBeUndefined();
  expect(JSON.parse((await bent({ withoutPrefetch: ['all'] })).body).prefetch).toBeUndefined();
  const stripped = JSON.parse((await bent({ stripped: true })).body);
  expect([stripped.prefetch, stripped.fhirAuthorization]).toEqual([undefined, undefined]);
  const truncated = await bent({ truncated: true });
  expect(() => JSON.parse(truncated.body)).toThrow();
  const dead = JSON.parse((await bent({ deadAuthorization: true })).body);
  const authorization = `Bearer ${dead.fhirAuthorization.access_token}`;
  expect(
    (await fetch(`${hospital.fhirBase}/Patient/${dead.context.patientId}`, { headers: { authorization } }))
      .status,
  ).toBe(401);
  expect((await admin('/call', { service: 'allergies', misbehave: { token: 'rude' } })).error).toContain(
    'must be one of',
  );
});

test('what a hospital refuses to build in or to call', async () => {
  const { admin, hospital, service } = await open();
  const found = await admin('/discover', { url: `${service.url}/cds-services` });
  expect(found.built).toHaveLength(2);
  expect(found.left).toEqual([{ id: 'booking', reason: 'Epic has no hook appointment-book' }]);
  const endpoint = 'https://x.test';
  expect((await admin('/services', { hook: 'encounter-start', endpoint })).error).toContain(
    'Epic has no other',
  );
  expect((await admin('/call', { service: 'nothing' })).error).toContain('no service of this id');
  expect((await admin('/call', { hook: 'order-select' })).error).toContain('for this hook');
  expect((await admin('/call', { hook: 'order-sign', orders: ['leeches'] })).error).toContain(
    'leeches is not among',
  );
  hospital.setBehaviour({ cdsHooks: false });
  expect((await admin('/call', { hook: 'patient-view' })).error).toContain('switch cdsHooks');
});

test('the page shows cards and takes reactions; what a service writes is no HTML there', async () => {
  const { service, admin, hospital } = await open();
  const evil = '<script>alert(1)</script>';
  service.answer = () => ({
    cards: [
      {
        uuid: 'u',
        summary: `Look ${evil}`,
        detail: '**bold**',
        indicator: 'critical',
        source: { label: 'Advice' },
      },
    ],
  });
  const page = () => fetch(`${hospital.adminUrl}/cds/page`).then((response) => response.text());
  expect(await page()).toContain('allergies (patient-view)');
  const submit = (path: string, fields: Record<string, string>) =>
    fetch(`${hospital.adminUrl}/cds/page/${path}`, {
      method: 'POST',
      body: new URLSearchParams(fields),
      redirect: 'manual',
    });
  expect((await submit('call', { service: 'allergies', patient: '' })).status).toBe(303);
  const html = await page();
  expect(html).toContain('class="card critical"');
  expect(html).not.toContain('<script');
  const { exchanges } = await admin('');
  expect(
    (await submit('feedback', { exchange: exchanges[0].id, card: '0', outcome: 'overridden' })).status,
  ).toBe(303);
  expect((await admin('')).feedback.sent[0]).toMatchObject({ service: 'allergies', status: 200 });
});
