/** Steps that sleep, through the engine: real sockets, a real store, a clock by hand. */
import { describe, expect, test } from 'vitest';
import { appointment, flow, hl7 } from '../../src/flow/index.ts';
import { manualClock } from '../../src/std/index.ts';
import { admission } from '../crash/traffic.ts';
import { app, engineWith, type Running, receiving, told } from './delivery.fixture.ts';
import { until } from './engine.ts';
import { connectPeer, msa } from './peer.ts';
import type { Receiver } from './receiver.ts';

const body = {
  path: { value: '/told' },
  'body.id': 'hl7:MSH-10',
  'body.patient': 'hl7:PID-3[5=MR].1',
  'body.sequence': 'hl7:PID-4',
} as const;
const HOUR = 3_600_000;

/** A message of this type about the patient, kept before this resolves. */
async function send(running: Running, type: string, controlId: string, patient = 1): Promise<void> {
  const peer = await connectPeer(running.mllpPort);
  const text = admission(controlId, patient, 0).replaceAll('ADT^A01', type);
  expect(msa(await peer.send(text))?.code).toBe('AA');
  peer.close();
}
const ids = (receiver: Receiver): string[] => told(receiver).map(({ id }) => id);
const outputOf = async (running: Running, controlId: string, step: string) => {
  const [delivery] = await running.deliveriesOf(controlId);
  const history = await running.store.history(delivery?.id ?? '0');
  return history?.steps.find((one) => one.step === step)?.output;
};

const reminder = flow('reminder')
  .on(hl7.message('ADT^A01'))
  .wait('pause', { for: '2 hours', cancelOn: ['ADT^A11'] })
  .send('tell', { connection: 'app', do: 'send', args: body });

