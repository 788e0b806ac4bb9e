/** Merges and unlinks of patients, through the engine: real sockets, order by lane looked at where it arrives. */
import { describe, expect, test } from 'vitest';
import { flow, hl7 } from '../../src/flow/index.ts';
import type { Delivery } from '../../src/message/index.ts';
import { app, engineWith, type Running, receiving } from './delivery.fixture.ts';
import { until } from './engine.ts';
import { connectPeer, msa, type Peer } from './peer.ts';
import type { Receiver } from './receiver.ts';

const header = (type: string, id: string): string =>
  `MSH|^~\\&|EPIC|BENCH|SUTURE|APP|20260131120000||${type}|${id}|T|2.5.1\rEVN|${type.slice(4)}|20260131120000`;
const pid = (patient: string): string => `PID|1||${patient}^^^EPI^MR||MERIDIAN^ALDER\rPV1|1|I`;
const mrg = (patient: string): string => `MRG|${patient}^^^EPI^MR`;

const about = (id: string, patient: string, type = 'ADT^A08'): string =>
  `${header(type, id)}\r${pid(patient)}\r`;
/** `retired` into `survivor`. */
const merge = (id: string, survivor: string, retired: string, type = 'ADT^A40'): string =>
  `${header(type, id)}\r${pid(survivor)}\r${mrg(retired)}\r`;
const unlink = (id: string, one: string, other: string): string =>
  `${header('ADT^A37', id)}\r${pid(one)}\r${pid(other)}\r`;

/** Passes everything on, merges included. */
const everything = flow('everything')
  .on(hl7.message('ADT^*'))
  .send('tell', {
    connection: 'app',
    do: 'send',
    args: { path: { value: '/told' }, 'body.id': 'hl7:MSH-10' },
  });
/** Does not want merges, and must keep its order all the same. */
const updates = flow('updates')
  .on(hl7.message('ADT^A08'))
  .send('tell', {
    connection: 'app',
    do: 'send',
    args: { path: { value: '/updates' }, 'body.id': 'hl7:MSH-10' },
  });

const ids = (receiver: Receiver, path: string): string[] =>
  receiver.asked
    .filter((one) => one.path === path)
    .map(({ body }) => (JSON.parse(body) as { id: string }).id);

/** A receiver that keeps everybody waiting until it is opened, and an engine that feeds it. */
async function stopped(flows = [everything, updates]) {
  let open = false;
  const receiver = await receiving(() => ({ status: open ? 204 : 503 }));
  await receiver.down();
  const running = await engineWith({ app: app(receiver) }, flows);
  const peer = await connectPeer(running.mllpPort);
  return {
    receiver,
    running,
    peer,
    async let() {
      open = true;
      await receiver.up();
    },
  };
}

async function send(peer: Peer, ...texts: string[]): Promise<void> {
  for (const text of texts) expect(msa(await peer.send(text))?.code).toBe('AA');
}

const flagsOf = async (running: Running, controlId: string): Promise<readonly string[]> =>
  (await running.store.search({ controlId, limit: 1 })).rows[0]?.flags ?? [];

const inOrder = (all: readonly string[], wanted: readonly string[]): void =>
  expect(all.filter((id) => wanted.includes(id))).toEqual(wanted);

