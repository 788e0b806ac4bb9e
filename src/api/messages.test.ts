import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Failure } from '../std/index.ts';
import { appointment, CANARY, HOSTILE } from './hospital.fixture.ts';
import { CLI_TOKEN, START, startServer, type TestServer, type Visitor } from './server.fixture.ts';
import type {
  AuditPage,
  DeadPage,
  Home,
  LanesAnswer,
  MessageDetail,
  MessagePage,
  MessageSearch,
  Revealed,
  ScannedPage,
  ServiceAnswer,
} from './types.ts';

describe('a hospital seen through the API', () => {
  let server: TestServer;
  let viewer: Visitor;
  let operator: Visitor;
  beforeAll(async () => {
    server = await startServer({ messages: 30 });
    viewer = await server.as('viewer');
    operator = await server.as('operator');
  });
  afterAll(() => server.close());

  const search = async (body: MessageSearch): Promise<MessagePage> => {
    const { status, body: page } = await viewer.post<MessagePage>('/api/messages/search', body);
    expect(status).toBe(200);
    return page;
  };
  const idOf = async (controlId: string): Promise<string> =>
    (await search({ controlId })).rows[0]?.id as string;
  const audit = async (): Promise<AuditPage['rows']> =>
    (await operator.get<AuditPage>('/api/audit?limit=500')).body.rows;

  test('home shows every feed with its counters, and totals that are their sum', async () => {
    const { body: home } = await viewer.get<Home>('/api/home');
    const feed = home.feeds.find((one) => one.site === 'mercy' && one.connection === 'adt-in');
    expect(feed).toMatchObject({ connector: 'mllp', address: '127.0.0.1:6661', state: 'running', noise: 2 });
    expect(feed?.counters.received).toBe(31);
    expect(feed?.receivedPerMinute).toHaveLength(60);
    expect(feed?.lastReceivedAt).toBeLessThanOrEqual(START);
    expect(home.feeds.find((one) => one.connection === 'scheduling-in')).toMatchObject({ state: 'paused' });
    expect(home.feeds.map((one) => one.connection)).not.toContain('care-app');
    expect(home.destinations.map((one) => one.connection).sort()).toEqual(['care-app', 'epic']);
    expect(home.totals.received).toBe(home.feeds.reduce((sum, one) => sum + one.counters.received, 0));
    expect(home.store).toEqual({ state: 'ready' });
    // What flows promise and do not keep is told with it; what is kept has a list of its own.
    expect(home.broken.map(({ site, flow, code }) => [site, flow, code])).toEqual([
      ['mercy', 'admissions', 'FLOW_SILENT'],
    ]);
    const { body: all } = await viewer.get<ServiceAnswer>('/api/service');
    expect(all.service.map(({ flow, state }) => `${flow} ${state}`)).toEqual([
      'admissions broken',
      'reminders kept',
    ]);
    expect(home.flows.map((flow) => flow.trigger)).toEqual(['HL7 ADT^A0*', 'Appointment created, updated']);
  });

  test('every counter of home opens a list of just as many messages', async () => {
    const { body: home } = await viewer.get<Home>('/api/home');
    for (const counter of ['filtered', 'queued', 'sent', 'errored'] as const) {
      const { rows } = await search({ counter, limit: 500 });
      expect([counter, rows.length]).toEqual([counter, home.totals[counter]]);
    }
    expect((await search({ limit: 500 })).rows).toHaveLength(home.totals.received);
  });

  test('pages by key, over one question and over several merged', async () => {
    for (const body of [
      {},
      { counter: 'sent' },
      { counter: 'errored' },
      { patient: `${CANARY}-MRN-1` },
    ] as MessageSearch[]) {
      const whole = (await search({ ...body, limit: 500 })).rows.map((row) => row.id);
      const paged: string[] = [];
      let before: string | null = null;
      do {
        const page: MessagePage = await search({ ...body, limit: 1, ...(before === null ? {} : { before }) });
        paged.push(...page.rows.map((row) => row.id));
        before = page.before;
      } while (before !== null);
      expect(paged).toEqual(whole);
      expect(new Set(paged).size).toBe(paged.length);
    }
  });

  test('finds by control id, type, place, state, flow and time', async () => {
    expect((await search({ controlId: 'MERCY105' })).rows).toHaveLength(1);
    expect((await search({ type: 'ADT^A0*', limit: 500 })).rows).toHaveLength(30);
    expect((await search({ type: 'Appointment' })).rows[0]?.connection).toBe('epic');
    expect((await search({ site: 'lakeside' })).rows.map((row) => row.state)).toEqual(['rejected']);
    expect((await search({ state: 'unrouted' })).rows.map((row) => row.type)).toEqual(['ORU^R01']);
    expect((await search({ flow: 'appointment-reminder' })).rows).toHaveLength(1);
    expect((await search({ from: START - 90_000 })).rows.length).toBeLessThan((await search({})).rows.length);
    expect((await search({ to: START - 3_600_000 })).rows).toEqual([]);
  });

  test('finds a patient by identifier, and records that someone asked, without it', async () => {
    const { rows } = await search({ patient: `${CANARY}-MRN-1` });
    expect(rows.map((row) => row.type).sort()).toEqual(['ADT^A08', 'Appointment']);
    expect((await search({ patient: 'nobody' })).rows).toEqual([]);
    const asked = (await audit()).filter((row) => row.act === 'patient.search');
    expect(asked[0]).toMatchObject({ who: 'viewer', on: 'messages' });
    expect(JSON.stringify(await audit())).not.toContain(CANARY);
  });

  test('finds by family name and date of birth, recorded without them', async () => {
    expect((await search({ person: { family: 'nobody', born: '1984-03-09' } })).rows).toEqual([]);
    expect((await audit()).find((row) => row.act === 'patient.search')?.facts).toMatchObject({
      by: 'name and birth date',
      found: 0,
    });
    const { status } = await viewer.post('/api/messages/search', { person: { family: 'x', born: 'soon' } });
    expect(status).toBe(400);
  });

  test('free text: for operators, within a time, recorded by its length alone', async () => {
    const scan = { text: `${CANARY.toLowerCase()}-mrn-1`, from: START - 86_400_000, to: START + 86_400_000 };
    expect((await viewer.post('/api/messages/scan', scan)).status).toBe(403);
    expect((await operator.post('/api/messages/scan', { text: scan.text })).status).toBe(400);
    const { status, body } = await operator.post<ScannedPage>('/api/messages/scan', scan);
    expect(status).toBe(200);
    expect(body.rows.length).toBeGreaterThan(0);
    expect(body.looked).toBeGreaterThan(body.rows.length);
    const sent = await operator.post<ScannedPage>('/api/messages/scan', { ...scan, counter: 'queued' });
    expect(sent.body.rows.length).toBeLessThan(body.rows.length);
    const [, entry] = (await audit()).filter((row) => row.act === 'message.scan');
    expect(entry).toMatchObject({
      who: 'operator',
      facts: { textLength: scan.text.length, looked: body.looked, found: body.rows.length },
    });
    expect(JSON.stringify(await audit()).toLowerCase()).not.toContain(CANARY.toLowerCase());
  });

  test('a copy of the folder is made for the command line, not for a signed-in browser', async () => {
    const { status, text } = await operator.post('/api/backup', { to: '/nowhere' });
    expect([status, text.includes('suture backup')]).toEqual([403, true]);
  });

  test('a wrong question is refused without repeating what was typed', async () => {
    for (const body of [
      { state: CANARY },
      { limit: CANARY },
      { [CANARY]: 1 },
      { before: `${CANARY} x` },
      { from: -1 },
    ]) {
      const { status, text } = await viewer.post('/api/messages/search', body);
      expect(status).toBe(400);
      expect(text).not.toContain(CANARY);
    }
    const broken = {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
      body: `{"a": ${CANARY}`,
    };
    const response = await viewer.fetch('/api/messages/search', broken);
    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain(CANARY);
  });

  test('until it is revealed, a message shows its shape: what is filled, routing in clear, nothing of a patient', async () => {
    const { body } = await viewer.get<MessageDetail>(`/api/messages/${await idOf('MERCY110')}`);
    expect(body.structure.kind).toBe('hl7');
    if (body.structure.kind !== 'hl7') return;
    const [msh] = body.structure.segments;
    const pid = body.structure.segments.find((segment) => segment.id === 'PID');
    expect(msh?.fields.find((field) => field.path === 'MSH-10')).toMatchObject({
      name: 'Message Control ID',
      raw: 'MERCY110',
    });
    expect(pid?.fields.map((field) => field.path)).toEqual([
      'PID-1',
      'PID-3',
      'PID-5',
      'PID-7',
      'PID-8',
      'PID-11',
      'PID-13',
    ]);
    expect(pid?.fields.every((field) => field.raw === null && field.parts.length === 0)).toBe(true);
    expect(pid?.fields[2]?.name).toBe('Patient Name');
    expect(body.structure.segments.find((segment) => segment.id === 'ZPD')?.name).toBe('site-defined');
    expect(body.answered).toBe('Acknowledged with AA, after it was on disk.');
  });

  test('no unrevealed answer of any route holds a patient value', async () => {
    const rows = (await search({ limit: 500 })).rows;
    const asked = [
      '/api/home',
      '/api/connections',
      '/api/dead',
      '/api/audit',
      '/metrics',
      '/readyz',
      '/api/me',
    ];
    const answers = [JSON.stringify(rows)];
    for (const path of [...asked, ...rows.map((row) => `/api/messages/${row.id}`)]) {
      const { status, text } = await operator.get(path);
      expect([path, status]).toEqual([path, 200]);
      answers.push(text);
    }
    answers.push((await operator.post('/api/connections/mercy/epic/test')).text);
    for (const text of answers) {
      expect(text).not.toContain(CANARY);
      expect(text).not.toContain('19610412');
      expect(text).not.toContain('Springfield');
    }
    expect(server.logged.join('\n')).not.toContain(CANARY);
  });

  test('a line that is no segment does not show its first letters', async () => {
    const rejected = (await search({ state: 'rejected' })).rows[0]?.id;
    const { text, body } = await viewer.get<MessageDetail>(`/api/messages/${rejected}`);
    expect(text).not.toMatch(/CAN|SMI/);
    expect(body.answered).toBe('Refused with AR: It has no usable MSH segment.');
  });

  test('a FHIR resource is masked by element; JSON of strangers is not shown at all', async () => {
    const polled = (await search({ connection: 'epic' })).rows[0]?.id;
    const { body } = await viewer.get<MessageDetail>(`/api/messages/${polled}`);
    expect(body.structure).toMatchObject({
      kind: 'json',
      value: { resourceType: 'Appointment', status: '•••', participant: [{ actor: { display: '•••' } }] },
    });
    const foreign = {
      ...JSON.parse(appointment('a2', START).toString()),
      [`${CANARY} Smith`]: { [CANARY]: 1 },
    };
    await server.store.append({
      site: 'lakeside',
      connection: 'lab-hook',
      messages: (['fhir', 'json'] as const).map((format) => ({
        door: 'webhook',
        format,
        type: format,
        controlId: format,
        receivedAt: START,
        state: 'accepted',
        reason: null,
        flags: [],
        bytes: Buffer.from(JSON.stringify(foreign)),
        patients: [],
        deliveries: [],
      })),
    });
    for (const format of ['fhir', 'json']) {
      const { text, body: detail } = await viewer.get<MessageDetail>(`/api/messages/${await idOf(format)}`);
      expect(text).not.toContain(CANARY);
      expect(detail.structure.kind).toBe(format === 'json' ? 'opaque' : 'json');
    }
  });

  test('revealing gives everything and leaves an entry that names who, what and when, not the content', async () => {
    const dead = (await search({ state: 'dead' })).rows[0]?.id as string;
    const { status, body } = await operator.post<Revealed>(`/api/messages/${dead}/reveal`, {
      what: 'content',
    });
    expect(status).toBe(200);
    expect(body.text).toContain(`${CANARY}-MRN`);
    expect(body.fhir).toMatchObject({ patient: { birthDate: '1961-04-12' } });
    const [delivery] = body.deliveries;
    expect(delivery?.attempts[0]?.detail).toContain('birth date of');
    expect(delivery?.trace?.entries.map((entry) => entry.state)).toEqual(['done', 'done', 'failed']);
    expect(delivery?.steps[0]?.output).toMatchObject({ name: `${CANARY}-OUTPUT` });
    if (body.structure.kind === 'hl7') {
      const pid = body.structure.segments.find((segment) => segment.id === 'PID');
      expect(pid?.fields[1]?.parts.map((part) => part.path)).toContain('PID-3[2].5');
    }
    const [entry] = await audit();
    expect(entry).toMatchObject({ who: 'operator', act: 'message.reveal', on: `message ${dead}`, at: START });
    expect(entry?.facts).toEqual({ what: 'content', site: 'mercy', connection: 'adt-in' });
    expect((await viewer.post(`/api/messages/${dead}/reveal`, { what: 'content' })).status).toBe(403);
    expect((await operator.post(`/api/messages/${dead}/reveal`, {})).status).toBe(400);
  });

  test('the bytes come as they were received, and that is recorded too', async () => {
    const id = await idOf('MERCY101');
    const cli = server.visitor({ authorization: `Bearer ${CLI_TOKEN}` });
    const response = await cli.fetch(`/api/messages/${id}/raw`);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(response.headers.get('content-disposition')).toContain('attachment');
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(bytes.equals(Buffer.from((await server.store.payload(id)) as Uint8Array))).toBe(true);
    expect((await audit())[0]).toMatchObject({ who: 'cli', act: 'message.reveal', facts: { what: 'raw' } });
  });

  test('what cannot be recorded is not shown', async () => {
    const id = await idOf('MERCY101');
    const record = server.store.audit;
    const full = new Failure({
      code: 'STORE_FULL',
      kind: 'unreachable',
      message: 'The disk is full.',
      fix: 'Free space.',
    });
    (server.store as { audit: unknown }).audit = () => Promise.reject(full);
    try {
      for (const answer of [
        await operator.post(`/api/messages/${id}/reveal`, { what: 'content' }),
        await operator.get(`/api/messages/${id}/raw`),
        await viewer.post('/api/messages/search', { patient: `${CANARY}-MRN-1` }),
      ]) {
        expect(answer.status).toBe(503);
        expect(answer.text).not.toContain(CANARY);
        expect(answer.text).toContain('API_STORE_FAILING');
      }
    } finally {
      (server.store as { audit: unknown }).audit = record;
    }
  });

  test('a name that is markup is only text, in JSON that no browser takes for a page', async () => {
    const id = await idOf('MERCY128');
    const response = await operator.fetch(`/api/messages/${id}/reveal`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
      body: '{"what":"content"}',
    });
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(((await response.json()) as Revealed).text).toContain(HOSTILE);
  });

  test('dead letters are listed with their failure, and are replayed or released with a reason', async () => {
    const { body: dead } = await viewer.get<DeadPage>('/api/dead?code=WEBHOOK_REFUSED');
    const id = dead.rows[0]?.delivery.id as string;
    expect(dead.rows[0]?.delivery.failure?.fix).toContain('Compare the body');
    expect((await operator.post('/api/replay', { deliveryIds: [id] })).status).toBe(400);
    expect((await operator.post('/api/replay', { deliveryIds: [id], reason: '  ' })).status).toBe(400);
    expect((await viewer.post('/api/replay', { deliveryIds: [id], reason: 'fixed there' })).status).toBe(403);
    expect(server.engine.replayed).toEqual([]);
    const again = await operator.post<{ deliveryIds: string[] }>('/api/replay', {
      deliveryIds: [id],
      fromStep: 'notify',
      reason: 'fixed there',
    });
    expect(again.body.deliveryIds).toHaveLength(1);
    expect(server.engine.replayed).toEqual([
      { deliveryIds: [id], fromStep: 'notify', who: 'operator', reason: 'fixed there' },
    ]);

    const held = (await search({ state: 'held' })).rows[0]?.id;
    const detail = (await viewer.get<MessageDetail>(`/api/messages/${held}`)).body;
    const heldId = detail.deliveries[0]?.delivery.id as string;
    expect(detail.deliveries[0]?.plan?.map((step) => step.id)).toEqual(['inpatient', 'contact', 'notify']);
    const released = await operator.post('/api/release', {
      deliveryIds: [heldId],
      to: 'waiting',
      reason: 'it never arrived',
    });
    expect(released.body).toEqual({ released: 1 });
    expect((await audit()).slice(0, 2).map((row) => row.act)).toEqual([
      'delivery.release',
      'delivery.replay',
    ]);
  });

  test('a delivery of another version of its flow shows no plan', async () => {
    const polled = (await search({ type: 'Appointment' })).rows[0]?.id;
    expect((await viewer.get<MessageDetail>(`/api/messages/${polled}`)).body.deliveries[0]?.plan).toBeNull();
  });

  test('a connection is tested on demand, and says what to do first', async () => {
    const { body } = await operator.post('/api/connections/mercy/epic/test');
    expect(body).toEqual({
      results: [
        { check: 'route', ok: true, text: 'The host answers.', fix: null },
        {
          check: 'sign-in',
          ok: false,
          text: 'The key is not accepted.',
          fix: 'Register the key at the app.',
        },
      ],
    });
    expect((await operator.post('/api/connections/mercy/nothing/test')).status).toBe(404);
  });

  test('a connection is resumed by a person with a reason', async () => {
    const path = '/api/connections/mercy/care-app/resume';
    expect((await operator.post(path, { reason: 'the secret was renewed' })).body).toEqual({ resumed: true });
    expect(server.engine.resumed).toEqual([
      { site: 'mercy', connection: 'care-app', who: 'operator', reason: 'the secret was renewed' },
    ]);
    expect((await operator.post(path, { reason: '' })).status).toBe(400);
    expect((await operator.post(path.replace('care-app', 'nothing'), { reason: 'why' })).status).toBe(404);
    expect((await operator.post(path.replace('care-app', 'epic'), { reason: 'why' })).body).toEqual({
      resumed: false,
    });
  });

  test('lanes that do not move are listed with their heads, and hold no patient data', async () => {
    const { status, body } = await viewer.get<LanesAnswer>('/api/lanes');
    expect(status).toBe(200);
    expect(body.lanes.length).toBeGreaterThan(0);
    for (const { head, standing } of body.lanes) {
      expect(['held', 'waiting']).toContain(head.state);
      expect(head.failure?.fix).toBeTruthy();
      expect(standing).toBeGreaterThan(0);
    }
    expect(JSON.stringify(body)).not.toContain(CANARY);
    expect((await viewer.get<LanesAnswer>('/api/lanes?site=nowhere')).body.lanes).toEqual([]);
    expect((await viewer.get('/api/lanes?limit=0')).status).toBe(400);
  });
});
