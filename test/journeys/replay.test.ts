/** Dead letters are looked at, mended and replayed: what a dry run says, what then happens, and what is left alone. */
import { expect, test } from 'vitest';
import { type Flow, flow, hl7 } from '../../src/flow/index.ts';
import type { Delivery } from '../../src/message/index.ts';
import type { Job } from '../../src/store/index.ts';
import { app, engineWith, type Running, receiving, told } from './delivery.fixture.ts';
import { until } from './engine.ts';
import type { Receiver } from './receiver.ts';

/** 10,000 by `REPLAY_MESSAGES=10000`: promise P20. */
const MANY = Number(process.env.REPLAY_MESSAGES ?? 240);
const ada = { who: 'ada', reason: 'the application was mended' };

const admissions = (ward: string) =>
  flow('admissions', { about: 'Makes a record, then tells of it.', order: 'patient' })
    .on(hl7.message('ADT^A01'))
    .create('record', {
      connection: 'app',
      do: 'create',
      args: { path: { value: '/records' }, 'body.id': 'hl7:MSH-10' },
    })
    .map('notice', { number: 'record.number', sequence: 'hl7:PID-4' })
    .send('tell', {
      connection: 'app',
      do: 'send',
      args: {
        path: { value: '/told' },
        'body.id': 'hl7:MSH-10',
        'body.patient': 'hl7:PID-3[5=MR].1',
        'body.sequence': 'notice.sequence',
        'body.ward': { value: ward },
      },
    });
const before = admissions('none');
const mended = admissions('4W');

/** Refuses notices that name no ward. */
const picky = (): Promise<Receiver> =>
  receiving(({ path, body }) =>
    path === '/records'
      ? { status: 201, body: { number: 41 } }
      : body.includes('"ward":"4W"')
        ? { status: 204 }
        : { status: 422, body: { error: 'a notice needs a ward' } },
  );

const notices = (receiver: Receiver) =>
  told({
    ...receiver,
    asked: receiver.asked.filter(({ path, body }) => path === '/told' && body.includes('4W')),
  });

const deadIn = async (running: Running): Promise<number> =>
  (await running.store.deadGroups({})).reduce((sum, { count }) => sum + count, 0);

const ends = (running: Running, id: string, state: Job['state'] = 'done'): Promise<Job> =>
  until(
    async () => {
      const job = await running.store.job(id);
      return job?.state === state && job;
    },
    `the replay to be ${state}`,
    120,
  );

const queued = async (running: Running): Promise<number> =>
  (await running.store.tallies(0)).reduce((sum, tally) => sum + tally.queued, 0);

/** All refused by the flow of before, then the engine with the mended one. */
async function refusedThenMended(receiver: Receiver, messages: number, flows: readonly Flow[] = [mended]) {
  const first = await engineWith({ app: app(receiver) }, [before]);
  for (let nth = 1; nth <= messages; nth++) await first.admit(`M-${nth}`, nth % 7, nth);
  await until(async () => (await deadIn(first)) === messages, 'all to be given up', 120);
  await first.close();
  return engineWith({ app: app(receiver) }, flows);
}