describe('a merge', () => {
  test.each(['ADT^A18', 'ADT^A34', 'ADT^A40'])(
    '%s waits for both patients; the retired id joins the survivor after it, in flows that do not want it, too',
    async (type) => {
      const { receiver, running, peer, let: go } = await stopped();
      await send(peer, about('1', 'A'), about('2', 'B'), merge('3', 'B', 'A', type));
      await send(peer, about('4', 'A'), about('5', 'B'), about('6', 'A'), about('7', 'C'));
      // C is nobody's: both flows give it at once when the receiver is there; the others keep their order.
      await go();
      await until(async () => ids(receiver, '/told').length >= 7, 'everything');
      await until(async () => ids(receiver, '/updates').length >= 6, 'the updates');
      const told = ids(receiver, '/told');
      inOrder(told, ['1', '3', '4', '5', '6']);
      inOrder(told, ['2', '3']);
      inOrder(ids(receiver, '/updates'), ['1', '4', '5', '6']);
      inOrder(ids(receiver, '/updates'), ['2', '4', '5', '6']);
      // Both patients find the merge.
      for (const patient of ['A', 'B']) {
        const [key] = running.engine.patientKeys(patient);
        const { rows } = await running.store.search({ patient: key as string, limit: 50 });
        expect(rows.map((row) => row.controlId)).toContain('3');
      }
      expect(await flagsOf(running, '3')).toEqual([]);
      peer.close();
    },
  );

  test('that crosses another, follows another, comes again, or is of a patient with itself keeps one order', async () => {
    const { receiver, peer, let: go } = await stopped();
    await send(
      peer,
      merge('m1', 'B', 'A'), // A joins B
      about('a1', 'A'),
      merge('m2', 'A', 'B'), // and the other way round
      about('b1', 'B'),
      about('a2', 'A'),
      merge('m3', 'C', 'A'), // a chain: B, A, C
      about('b2', 'B'),
      about('c1', 'C'),
      merge('m4', 'C', 'A'), // said once more, under another id
      merge('m5', 'C', 'C'), // of itself
      about('a3', 'A'),
      about('c2', 'C'),
    );
    await go();
    await until(async () => ids(receiver, '/told').length >= 12, 'everything');
    await until(async () => ids(receiver, '/updates').length >= 7, 'the updates');
    const told = ids(receiver, '/told');
    expect(told).toEqual(['m1', 'a1', 'm2', 'b1', 'a2', 'm3', 'b2', 'c1', 'm4', 'm5', 'a3', 'c2']);
    expect(ids(receiver, '/updates')).toEqual(['a1', 'b1', 'a2', 'b2', 'c1', 'a3', 'c2']);
    peer.close();
  });

  test('without a usable second patient is kept, flagged and delivered in the lane of the one it names', async () => {
    const { receiver, running, peer, let: go } = await stopped();
    await send(
      peer,
      about('1', 'A'),
      `${header('ADT^A40', '2')}\r${pid('A')}\r`,
      `${header('ADT^A40', '3')}\r${pid('A')}\rMRG|B^^^EPI^EPI\r`,
      `${header('ADT^A40', '4')}\r${pid('A')}\rMRG|""\r`,
      about('5', 'A'),
    );
    for (const id of ['2', '3', '4']) expect(await flagsOf(running, id)).toEqual(['merge-unread']);
    await go();
    await until(async () => ids(receiver, '/told').length >= 5, 'everything');
    expect(ids(receiver, '/told')).toEqual(['1', '2', '3', '4', '5']);
    peer.close();
  });

  test('of several pairs in one message joins each pair, and no others', async () => {
    const { receiver, peer, let: go } = await stopped([everything]);
    await send(
      peer,
      `${header('ADT^A40', 'm')}\r${pid('B')}\r${mrg('A')}\r${pid('D')}\r${mrg('C')}\r`,
      about('a', 'A'),
      about('b', 'B'),
      about('c', 'C'),
      about('d', 'D'),
    );
    await go();
    await until(async () => ids(receiver, '/told').length >= 5, 'everything');
    inOrder(ids(receiver, '/told'), ['m', 'a', 'b']);
    inOrder(ids(receiver, '/told'), ['m', 'c', 'd']);
    peer.close();
  });

  test('that is sent again after the unlink does not merge again', async () => {
    const { running, peer } = await stopped();
    const text = merge('m', 'B', 'A');
    await send(peer, text, unlink('u', 'A', 'B'), text);
    await send(peer, about('a', 'A'));
    const [row] = (await running.store.search({ controlId: 'm', limit: 5 })).rows;
    expect(row?.repeats).toBe(1);
    // Alone in its lane of the flow that does not want merges: it is tried, and not held behind b.
    const tried = await until(
      async () =>
        (await running.deliveriesOf('a')).find((one: Delivery) => one.flow === 'updates' && one.attempts > 0),
      'a to be tried',
    );
    expect(tried.state).toBe('waiting');
    peer.close();
  });
});

