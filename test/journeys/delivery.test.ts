import { describe, expect, test } from 'vitest';
import { flow, hl7 } from '../../src/flow/index.ts';
import { manualClock, seededRandom } from '../../src/std/index.ts';
import {
  answering,
  app,
  engineWith,
  forward,
  receiving,
  type Told,
  tells,
  told,
} from './delivery.fixture.ts';
import { until } from './engine.ts';
import type { Receiver } from './receiver.ts';

describe('an application that is down', () => {
  test('queues its own lanes only, and gets everything in order once it is back', async () => {
    const [first, second] = [await receiving(), await receiving()];
    const running = await engineWith({ first: app(first), second: app(second) }, [
      tells('first'),
      tells('second'),
    ]);
    await first.down();
    for (const id of ['D-1', 'D-2', 'D-3']) await running.admit(id, 7);
    await until(async () => second.asked.length === 3, 'the other flow to go on');
    expect(first.asked).toEqual([]);
    const waiting = await until(
      async () => (await running.deliveriesOf('D-1')).find((one) => one.flow === 'to-first' && one.failure),
      'the first attempt to end',
    );
    expect(waiting).toMatchObject({ finishedAt: null, failure: { code: 'WEBHOOK_UNREACHABLE' } });
    const tally = await until(
      async () => (await running.store.tallies(Date.now())).find(({ sent }) => sent === 3),
      'what is sent to be counted',
    );
    expect(tally).toMatchObject({ received: 3, queued: 3, errored: 0 });

    await first.up();
    await until(async () => first.asked.length === 3, 'the queue to go out');
    expect(told(first).map(({ id }) => id)).toEqual(['D-1', 'D-2', 'D-3']);
    expect(first.asked.every(({ headers }) => headers['suture-possible-duplicate'] === undefined)).toBe(true);
  });

  test('for one patient alone lets the others overtake, and turns nobody’s order', async () => {
    const random = seededRandom(4);
    const done: Told[] = [];
    const patients = 10;
    const each = 20;
    const receiver = await receiving(({ body }) => {
      const one = JSON.parse(body) as Told;
      // Patient 0 waits until everyone else is through; of the others one request in five fails.
      const others = done.filter(({ patient }) => patient !== '100000').length;
      const refused = one.patient === '100000' ? others < (patients - 1) * each : random.fraction() < 0.2;
      if (refused) return { status: 500 };
      done.push(one);
      return { status: 200 };
    });
    const running = await engineWith({ first: app(receiver) }, [tells('first')]);
    for (let sequence = 1; sequence <= each; sequence++) {
      for (let patient = 0; patient < patients; patient++)
        await running.admit(`O-${patient}-${sequence}`, patient, sequence);
    }
    await until(async () => done.length >= patients * each, 'all to be delivered');
    const byPatient = Map.groupBy(done, ({ patient }) => patient);
    for (const [patient, list] of byPatient) {
      expect(
        list.map(({ sequence }) => Number(sequence)),
        patient,
      ).toEqual(Array.from({ length: each }, (_, index) => index + 1));
    }
    expect(done.slice(-each).every(({ patient }) => patient === '100000')).toBe(true);
    expect(receiver.asked.length).toBeGreaterThan(done.length);
  });

  test('asking for a pause is not asked again before it is over', async () => {
    const clock = manualClock(Date.UTC(2026, 0, 31, 12));
    let answer: { status: number; headers?: Record<string, string> } = {
      status: 503,
      headers: { 'retry-after': '600' },
    };
    const receiver = await receiving(() => answer);
    const running = await engineWith({ first: app(receiver) }, [tells('first')], { clock });
    await running.admit('P-1');
    const waiting = await running.reaches('P-1', 'waiting').then(() =>
      until(async () => {
        const [one] = await running.deliveriesOf('P-1');
        return one?.attempts === 1 && one;
      }, 'the first attempt to end'),
    );
    expect(waiting).toMatchObject({ failure: { code: 'WEBHOOK_THROTTLED', kind: 'throttle' } });
    answer = { status: 200 };
    clock.advance(599_000);
    // Another patient's waits too, untried: it was the application that asked.
    await running.admit('P-2', 2);
    await until(async () => {
      const [one] = await running.deliveriesOf('P-2');
      return one?.state === 'waiting' && one.dueAt > clock.now();
    }, 'the other one to be given back');
    expect(told(receiver).map(({ id }) => id)).toEqual(['P-1']);
    expect(running.engine.connections().find(({ connection }) => connection === 'first')?.text).toMatch(
      /^Asked us to slow down: nothing is sent until 2026-01-31 12:10 UTC; 1 lane waits for it/,
    );
    clock.advance(1_000);
    await running.reaches('P-1', 'delivered');
    expect(await running.reaches('P-2', 'delivered')).toMatchObject({ attempts: 1, failure: null });
    expect(told(receiver).map(({ id }) => id)).toEqual(['P-1', 'P-1', 'P-2']);
  });
});