describe('a wait', () => {
  test('leaves its lane to others, and goes on when its time has come, over a restart', async () => {
    const clock = manualClock(Date.UTC(2026, 0, 31, 12));
    const receiver = await receiving();
    const quick = flow('quick')
      .on(hl7.message('ADT^A01'))
      .wait('pause', { for: '2h', when: { path: 'hl7:MSH-10', equals: 'W-1' } })
      .send('tell', { connection: 'app', do: 'send', args: body });
    const first = await engineWith({ app: app(receiver) }, [quick], { clock });
    await first.admit('W-1');
    await first.reaches('W-1', 'sleeping');
    await first.admit('W-2');
    await first.reaches('W-2', 'delivered');
    expect(ids(receiver)).toEqual(['W-2']);
    expect((await first.engine.trace((await first.deliveriesOf('W-1'))[0]?.id ?? ''))?.entries).toMatchObject(
      [
        { step: 'pause', state: 'sleeping', output: { since: clock.now(), wakeAt: clock.now() + 2 * HOUR } },
        { step: 'tell', state: 'not reached' },
      ],
    );
    await first.close();
    const running = await engineWith({ app: app(receiver) }, [quick], { clock });
    clock.advance(2 * HOUR - 1);
    await running.admit('W-3', 2);
    await running.reaches('W-3', 'delivered');
    expect(ids(receiver)).toEqual(['W-2', 'W-3']);
    clock.advance(1);
    await running.reaches('W-1', 'delivered');
    expect(ids(receiver)).toEqual(['W-2', 'W-3', 'W-1']);
    expect(await outputOf(running, 'W-1', 'pause')).toMatchObject({ by: 'time', wokenAt: clock.now() });
    expect(await running.store.ledger()).toMatchObject({ planned: 3, delivered: 3 });
  });

  test('for an event goes on when it comes, and says whether it came', async () => {
    const clock = manualClock(Date.UTC(2026, 0, 31, 12));
    const receiver = await receiving();
    const stay = flow('stay')
      .on(hl7.message('ADT^A01'))
      .wait('gone', { on: 'ADT^A03', atMost: '3 days' })
      .send('tell', {
        connection: 'app',
        do: 'send',
        args: { ...body, 'body.came': 'gone.came', 'body.by': 'gone.by' },
      });
    const running = await engineWith({ app: app(receiver) }, [stay], { clock });
    await running.admit('S-1', 1);
    await running.admit('S-2', 2);
    await running.reaches('S-1', 'sleeping');
    await running.reaches('S-2', 'sleeping');
    await send(running, 'ADT^A03', 'S-3', 1);
    await running.reaches('S-1', 'delivered');
    expect(receiver.asked.map((one) => JSON.parse(one.body))).toMatchObject([
      { id: 'S-1', came: true, by: 'event' },
    ]);
    clock.advance(72 * HOUR);
    await running.reaches('S-2', 'delivered');
    expect(JSON.parse(receiver.asked[1]?.body ?? '')).toMatchObject({ id: 'S-2', came: false, by: 'time' });
  });

  test('until a time wakes before it as told; one that is past is no wait', async () => {
    const clock = manualClock(Date.UTC(2026, 0, 31, 12));
    const receiver = await receiving();
    // PID-7 is 19540808 of every admission: long ago. EVN-2 stands for a time to come.
    const at = (source: 'hl7:PID-7' | 'hl7:EVN-2') =>
      flow(source === 'hl7:PID-7' ? 'past' : 'soon')
        .on(hl7.message('ADT^A01'))
        .wait('until', { until: source, before: '1 hour' })
        .send('tell', { connection: 'app', do: 'send', args: body });
    const running = await engineWith({ app: app(receiver) }, [at('hl7:PID-7'), at('hl7:EVN-2')], { clock });
    const peer = await connectPeer(running.mllpPort);
    const text = admission('U-1', 1, 0).replace(/\rEVN\|([^|]*)\|[^|\r]*/, '\rEVN|$1|20260131090000');
    expect(msa(await peer.send(text))?.code).toBe('AA');
    peer.close();
    await until(async () => ids(receiver).length === 1, 'the one whose time is past');
    // 09:00 in Chicago is 15:00 UTC; an hour before is two hours from now.
    clock.advance(2 * HOUR - 1);
    await running.admit('U-2', 2);
    await until(async () => ids(receiver).length === 2, 'the past one of the second message');
    clock.advance(1);
    await until(async () => ids(receiver).length === 3, 'the one whose time has come');
    expect(ids(receiver)).toEqual(['U-1', 'U-2', 'U-1']);
  });
});

describe('a later message', () => {
  test('of the same patient and a named type ends a sleeper; the history says which', async () => {
    const clock = manualClock(Date.UTC(2026, 0, 31, 12));
    const receiver = await receiving();
    const running = await engineWith({ app: app(receiver) }, [reminder], { clock });
    for (const [id, patient] of [
      ['C-1', 1],
      ['C-2', 2],
    ] as const) {
      await running.admit(id, patient);
      await running.reaches(id, 'sleeping');
    }
    await send(running, 'ADT^A08', 'C-3', 1);
    await send(running, 'ADT^A11', 'C-4', 1);
    await running.reaches('C-1', 'filtered');
    const { rows } = await running.store.search({ controlId: 'C-4', limit: 1 });
    expect(await outputOf(running, 'C-1', 'pause')).toMatchObject({
      cancelled: true,
      by: 'event',
      messageId: rows[0]?.id,
    });
    const [ended] = await running.deliveriesOf('C-1');
    expect((await running.engine.trace(ended?.id ?? ''))?.entries[0]).toMatchObject({ state: 'filtered' });
    clock.advance(2 * HOUR);
    await running.reaches('C-2', 'delivered');
    expect(ids(receiver)).toEqual(['C-2']);
  });

  test('ends it also when it comes while the delivery is still on its way to sleep', async () => {
    const clock = manualClock(Date.UTC(2026, 0, 31, 12));
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    const receiver = await receiving(async ({ path }) => {
      if (path !== '/first') return { status: 204 };
      asked.resolve();
      await answer.promise;
      return { status: 204 };
    });
    const late = flow('late')
      .on(hl7.message('ADT^A01'))
      .send('first', { connection: 'app', do: 'send', args: { ...body, path: { value: '/first' } } })
      .wait('pause', { for: '2h', cancelOn: ['ADT^A11'] })
      .send('tell', { connection: 'app', do: 'send', args: body });
    const running = await engineWith({ app: app(receiver) }, [late], { clock });
    await running.admit('R-1');
    await asked.promise;
    // The delivery is in hand: it neither waits nor sleeps.
    await send(running, 'ADT^A11', 'R-2');
    answer.resolve();
    await running.reaches('R-1', 'filtered');
    expect(await outputOf(running, 'R-1', 'pause')).toMatchObject({ cancelled: true });
    expect(receiver.asked).toHaveLength(1);
  });

  test('a crash of the engine leaves sleepers what they are', async () => {
    const clock = manualClock(Date.UTC(2026, 0, 31, 12));
    const receiver = await receiving();
    const first = await engineWith({ app: app(receiver) }, [reminder], { clock });
    for (const [id, patient] of [
      ['K-1', 1],
      ['K-2', 2],
    ] as const) {
      await first.admit(id, patient);
      await first.reaches(id, 'sleeping');
    }
    await first.close();
    const running = await engineWith({ app: app(receiver) }, [reminder], { clock });
    await send(running, 'ADT^A11', 'K-3', 1);
    clock.advance(2 * HOUR);
    await running.reaches('K-2', 'delivered');
    await running.reaches('K-1', 'filtered');
    expect((await running.deliveriesOf('K-2'))[0]?.possibleDuplicate).toBe(false);
    expect(ids(receiver)).toEqual(['K-2']);
  });
});

