/** What becomes of deliveries after a failure, by its kind and the flow's word; docs/retry.md says it to users. */
import { cpSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Flow, flow, hl7 } from '../../src/flow/index.ts';
import { manualClock } from '../../src/std/index.ts';
import { app, engineWith, type Running, receiving, tells, told } from './delivery.fixture.ts';
import { startEngine, testSite, until } from './engine.ts';

const stateOf = (running: Running, connection: string) =>
  running.engine.connections().find((one) => one.connection === connection);

describe('a connection that nothing gets to', () => {
  test('is left alone but for probes, costs nobody an attempt, and gets everything once it is back', async () => {
    const receiver = await receiving();
    const running = await engineWith({ first: app(receiver) }, [tells('first')]);
    await receiver.down();
    await running.admit('C-0', 0);
    await until(async () => stateOf(running, 'first')?.state === 'failing', 'the circuit to open');
    const patients = 200;
    for (let patient = 1; patient <= patients; patient++) await running.admit(`C-${patient}`, patient);
    const told200 = await until(async () => {
      const text = stateOf(running, 'first')?.text ?? '';
      return Number(/(\d+) lanes wait/.exec(text)?.[1] ?? 0) >= patients && text;
    }, 'all to be given back');
    expect(told200).toMatch(/^Fails since .* only probes go out .* No answer from the application/);
    expect(running.engine.readiness()).toMatchObject({
      ready: true,
      notices: [expect.stringMatching(/^mercy \/ first: fails since .* \(WEBHOOK_UNREACHABLE\)$/)],
    });
    const [untried] = await running.deliveriesOf('C-150');
    expect(untried).toMatchObject({ state: 'waiting', attempts: 0, failure: null });
    expect(running.logged.filter((line) => line.includes('only probes go out'))).toHaveLength(1);

    await receiver.up();
    await until(async () => receiver.asked.length === patients + 1, 'all of them to arrive');
    const ledger = await until(async () => {
      const one = await running.store.ledger();
      return one.delivered === patients + 1 && one;
    }, 'all of them to be delivered');
    expect(ledger).toMatchObject({ waiting: 0, dead: 0, held: 0 });
    for (const id of ['C-1', 'C-77', 'C-200'])
      expect((await running.deliveriesOf(id))[0]).toMatchObject({ attempts: 1, possibleDuplicate: false });
    expect(stateOf(running, 'first')).toMatchObject({ state: 'running', text: null });
  });
});

describe('a connection that does not accept us', () => {
  test('is stopped with one alert; its deliveries wait untried until a person resumes it', async () => {
    let isMended = false;
    const receiver = await receiving(() => ({ status: isMended ? 204 : 401 }));
    const other = await receiving();
    const running = await engineWith({ first: app(receiver), other: app(other) }, [
      tells('first'),
      tells('other'),
    ]);
    for (let patient = 0; patient < 30; patient++) await running.admit(`A-${patient}`, patient);
    await until(async () => other.asked.length === 30, 'the other connection to go on');
    await until(
      async () => stateOf(running, 'first')?.text?.includes('30 lanes wait'),
      'all others to wait for it',
    );
    expect(stateOf(running, 'first')).toMatchObject({
      state: 'stopped',
      text: expect.stringMatching(
        /^Stopped since .* The application answered with 401\. Check that both sides/,
      ),
    });
    // As many as were under way together, and never again: nobody's account is locked by us.
    const asked = receiver.asked.length;
    expect(asked).toBeLessThan(30);
    expect(running.logged.filter((line) => line.startsWith('error'))).toHaveLength(1);
    expect(running.engine.readiness().notices).toHaveLength(1);
    const all = await Promise.all(
      Array.from({ length: 30 }, async (_, patient) =>
        (await running.deliveriesOf(`A-${patient}`)).find((one) => one.flow === 'to-first'),
      ),
    );
    expect(all.filter((one) => one?.failure?.code === 'WEBHOOK_UNAUTHORIZED')).toHaveLength(1);
    expect(all.filter((one) => one?.state === 'waiting')).toHaveLength(30);

    isMended = true;
    const resume = { site: 'mercy', who: 'ada', reason: 'the secret was renewed' };
    expect(await running.engine.resume({ ...resume, connection: 'nobody' })).toBe(false);
    expect(await running.engine.resume({ ...resume, connection: 'first' })).toBe(true);
    await until(async () => receiver.asked.length === asked + 30, 'all of them to go out');
    expect(stateOf(running, 'first')).toMatchObject({ state: 'running', text: null });
    const { rows } = await running.store.auditTrail({ limit: 50 });
    expect(rows.filter(({ act }) => act === 'connection.resume')).toMatchObject([
      { who: 'ada', on: 'mercy/first', facts: { reason: 'the secret was renewed' } },
    ]);
  });
});