describe('what is done is not done again', () => {
  const twoSteps = flow('two-steps', { about: 'Makes a record, then tells of it.', order: 'patient' })
    .on(hl7.message('ADT^A01'))
    .create('record', {
      connection: 'app',
      do: 'create',
      args: { path: { value: '/records' }, 'body.id': 'hl7:MSH-10' },
    })
    .send('notice', {
      connection: 'app',
      do: 'send',
      args: { path: { value: '/notices' }, 'body.number': 'record.number' },
    });
  const count = (receiver: Receiver, path: string): number =>
    receiver.asked.filter((one) => one.path === path).length;

  test('by a retry, which goes on after the last finished step with what that step gave', async () => {
    let refusals = 3;
    const receiver = await receiving(({ path }) =>
      path === '/records'
        ? { status: 201, body: { number: 41 } }
        : refusals-- > 0
          ? { status: 500 }
          : { status: 204 },
    );
    const running = await engineWith({ app: app(receiver) }, [twoSteps]);
    await running.admit('R-1');
    const delivered = await running.reaches('R-1', 'delivered');
    expect(delivered.attempts).toBe(4);
    expect(count(receiver, '/records')).toBe(1);
    expect(count(receiver, '/notices')).toBe(4);
    const notices = receiver.asked.filter(({ path }) => path === '/notices');
    expect(new Set(notices.map(({ body }) => body))).toEqual(new Set(['{"number":41}']));
    // One step of one delivery is one key, whatever the attempt; another step is another.
    expect(new Set(receiver.asked.map(({ headers }) => headers['idempotency-key'])).size).toBe(2);
    const history = await running.store.history(delivered.id);
    expect(history?.steps.map(({ step }) => step)).toEqual(['record', 'notice']);
    expect(history?.attempts.map(({ failure }) => failure.code)).toEqual(Array(3).fill('WEBHOOK_FAILED'));
  });

  test('by an engine that was started anew in between', async () => {
    let isWell = false;
    const receiver = await receiving(({ path }) =>
      path === '/records'
        ? { status: 201, body: { number: 42 } }
        : isWell
          ? { status: 204 }
          : { status: 500 },
    );
    const before = await engineWith({ app: app(receiver) }, [twoSteps]);
    await before.admit('R-2');
    await until(async () => count(receiver, '/notices') > 0, 'the second step to be tried');
    await before.close();
    isWell = true;
    const after = await engineWith({ app: app(receiver) }, [twoSteps]);
    await after.reaches('R-2', 'delivered');
    expect(count(receiver, '/records')).toBe(1);
    // It was stopped in order: nothing of it can have arrived twice.
    expect((await after.deliveriesOf('R-2'))[0]?.possibleDuplicate).toBe(false);
  });

  test('by a replay from a step; a replay from the start does all of it, under keys of its own', async () => {
    let isMended = false;
    const receiver = await receiving(({ path }) =>
      path === '/records'
        ? { status: 201, body: { number: 43 } }
        : isMended
          ? { status: 204 }
          : { status: 422, body: { error: 'a notice needs a ward' } },
    );
    const running = await engineWith({ app: app(receiver) }, [twoSteps]);
    await running.admit('R-3');
    const dead = await running.reaches('R-3', 'dead');
    expect(dead).toMatchObject({
      attempts: 1,
      step: 'notice',
      failure: {
        code: 'WEBHOOK_REFUSED',
        kind: 'validation',
        at: { site: 'mercy', connection: 'app', flow: 'two-steps', step: 'notice' },
      },
    });
    expect(dead.failure?.fix).toMatch(/replay/);
    const letters = await running.store.deadLetters({ code: 'WEBHOOK_REFUSED', limit: 10 });
    expect(letters.rows).toHaveLength(1);
    expect(letters.rows[0]).toMatchObject({ delivery: { id: dead.id }, message: { controlId: 'R-3' } });
    // What the application said stands in the sealed history, and only there.
    const [attempt] = (await running.store.history(dead.id))?.attempts ?? [];
    expect(attempt?.detail).toContain('needs a ward');
    expect(JSON.stringify(letters.rows)).not.toContain('needs a ward');

    isMended = true;
    const [fromStep = ''] = await running.engine.replay({
      deliveryIds: [dead.id],
      fromStep: 'notice',
      who: 'ada',
      reason: 'the application was mended',
    });
    const again = await until(
      async () => (await running.deliveriesOf('R-3')).find((one) => one.state === 'delivered'),
      'the replay to be delivered',
    );
    expect(again).toMatchObject({ id: fromStep, replayOf: dead.id });
    expect(count(receiver, '/records')).toBe(1);
    expect(receiver.asked.at(-1)?.body).toBe('{"number":43}');

    const [fromStart = ''] = await running.engine.replay({
      deliveryIds: [dead.id],
      who: 'ada',
      reason: 'and all of it once more',
    });
    await until(
      async () =>
        (await running.deliveriesOf('R-3')).some((one) => one.id === fromStart && one.state === 'delivered'),
      'the replay of all to be delivered',
    );
    expect(count(receiver, '/records')).toBe(2);
    const keys = receiver.asked.map(({ headers }) => headers['idempotency-key']);
    expect(new Set(keys).size).toBe(keys.length);

    // The old one stays what it was, and who replayed it and why is on record.
    expect((await running.store.history(dead.id))?.delivery.state).toBe('dead');
    expect((await running.store.search({ controlId: 'R-3', limit: 1 })).rows[0]?.flags).toEqual(['replayed']);
    const trail = (await running.store.auditTrail({ limit: 10 })).rows.filter(
      ({ act }) => act === 'delivery.replay',
    );
    expect(trail.map(({ who, on, facts }) => [who, on, facts?.fromStep])).toEqual([
      ['ada', dead.id, null],
      ['ada', dead.id, 'notice'],
    ]);
    expect(await running.store.verifyAudit()).toEqual([]);
  });
});