describe('after waking', () => {
  test('finds named by recheck are asked again, and what is computed from them is computed anew', async () => {
    const clock = manualClock(Date.UTC(2026, 0, 31, 12));
    let status = 'booked';
    let finds = 0;
    const receiver = await receiving(({ path }) => {
      if (!path.startsWith('/find')) return { status: 204 };
      finds++;
      return { status: 200, body: { matches: [{ status }] } };
    });
    const checks = flow('checks')
      .on(hl7.message('ADT^A01'))
      .send('once', { connection: 'app', do: 'send', args: { ...body, path: { value: '/once' } } })
      .find('visit', { connection: 'app', do: 'find', args: { path: { value: '/find' } } })
      .filter('still', { path: 'visit.status', equals: 'booked' })
      .wait('pause', { for: '2h', recheck: ['visit'] })
      .send('tell', { connection: 'app', do: 'send', args: { ...body, 'body.status': 'visit.status' } });
    const running = await engineWith({ app: app(receiver) }, [checks], { clock });
    await running.admit('A-1', 1);
    await running.reaches('A-1', 'sleeping');
    clock.advance(2 * HOUR);
    await running.reaches('A-1', 'delivered');
    expect(finds).toBe(2);
    await running.admit('A-2', 2);
    await running.reaches('A-2', 'sleeping');
    status = 'cancelled';
    clock.advance(2 * HOUR);
    expect(await running.reaches('A-2', 'filtered')).toMatchObject({ step: 'still' });
    expect(receiver.asked.filter(({ path }) => path === '/once')).toHaveLength(2);
    expect(receiver.asked.filter(({ path }) => path === '/told')).toHaveLength(1);
  });

  test('a failure that may pass is tried again for as long as the flow says, counted from waking', async () => {
    const clock = manualClock(Date.UTC(2026, 0, 31, 12));
    const receiver = await receiving(() => ({ status: 503 }));
    const running = await engineWith({ app: app(receiver) }, [{ ...reminder, giveUpAfter: HOUR }], { clock });
    await running.admit('G-1');
    await running.reaches('G-1', 'sleeping');
    clock.advance(2 * HOUR);
    await until(async () => receiver.asked.length > 0, 'the first attempt');
    const one = await until(
      async () => (await running.deliveriesOf('G-1')).find(({ attempts }) => attempts === 1),
      'the attempt to end',
    );
    expect(one.state).toBe('waiting');
  });
});

