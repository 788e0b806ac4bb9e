import { describe, expect, test } from 'vitest';
import { manualClock } from '../../src/std/index.ts';
import { answering, app, engineWith, forward, receiving, tells } from './delivery.fixture.ts';
import { until } from './engine.ts';

describe('a lost answer is neither success nor failure', () => {
  test('the webhook is called again under the same key, marked, however often it fails on the way', async () => {
    const answers: ('reset' | { status: number })[] = [
      'reset',
      { status: 500 },
      { status: 500 },
      { status: 200 },
    ];
    const receiver = await receiving(() => answers.shift() ?? { status: 200 });
    const running = await engineWith({ first: app(receiver) }, [tells('first')]);
    await running.admit('U-1');
    const delivered = await running.reaches('U-1', 'delivered');
    expect(receiver.asked.map(({ headers }) => headers['suture-possible-duplicate'])).toEqual([
      undefined,
      'true',
      'true',
      'true',
    ]);
    expect(new Set(receiver.asked.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    const kinds = (await running.store.history(delivered.id))?.attempts.map(({ failure }) => failure.kind);
    expect(kinds).toEqual(['unknown-outcome', 'rejected', 'rejected']);
  });

  test('so is one that the engine’s own stop has cut off', async () => {
    // The engine gives calls in hand five seconds of its clock; here the clock is ours, and behind,
    // so that what is due by it is due for the next engine, too.
    const clock = manualClock(Date.now() - 3_600_000);
    let isMute = true;
    const receiver = await receiving(() => (isMute ? 'silence' : { status: 200 }));
    const before = await engineWith({ first: app(receiver) }, [tells('first')], { clock });
    await before.admit('U-2');
    await until(async () => receiver.asked.length === 1, 'the call to be under way');
    let isStopped = false;
    const closing = before.close().then(() => {
      isStopped = true;
    });
    await until(async () => {
      clock.advance(1_000);
      return isStopped;
    }, 'the engine to stop');
    await closing;
    isMute = false;
    const after = await engineWith({ first: app(receiver) }, [tells('first')]);
    await after.reaches('U-2', 'delivered');
    expect(receiver.asked.map(({ headers }) => headers['suture-possible-duplicate'])).toEqual([
      undefined,
      'true',
    ]);
  });

  test('an MLLP receiver that takes a message and hangs up gets it again with the same control id', async () => {
    const { got, port } = await answering('hang up', 'AA');
    const running = await engineWith({ out: { connector: 'mllp', send: { host: '127.0.0.1', port } } }, [
      forward,
    ]);
    await running.admit('U-3');
    const delivered = await running.reaches('U-3', 'delivered');
    expect(got).toEqual(['U-3 hang up', 'U-3 AA']);
    const history = await running.store.history(delivered.id);
    expect(history?.attempts.map(({ failure }) => [failure.code, failure.kind])).toEqual([
      ['MLLP_CLOSED', 'unknown-outcome'],
    ]);
  });
});

describe('an MLLP receiver’s word', () => {
  test('AR is tried again, AE is final, and what was behind it goes on', async () => {
    const { got, port } = await answering('AR', 'AE', 'AA');
    const running = await engineWith({ out: { connector: 'mllp', send: { host: '127.0.0.1', port } } }, [
      forward,
    ]);
    await running.admit('K-1');
    await running.admit('K-2');
    const dead = await running.reaches('K-1', 'dead');
    await running.reaches('K-2', 'delivered');
    expect(got).toEqual(['K-1 AR', 'K-1 AE', 'K-2 AA']);
    expect(dead.failure).toMatchObject({ code: 'MLLP_REFUSED', at: { connection: 'out', step: 'forward' } });
    expect((await running.store.history(dead.id))?.attempts.map(({ failure }) => failure.code)).toEqual([
      'MLLP_REJECTED',
      'MLLP_REFUSED',
    ]);
  });
});