test('a flow that is gone holds what was planned for it, until it is back and a person lets it go on', async () => {
  const receiver = await receiving();
  await receiver.down();
  const before = await engineWith({ first: app(receiver) }, [tells('first')]);
  await before.admit('G-1');
  await until(async () => (await before.deliveriesOf('G-1'))[0]?.failure, 'the first attempt to fail');
  await before.close();
  await receiver.up();

  const without = await engineWith({ first: app(receiver) }, []);
  const held = await without.reaches('G-1', 'held');
  expect(held).toMatchObject({ heldFor: 'paused', failure: { code: 'FLOW_GONE' } });
  expect(receiver.asked).toEqual([]);
  await without.close();

  const back = await engineWith({ first: app(receiver) }, [tells('first')]);
  expect(
    await back.engine.release({ deliveryIds: [held.id], to: 'waiting', who: 'ada', reason: 'it is back' }),
  ).toBe(1);
  await back.reaches('G-1', 'delivered');
  expect(told(receiver).map(({ id }) => id)).toEqual(['G-1']);
});

test('a sink that answers keeps the order of a connection: all of it, one after the other', async () => {
  const { got, port } = await answering();
  const running = await engineWith({ out: { connector: 'mllp', send: { host: '127.0.0.1', port } } }, [
    forward,
  ]);
  const ids = Array.from({ length: 50 }, (_, index) => `S-${index}`);
  for (const [index, id] of ids.entries()) await running.admit(id, index % 7);
  await until(async () => got.length === ids.length, 'all to arrive');
  expect(got).toEqual(ids.map((id) => `${id} AA`));
});