describe('an unlink', () => {
  test('parts the lanes, and holds what waited in them for a person', async () => {
    const { receiver, running, peer, let: go } = await stopped();
    await send(peer, merge('m', 'B', 'A'), about('a1', 'A'), about('b1', 'B'), about('c1', 'C'));
    const failing = await until(
      async () =>
        (await running.deliveriesOf('m')).find((one) => one.attempts > 0 && one.state === 'waiting'),
      'the merge to wait for its next attempt',
    );
    expect(failing.flow).toBe('everything');
    await send(peer, unlink('u', 'A', 'B'));
    await send(peer, about('a2', 'A'), about('b2', 'B'));
    await go();
    await until(async () => ids(receiver, '/told').includes('c1'), 'another patient');
    const heldOf = async (id: string): Promise<readonly Delivery[]> =>
      (await running.deliveriesOf(id)).filter(({ state }) => state === 'held');
    for (const id of ['m', 'a1', 'b1', 'u']) {
      const [one] = await heldOf(id);
      expect([id, one?.heldFor, one?.failure?.code]).toEqual([id, 'unlinked', 'PATIENTS_UNLINKED']);
    }
    expect(ids(receiver, '/told')).toEqual(['c1']);
    // The person lets them go; what came after the unlink stood behind them in lanes of its own.
    const deliveryIds = (await Promise.all(['m', 'a1', 'b1', 'u'].map(heldOf))).flat().map(({ id }) => id);
    await running.engine.release({ deliveryIds, to: 'waiting', who: 'kim', reason: 'both looked at' });
    await until(async () => ids(receiver, '/told').length >= 7, 'the rest');
    inOrder(ids(receiver, '/told'), ['m', 'a1', 'b1', 'u', 'a2']);
    inOrder(ids(receiver, '/told'), ['u', 'b2']);
    await until(async () => ids(receiver, '/updates').length >= 5, 'the updates');
    peer.close();
  });
});

test('the roster asks about the survivor alone, and about both again after the unlink', async () => {
  const receiver = await receiving();
  const { survivorsOf, survivorsPage } = await import('../../src/engine/merge.ts');
  const running = await engineWith({ app: app(receiver) }, [everything], {
    site: (await import('./engine.ts')).testSite(
      { 'hl7-in': { connector: 'mllp', listen: { port: 0 } }, app: app(receiver) },
      { roster: { from: ['hl7-in'] } },
    ),
  });
  const peer = await connectPeer(running.mllpPort);
  const keyOf = (patient: string): string => running.engine.patientKeys(patient)[0] as string;
  const [a, b, c] = [keyOf('A'), keyOf('B'), keyOf('C')];
  const asked = async (): Promise<string[]> =>
    (await survivorsPage(running.store, 'mercy', null, 2)).map(({ key }) => key);
  await send(
    peer,
    about('1', 'A'),
    about('2', 'B'),
    about('3', 'C'),
    merge('m1', 'B', 'A'),
    merge('m2', 'C', 'B'),
  );
  expect(await asked()).toEqual([c]);
  expect((await survivorsOf(running.store, 'mercy', [a, c])).map(({ key }) => key)).toEqual([c]);
  // Another message of the retired id changes nothing about that.
  await send(peer, about('4', 'A'));
  expect(await asked()).toEqual([c]);
  await send(peer, unlink('u', 'B', 'A'));
  expect((await survivorsOf(running.store, 'mercy', [a, b])).map(({ key }) => key).sort()).toEqual(
    [a, b].sort(),
  );
  peer.close();
});