describe('an approval', () => {
  const order = (whenLate: 'hold' | 'refuse') =>
    flow('order')
      .on(hl7.message('ADT^A01'))
      .approve('doctor', {
        ask: 'May the referral go out?',
        deadline: '1 day',
        whenLate,
        show: { patient: 'hl7:PID-3[5=MR].1' },
        cancelOn: ['ADT^A11'],
      })
      .send('tell', { connection: 'app', do: 'send', args: { ...body, 'body.who': 'doctor.who' } });
  const answer = (running: Running, deliveryId: string, approved: boolean) =>
    running.engine.approve({ deliveryId, step: 'doctor', approved, who: 'kim', reason: 'looked at it' });

  test('sends nothing before a person agrees, nothing after one refuses, and is audited', async () => {
    const clock = manualClock(Date.UTC(2026, 0, 31, 12));
    const receiver = await receiving();
    const running = await engineWith({ app: app(receiver) }, [order('hold')], { clock });
    await running.admit('P-1', 1);
    await running.admit('P-2', 2);
    const yes = await running.reaches('P-1', 'sleeping');
    const no = await running.reaches('P-2', 'sleeping');
    const { rows } = await running.engine.approvals({ limit: 10 });
    expect(rows).toMatchObject([
      { delivery: { id: yes.id }, step: 'doctor', ask: 'May the referral go out?', late: false },
      { delivery: { id: no.id }, role: 'operator', deadline: clock.now() + 24 * HOUR },
    ]);
    // What the person is shown is not part of the list.
    expect(JSON.stringify(rows)).not.toContain('100001');
    expect(await answer(running, yes.id, true)).toBe('settled');
    expect(await answer(running, no.id, false)).toBe('settled');
    expect(await answer(running, yes.id, false)).toBe('stale');
    await running.reaches('P-1', 'delivered');
    await running.reaches('P-2', 'filtered');
    expect(receiver.asked.map((one) => JSON.parse(one.body))).toMatchObject([{ id: 'P-1', who: 'kim' }]);
    expect(await outputOf(running, 'P-2', 'doctor')).toMatchObject({
      approved: false,
      by: 'person',
      who: 'kim',
      reason: 'looked at it',
    });
    const trail = (await running.store.auditTrail({ limit: 9 })).rows;
    expect(trail.map(({ act, who }) => `${act} ${who}`)).toEqual([
      'delivery.refuse kim',
      'delivery.approve kim',
    ]);
  });

  test('that is late is held in its lane until it is answered, or counts as refused', async () => {
    const clock = manualClock(Date.UTC(2026, 0, 31, 12));
    const receiver = await receiving();
    const running = await engineWith({ app: app(receiver) }, [order('hold')], { clock });
    await running.admit('L-1', 1);
    await running.reaches('L-1', 'sleeping');
    clock.advance(24 * HOUR);
    const late = await running.reaches('L-1', 'held');
    expect(late).toMatchObject({ heldFor: 'unanswered', failure: { code: 'APPROVAL_LATE' } });
    expect((await running.engine.approvals({ limit: 10 })).rows).toMatchObject([{ late: true }]);
    expect(await answer(running, late.id, true)).toBe('settled');
    await running.reaches('L-1', 'delivered');

    await running.close();
    const strict = await engineWith({ app: app(receiver) }, [order('refuse')], { clock });
    await strict.admit('L-2', 2);
    await strict.reaches('L-2', 'sleeping');
    clock.advance(24 * HOUR);
    await strict.reaches('L-2', 'filtered');
    expect(ids(receiver)).toEqual(['L-1']);
  });
});

test('a flow that is not ordered by patient cannot wait for what a patient does', async () => {
  const { lint } = await import('../../src/flow/index.ts');
  const wrong = flow('wrong', { order: 'connection' })
    .on(appointment.changed())
    .wait('w', { on: 'Appointment.updated', atMost: '1d' });
  expect(lint(wrong)).toMatchObject([{ place: 'step "w", on' }]);
});