test('fix, then replay them all: the dry run counts right, order is kept, what is replayed is marked, and it can be stopped', {
  timeout: 600_000,
}, async () => {
  const receiver = await picky();
  const running = await refusedThenMended(receiver, MANY);
  const { engine, store } = running;
  const [group] = await store.deadGroups({});
  expect(group).toMatchObject({ code: 'WEBHOOK_REFUSED', flow: 'admissions', step: 'tell', count: MANY });
  const of = { query: { fingerprint: group?.fingerprint as string } };

  const asked = receiver.asked.length;
  const ledger = await store.ledger();
  const dry = await engine.replays.preview({ of, fromStep: 'notice', version: 'present' });
  expect(dry).toMatchObject({
    count: MANY,
    of: [{ site: 'mercy', flow: 'admissions', count: MANY }],
    refused: [],
  });
  expect(dry.samples).toHaveLength(3);
  expect(dry.samples[0]).toMatchObject({
    end: 'It would go on to step "tell"; what follows depends on the answer.',
    steps: [
      { step: 'record', state: 'taken over' },
      { step: 'tell', state: 'next', differences: [{ path: 'body.ward', before: 'none', after: '4W' }] },
    ],
  });
  // A dry run writes nothing and sends nothing.
  expect(receiver.asked).toHaveLength(asked);
  expect(await store.ledger()).toEqual(ledger);
  expect(await store.jobs(9)).toEqual([]);

  const records = receiver.asked.filter(({ path }) => path === '/records').length;
  const rate = MANY;
  const job = await engine.replays.start({ of, fromStep: 'notice', version: 'present', rate }, ada);
  await until(async () => ((await store.job(job.id))?.done ?? 0) > 0, 'the first batch');
  const stopped = await engine.replays.stop(job.id, { who: 'ada', reason: 'a look first' });
  expect(stopped).toMatchObject({ state: 'stopped', total: MANY });
  expect(stopped.done).toBeLessThan(MANY);
  await until(async () => (await queued(running)) === 0, 'what was begun to end');
  expect(notices(receiver)).toHaveLength(stopped.done);
  expect(await deadIn(running)).toBe(MANY - stopped.done);
  await expect(engine.replays.stop(job.id, ada)).rejects.toMatchObject({ code: 'REPLAY_NOT_MOVED' });

  await engine.replays.resume(job.id, ada);
  expect(await ends(running, job.id)).toMatchObject({ done: MANY, total: MANY, failure: null });
  await until(
    async () => notices(receiver).length === MANY && (await queued(running)) === 0,
    'all to arrive',
    120,
  );
  expect(await store.deadGroups({})).toEqual([]);
  // Nothing twice, no record made again, each patient in order.
  const all = notices(receiver);
  expect(new Set(all.map(({ id }) => id)).size).toBe(MANY);
  expect(receiver.asked.filter(({ path }) => path === '/records')).toHaveLength(records);
  for (const [patient, list] of Map.groupBy(all, (one) => one.patient)) {
    const sequences = list.map(({ sequence }) => Number(sequence));
    expect(sequences, patient).toEqual([...sequences].sort((a, b) => a - b));
  }
  const marked = await store.search({ controlId: 'M-1', limit: 1 });
  expect(marked.rows[0]?.flags).toContain('replayed');
  const [old, again] = (await running.deliveriesOf('M-1')) as [Delivery, Delivery];
  expect([old.state, old.replayedBy, again.replayOf]).toEqual(['dead', again.id, old.id]);
  // From a step that leaves nothing behind: what comes after it is done again, also where it was done before.
  await engine.replay({ deliveryIds: [again.id], fromStep: 'notice', ...ada });
  await until(async () => notices(receiver).length === MANY + 1, 'the notice to be told again');
  expect(receiver.asked.filter(({ path }) => path === '/records')).toHaveLength(records);

  const { rows } = await store.auditTrail({ limit: 500 });
  const begun = rows.find(({ act }) => act === 'replay.start');
  expect(begun).toMatchObject({ who: 'ada', facts: { reason: ada.reason, deliveries: MANY } });
  const acts = rows.map(({ act }) => act).filter((act) => act.startsWith('replay.'));
  expect(acts).toEqual(['replay.done', 'replay.resume', 'replay.stop', 'replay.start']);
  const batches = rows.filter(({ act, on }) => act === 'delivery.replay' && on === `replay ${job.id}`);
  expect(batches.reduce((sum, { facts }) => sum + Number(facts?.deliveries), 0)).toBe(MANY);
});

test('what dies again comes back to its group, and is not run through a second time', async () => {
  const receiver = await picky();
  const running = await refusedThenMended(receiver, 5, [before]);
  const { engine, store } = running;
  const [group] = await store.deadGroups({});
  const of = { query: { fingerprint: group?.fingerprint as string } };
  // One was replayed by hand; its new death counts, and is the one that the group is run through for.
  const [byHand] = (await running.deliveriesOf('M-2')) as [Delivery];
  await engine.replay({ deliveryIds: [byHand.id], ...ada });
  await until(async () => (await queued(running)) === 0 && (await deadIn(running)) === 5, 'it to die again');
  expect((await engine.replays.preview({ of, version: 'present' })).count).toBe(5);
  // Small batches: what dies again stands right behind, and still is not taken.
  const job = await engine.replays.start({ of, version: 'present', rate: 8 }, ada);
  expect(await ends(running, job.id)).toMatchObject({ done: 5, total: 5 });
  await until(async () => (await queued(running)) === 0 && (await deadIn(running)) === 5, 'all to die again');
  expect((await store.ledger()).planned).toBe(11);
  expect((await store.deadGroups({}))[0]).toMatchObject({ fingerprint: group?.fingerprint, count: 5 });
});

test('a replay that was running when the engine ended goes on with the next one, and repeats nothing', async () => {
  const receiver = await picky();
  const first = await refusedThenMended(receiver, 12);
  const [group] = await first.store.deadGroups({});
  const of = { query: { fingerprint: group?.fingerprint as string } };
  const job = await first.engine.replays.start({ of, version: 'present', rate: 8 }, ada);
  await until(async () => ((await first.store.job(job.id))?.done ?? 0) >= 2, 'a first batch');
  await first.close();
  const second = await engineWith({ app: app(receiver) }, [mended]);
  expect(await ends(second, job.id)).toMatchObject({ done: 12 });
  await until(async () => (await queued(second)) === 0, 'all to arrive');
  expect(notices(receiver)).toHaveLength(12);
  expect((await second.store.ledger()).planned).toBe(24);
});

