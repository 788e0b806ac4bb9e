import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Leased } from '../store/index.ts';
import { CANARY } from './hospital.fixture.ts';
import { START, startServer, type TestServer, type Visitor } from './server.fixture.ts';
import type { ApprovalPage, ApprovalShown, AuditPage, MessageDetail } from './types.ts';

describe('questions that wait for a person', () => {
  let server: TestServer;
  let viewer: Visitor;
  let operator: Visitor;
  let admin: Visitor;
  const ids: Record<'easy' | 'other' | 'strict', string> = { easy: '', other: '', strict: '' };

  /** A delivery that sleeps at a step that asks. */
  async function asking(role: 'operator' | 'admin', lane: string): Promise<string> {
    const { store } = server;
    await store.append({
      site: 'mercy',
      connection: 'adt-in',
      messages: [
        {
          door: 'feed',
          format: 'hl7',
          type: 'ADT^A01',
          controlId: `ASK-${lane}`,
          receivedAt: START,
          state: 'accepted',
          reason: null,
          flags: [],
          bytes: Buffer.from('MSH|^~\\&|'),
          patients: [],
          deliveries: [{ flow: 'referral', flowVersion: 'v1', lanes: [lane] }],
        },
      ],
    });
    const [leased] = (await store.lease({ now: START, limit: 1 })) as [Leased];
    const asked = {
      kind: 'approve',
      ask: 'May it go out?',
      role,
      whenLate: 'hold',
      cancelOn: ['ADT^A11'],
      since: START,
      wakeAt: START + 60_000,
      show: { name: `${CANARY}-SHOWN` },
    };
    await store.settle({
      deliveryId: leased.delivery.id,
      epoch: leased.epoch,
      at: START,
      ms: 1,
      steps: [{ step: 'doctor', startedAt: START, ms: 0, output: asked }],
      to: 'sleeping',
      step: 'doctor',
      wakeAt: START + 60_000,
      wakeOn: null,
      cancelOn: '#doctor',
    });
    return leased.delivery.id;
  }

  beforeAll(async () => {
    server = await startServer({ seeded: false });
    admin = await server.as('admin');
    viewer = await server.as('viewer');
    operator = await server.as('operator');
    ids.easy = await asking('operator', 'a');
    ids.other = await asking('operator', 'b');
    ids.strict = await asking('admin', 'c');
  });
  afterAll(() => server.close());

  const actsOf = async (): Promise<string[]> =>
    (await operator.get<AuditPage>('/api/audit?limit=50')).body.rows.map(
      ({ act, who, on }) => `${act} ${who} ${on}`,
    );

  test('are listed for everyone, without what the person is shown, a page at a time', async () => {
    const { body, text } = await viewer.get<ApprovalPage>('/api/approvals?limit=2');
    expect(body.rows.map(({ delivery }) => delivery.id)).toEqual([ids.easy, ids.other]);
    expect(body.rows[0]).toMatchObject({
      ask: 'May it go out?',
      role: 'operator',
      deadline: START + 60_000,
      late: false,
    });
    expect(text).not.toContain(CANARY);
    const rest = await viewer.get<ApprovalPage>(`/api/approvals?limit=2&after=${body.after}`);
    expect(rest.body.rows.map(({ delivery }) => delivery.id)).toEqual([ids.strict]);
    expect((await viewer.get<ApprovalPage>('/api/approvals?site=lakeside')).body.rows).toEqual([]);
    // The message's page tells the same, as masked.
    const messageId = body.rows[0]?.message.id as string;
    const detail = await viewer.get<MessageDetail>(`/api/messages/${messageId}`);
    expect(detail.body.deliveries[0]?.steps).toMatchObject([
      { step: 'doctor', sleep: { kind: 'approve', since: START, cancelOn: ['ADT^A11'] } },
    ]);
    expect(detail.text).not.toContain(CANARY);
  });

  test('show their details to those who may see content, and that is recorded', async () => {
    expect((await viewer.post(`/api/approvals/${ids.easy}/reveal`)).status).toBe(403);
    const { body } = await operator.post<ApprovalShown>(`/api/approvals/${ids.easy}/reveal`);
    expect(body.show).toEqual({ name: `${CANARY}-SHOWN` });
    expect((await actsOf())[0]).toMatch(/^message\.reveal operator message \d+$/);
  });

  test('are answered once, by the role they name or a higher one, with a reason that says something', async () => {
    const answer = (who: Visitor, id: string, approved: boolean, reason = 'looked at it') =>
      who.post<{ error: { code: string } }>(`/api/approvals/${id}`, { approved, reason });
    expect((await answer(viewer, ids.easy, true)).status).toBe(403);
    expect((await answer(operator, ids.easy, true, ' ok ')).status).toBe(400);
    expect((await answer(operator, ids.strict, true)).body.error.code).toBe('API_ROLE_MISSING');
    expect((await answer(operator, ids.easy, true)).status).toBe(200);
    expect((await answer(operator, ids.other, false)).status).toBe(200);
    expect((await answer(admin, ids.strict, true)).status).toBe(200);
    expect((await answer(operator, ids.easy, false)).body.error.code).toBe('API_NOT_FOUND');
    expect((await actsOf()).slice(0, 3)).toEqual([
      `delivery.approve admin delivery ${ids.strict}`,
      `delivery.refuse operator delivery ${ids.other}`,
      `delivery.approve operator delivery ${ids.easy}`,
    ]);
    expect(await server.store.ledger()).toMatchObject({ sleeping: 0, waiting: 2, filtered: 1 });
    expect((await viewer.get<ApprovalPage>('/api/approvals')).body.rows).toEqual([]);
  });
});