describe('a flow’s limit of attempts', () => {
  const limited = (more: { exhausted?: 'stop lane' | 'dead letter' }) => {
    const { trigger, steps, name, about, order, sites, giveUpAfter } = tells('first');
    return { trigger, steps, name, about, order, sites, giveUpAfter, attempts: 3, ...more } satisfies Flow;
  };
  const idOf = async (running: Running, controlId: string): Promise<string> =>
    (await running.deliveriesOf(controlId))[0]?.id as string;

  test('stops the lane of an ADT flow: it is shown, counted anew after a release, and goes on when given up', async () => {
    const receiver = await receiving(({ body }) => ({ status: body.includes('"L-1"') ? 500 : 204 }));
    const running = await engineWith({ first: app(receiver) }, [limited({})]);
    await running.admit('L-1', 1);
    await running.admit('L-2', 1);
    await running.admit('L-3', 2);
    const held = await running.reaches('L-1', 'held');
    expect(held).toMatchObject({ heldFor: 'stopped lane', attempts: 3, step: 'tell' });
    await running.reaches('L-3', 'delivered');
    const [lane, ...others] = await running.engine.stuckLanes({ limit: 10 });
    expect(others).toEqual([]);
    expect(lane).toMatchObject({
      standing: 2,
      head: { id: held.id, flow: 'to-first', failure: { code: 'WEBHOOK_FAILED' } },
      message: { controlId: 'L-1' },
    });
    const decision = { deliveryIds: [held.id], who: 'ada', reason: 'looked at it' };
    expect(await running.engine.release({ ...decision, to: 'waiting' })).toBe(1);
    await until(
      async () =>
        (await running.deliveriesOf('L-1')).find((one) => one.state === 'held' && one.attempts === 6),
      'three more attempts',
    );
    expect((await running.deliveriesOf('L-2'))[0]).toMatchObject({ state: 'waiting', attempts: 0 });
    expect(await running.engine.release({ ...decision, to: 'dead' })).toBe(1);
    await running.reaches('L-2', 'delivered');
    expect(told(receiver).filter(({ id }) => id === 'L-1')).toHaveLength(6);
  });

  test('or goes on behind a dead letter, as the flow says', async () => {
    const receiver = await receiving(({ body }) => ({ status: body.includes('"L-1"') ? 500 : 204 }));
    const running = await engineWith({ first: app(receiver) }, [limited({ exhausted: 'dead letter' })]);
    await running.admit('L-1', 1);
    await running.admit('L-2', 1);
    expect(await running.reaches('L-1', 'dead')).toMatchObject({ attempts: 3 });
    await running.reaches('L-2', 'delivered');
  });

  test('is not reached by an outage, and refused content is a dead letter at once in both', async () => {
    const receiver = await receiving(({ body }) => ({ status: body.includes('"L-2"') ? 422 : 204 }));
    const running = await engineWith({ first: app(receiver) }, [limited({})]);
    await receiver.down();
    await running.admit('L-1', 1);
    await until(async () => stateOf(running, 'first')?.state === 'failing', 'the circuit to open');
    expect((await running.deliveriesOf('L-1'))[0]?.state).not.toBe('held');
    await receiver.up();
    await running.reaches('L-1', 'delivered');
    await running.admit('L-2', 2);
    expect(await running.reaches('L-2', 'dead')).toMatchObject({ attempts: 1 });
  });

  test('a head that waits for later is tried now when a person says so', async () => {
    let isWell = false;
    const receiver = await receiving(() => ({ status: isWell ? 204 : 403 }));
    const running = await engineWith({ first: app(receiver) }, [tells('first')]);
    await running.admit('W-1', 1);
    const waiting = await until(async () => {
      const [one] = await running.deliveriesOf('W-1');
      return one?.attempts === 1 && one.dueAt > Date.now() + 1_000 && one;
    }, 'it to wait for a while');
    isWell = true;
    expect(
      await running.engine.release({
        deliveryIds: [await idOf(running, 'W-1')],
        to: 'waiting',
        who: 'ada',
        reason: 'allowed now',
      }),
    ).toBe(1);
    const delivered = await running.reaches('W-1', 'delivered');
    expect(delivered.finishedAt).toBeLessThan(waiting.dueAt);
  });
});