test('with the version that ran, the delivery runs as it ran; a version that is gone is refused by name', async () => {
  const receiver = await picky();
  const running = await refusedThenMended(receiver, 2);
  const { engine, store } = running;
  const [dead] = (await running.deliveriesOf('M-1')) as [Delivery];
  const dry = await engine.replays.preview({ of: { deliveryIds: [dead.id] }, version: 'ran' });
  expect(dry).toMatchObject({
    count: 1,
    samples: [{ ranVersion: dead.flowVersion, withVersion: dead.flowVersion }],
  });
  expect(dry.samples[0]?.steps.at(-1)?.differences).toEqual([]);
  await engine.replay({ deliveryIds: [dead.id], version: 'ran', ...ada });
  await until(async () => (await queued(running)) === 0, 'it to end');
  const [, again] = (await running.deliveriesOf('M-1')) as [Delivery, Delivery];
  expect(again).toMatchObject({ state: 'dead', flowVersion: dead.flowVersion });
  await engine.replay({ deliveryIds: [again.id], version: 'present', ...ada });
  await until(async () => notices(receiver).length === 1, 'the mended flow to tell');

  const [other] = (await running.deliveriesOf('M-2')) as [Delivery];
  await running.close();
  const code = (text: string) =>
    flow('coded', { about: 'Runs code.', order: 'patient' })
      .on(hl7.message('ADT^A01'))
      .code('greet', { reads: { id: 'hl7:MSH-10' }, run: new Function('input', text) as never })
      .filter('never', { path: 'greet', equals: 'nothing' });
  const old = await engineWith({ app: app(receiver) }, [mended, code('return 1')]);
  await old.admit('C-1', 3);
  await until(async () => (await queued(old)) === 0, 'it to end');
  await old.close();
  const now = await engineWith({ app: app(receiver) }, [mended, code('return 2')]);
  const coded = (await now.deliveriesOf('C-1')).find((one) => one.flow === 'coded') as Delivery;
  const of = { deliveryIds: [coded.id, other.id] };
  const refused = await now.engine.replays.preview({ of, version: 'ran' });
  expect(refused).toMatchObject({
    count: 1,
    refused: [
      {
        count: 1,
        deliveryId: coded.id,
        reason: expect.stringMatching(/code of its step "greet" has changed/),
      },
    ],
  });
  await expect(now.engine.replay({ ...of, version: 'ran', ...ada })).rejects.toMatchObject({
    code: 'REPLAY_REFUSED',
  });
  expect((await now.deliveriesOf('M-2')).length).toBe(1);
  expect(store.kind).toBe('sqlite');
});

test('an edited copy is a message of its own; the original stays as it was', async () => {
  const receiver = await receiving(({ body }) => ({ status: body.includes('"sequence":"77"') ? 204 : 422 }));
  const tell = flow('tell', { about: 'Tells.', order: 'patient' })
    .on(hl7.message('ADT^A01'))
    .send('tell', {
      connection: 'app',
      do: 'send',
      args: { path: { value: '/told' }, 'body.id': 'hl7:MSH-10', 'body.sequence': 'hl7:PID-4' },
    });
  const running = await engineWith({ app: app(receiver) }, [tell]);
  const { engine, store } = running;
  await running.admit('E-1', 5, 1);
  const dead = await running.reaches('E-1', 'dead');
  const original = Buffer.from((await store.payload(dead.messageId)) as Uint8Array).toString('latin1');
  const lines = original.split('\r');
  const pid = lines.findIndex((line) => line.startsWith('PID|'));
  const fields = (lines[pid] as string).split('|');
  fields[4] = '77';
  lines[pid] = fields.join('|');
  const bytes = Buffer.from(lines.join('\r'), 'latin1');
  await expect(
    engine.replays.edit({ deliveryId: dead.id, bytes: Buffer.from('no message'), ...ada }),
  ).rejects.toMatchObject({ code: 'EDIT_REFUSED' });
  const copy = await engine.replays.edit({ deliveryId: dead.id, bytes, ...ada });
  await until(
    async () => (await store.history(copy.deliveryId))?.delivery.state === 'delivered',
    'the copy to arrive',
  );
  expect(copy.messageId).not.toBe(dead.messageId);
  expect((await store.message(copy.messageId))?.message).toMatchObject({
    door: 'replay',
    controlId: 'E-1',
    flags: ['replayed'],
    repeats: 0,
  });
  expect(Buffer.from((await store.payload(dead.messageId)) as Uint8Array).toString('latin1')).toBe(original);
  expect((await store.history(dead.id))?.delivery).toMatchObject({
    state: 'dead',
    replayedBy: copy.deliveryId,
  });
  expect(await store.deadGroups({})).toEqual([]);
  const { rows } = await store.auditTrail({ limit: 5 });
  expect(rows[0]).toMatchObject({
    who: 'ada',
    act: 'message.edit',
    facts: { reason: ada.reason, delivery: dead.id },
  });
  // The same edit again is another copy: nobody's repeat.
  await engine.replays.edit({ deliveryId: dead.id, bytes, ...ada });
  await until(async () => (await queued(running)) === 0, 'the second copy to arrive');
  expect((await store.ledger()).received).toBe(3);
});