describe('an effect whose answer was lost', () => {
  const begin = () =>
    flow('records', { about: 'Makes a record of every admission.' }).on(hl7.message('ADT^A01'));
  const heldRecords = begin().create('record', {
    connection: 'app',
    do: 'create',
    args: { path: { value: '/records' }, 'body.id': 'hl7:MSH-10' },
    onUnknown: 'hold',
  });
  const posts = (asked: readonly { method: string }[]) => asked.filter(({ method }) => method === 'POST');

  test('is held for a person where the step says so, and tried again, marked, when it is released', async () => {
    const answers: ('reset' | { status: number; body?: unknown })[] = ['reset'];
    const receiver = await receiving(() => answers.shift() ?? { status: 201, body: {} });
    const running = await engineWith({ app: app(receiver) }, [heldRecords]);
    await running.admit('H-1');
    const held = await running.reaches('H-1', 'held');
    expect(held).toMatchObject({
      heldFor: 'unknown outcome',
      step: 'record',
      possibleDuplicate: true,
      failure: { code: 'WEBHOOK_UNKNOWN' },
    });
    expect(posts(receiver.asked)).toHaveLength(1);
    await running.engine.release({
      deliveryIds: [held.id],
      to: 'waiting',
      who: 'ada',
      reason: 'it is not there',
    });
    await running.reaches('H-1', 'delivered');
    expect(receiver.asked.map(({ headers }) => headers['suture-possible-duplicate'])).toEqual([
      undefined,
      'true',
    ]);
  });

  test('is looked for first where the step names a find: what is there is not made again', async () => {
    const clock = manualClock(Date.UTC(2026, 0, 31, 12));
    const made: string[] = [];
    let isLossy = true;
    const receiver = await receiving(({ method, body }) => {
      if (method === 'GET') return { status: 200, body: { matches: made.map((id) => ({ id })) } };
      made.push((JSON.parse(body) as { id: string }).id);
      if (!isLossy) return { status: 201, body: {} };
      isLossy = false;
      return 'reset';
    });
    const found = begin()
      .find('existing', {
        connection: 'app',
        do: 'find',
        args: { path: { value: '/records' } },
        optional: true,
      })
      .create('record', {
        connection: 'app',
        do: 'create',
        args: { path: { value: '/records' }, 'body.id': 'hl7:MSH-10' },
        when: { path: 'existing', exists: false },
        onUnknown: { findFirst: 'existing' },
      });
    const running = await engineWith({ app: app(receiver) }, [found], { clock });
    await running.admit('F-1');
    await until(async () => (await running.deliveriesOf('F-1'))[0]?.attempts === 1, 'the answer to be lost');
    // The other side gets time to finish what it is at before it is asked.
    const [waiting] = await running.deliveriesOf('F-1');
    expect((waiting?.dueAt ?? 0) - clock.now()).toBeGreaterThanOrEqual(30_000);
    clock.advance(60_000);
    await running.reaches('F-1', 'delivered');
    expect(made).toEqual(['F-1']);
    expect(receiver.asked.map(({ method }) => method)).toEqual(['GET', 'POST', 'GET']);
  });

  test('after a crash, too: what may have been done is held before it is tried; what was never reached is not', async () => {
    let isMute = true;
    const receiver = await receiving(({ method }) =>
      method === 'POST' && isMute ? 'silence' : { status: 201, body: {} },
    );
    const later = flow('later', { about: 'Tells first, and makes a record then.' })
      .on(hl7.message('ADT^A01'))
      .send('tell', { connection: 'app', do: 'send', args: { path: { value: '/told' } } })
      .create('record', {
        connection: 'app',
        do: 'create',
        args: { path: { value: '/records' }, 'body.id': 'hl7:MSH-10' },
        onUnknown: 'hold',
      });
    const running = await engineWith({ app: app(receiver, { timeout: '60s' }) }, [heldRecords, later]);
    await running.admit('K-1');
    await until(async () => receiver.asked.length === 2, 'both calls to be under way');
    // What is on disk at this instant is what a pulled plug would leave.
    const copy = `${running.folder}-copy`;
    cpSync(running.folder, copy, { recursive: true });
    isMute = false;
    const after = await startEngine(copy, {
      site: testSite({ 'hl7-in': { connector: 'mllp', listen: { port: 0 } }, app: app(receiver) }),
      flows: [heldRecords, later],
    });
    try {
      const states = await until(async () => {
        const { rows } = await after.store.search({ controlId: 'K-1', limit: 1 });
        const all = (await after.store.message(rows[0]?.id ?? '0'))?.deliveries ?? [];
        return (
          all.length === 2 && all.every((one) => one.state !== 'running' && one.state !== 'waiting') && all
        );
      }, 'both to end');
      expect(states.find((one) => one.flow === 'records')).toMatchObject({
        state: 'held',
        heldFor: 'unknown outcome',
        failure: { code: 'OUTCOME_UNKNOWN', at: { step: 'record' } },
      });
      // The record of this one comes behind a step that was lost: it cannot have been made.
      expect(states.find((one) => one.flow === 'later')).toMatchObject({
        state: 'delivered',
        possibleDuplicate: true,
      });
    } finally {
      await after.close();
      await receiver.down(); // ends the calls of the first engine, which it would wait for
    }
  });
});
