/** Finished history: searched by its text, moved out of the way, removed by its age and its end, told apart from repeats. */
import { expect, test } from 'vitest';
import type { MessageEnd, MessageQuery, Store } from '../contract.ts';
import {
  audit,
  benchForEach,
  bytesOf,
  delivery,
  type FreshBench,
  failure,
  lease,
  leaseOne,
  message,
  put,
  settle,
  T0,
  textOf,
  unit,
} from './bench.ts';

const DAY = 86_400_000;
const text = (more: string): Uint8Array =>
  bytesOf(`MSH|^~\\&|EPIC|NORTH|||20261121||ADT^A01|1|P|2.5\rPID|1||${more}\r`);

/** Every page of a scan: ids, newest first, and how many payloads were looked at. */
async function scanned(store: Store, wanted: string, more: Partial<MessageQuery> = {}) {
  const ids: string[] = [];
  let looked = 0;
  let before: string | null = null;
  do {
    const page = await store.scan({
      text: wanted,
      from: T0 - 400 * DAY,
      to: T0 + 400 * DAY,
      limit: 50,
      ...more,
      ...(before === null ? {} : { before }),
    });
    ids.push(...page.rows.map((row) => row.id));
    looked += page.looked;
    before = page.before;
  } while (before !== null);
  return { ids, looked };
}

async function allOf(store: Store, query: Partial<MessageQuery> = {}): Promise<string[]> {
  const ids: string[] = [];
  let before: string | null = null;
  do {
    const page = await store.search({ limit: 3, ...query, ...(before === null ? {} : { before }) });
    ids.push(...page.rows.map((row) => row.id));
    before = page.before;
  } while (before !== null);
  return ids;
}

/** Ends every delivery that is due. */
async function deliverAll(store: Store, to: 'delivered' | 'dead' | 'filtered' = 'delivered'): Promise<void> {
  for (
    let some = await lease(store, 500, T0 + 500 * DAY);
    some.length > 0;
    some = await lease(store, 500, T0 + 500 * DAY)
  ) {
    for (const one of some) {
      const end =
        to === 'dead'
          ? ({ to, failure, detail: 'said' } as const)
          : to === 'filtered'
            ? ({ to, step: 'filter' } as const)
            : ({ to } as const);
      await settle(store, one, end, {
        steps: [{ step: 's', startedAt: T0, ms: 1, output: { id: one.message.id } }],
      });
    }
  }
}

export function historyStories(fresh: FreshBench): void {
  const given = benchForEach(fresh);

  test('free text finds whatever case and writing, within its time and the rest of the query', async () => {
    const { store } = given;
    const smith = await put(store, ['a'], { bytes: text('SMITH^ANN') });
    const small = await put(store, ['a'], { bytes: text('smith^bob'), type: 'ADT^A08' });
    const umlaut = await put(store, ['a'], { bytes: text('MÜLLER^EVA') });
    const latin = await put(store, ['a'], {
      bytes: new Uint8Array(Buffer.from('MSH|x\rPID|M\xdcLLER', 'latin1')),
    });
    const large = await put(store, ['a'], { bytes: text(`${'X'.repeat(20_000)} Smith`) });
    const later = await put(store, ['a'], { bytes: text('SMITH'), receivedAt: T0 + DAY });
    expect(await scanned(store, 'sMiTh')).toEqual({ ids: [later, large, small, smith], looked: 6 });
    expect((await scanned(store, 'müller')).ids).toEqual([latin, umlaut]);
    expect((await scanned(store, 'nobody')).ids).toEqual([]);
    expect(await scanned(store, 'smith', { type: 'ADT^A08' })).toEqual({ ids: [small], looked: 1 });
    expect((await scanned(store, 'smith', { to: T0 + DAY / 2 })).ids).toEqual([large, small, smith]);
    expect((await scanned(store, 'smith', { from: T0 + DAY / 2 })).ids).toEqual([later]);
    expect((await scanned(store, 'smith', { limit: 1 })).ids).toEqual([later, large, small, smith]);
  });

  test('one call looks at a bounded number; page by page all are looked at', async () => {
    const { store } = given;
    for (let many = 0; many < 12; many++) {
      await store.append(
        unit(Array.from({ length: 1_000 }, (_, at) => message({ bytes: text(`P${many} ${at}`) }))),
      );
    }
    const page = await store.scan({ text: 'nobody', from: T0 - 1, to: T0 + 60_000, limit: 10 });
    expect(page.looked).toBeGreaterThan(0);
    expect(page.looked).toBeLessThan(12_000);
    expect(page.before).not.toBeNull();
    expect((await scanned(store, 'nobody')).looked).toBe(12_000);
  });

  test('what is finished and old is shelved: out of the way, and read as before', async () => {
    const { store } = given;
    const ids: string[] = [];
    for (let day = 0; day < 70; day += 10) {
      ids.push(
        await put(store, [`lane ${day}`], {
          bytes: text(`PATIENT${day}`),
          receivedAt: T0 + day * DAY,
          controlId: `C${day}`,
          dedupe: { sender: 's', id: `C${day}`, hash: `h${day}` },
          patients: ['p', `p${day}`],
        }),
      );
    }
    await deliverAll(store);
    const open = await put(store, ['open'], { patients: ['p'], bytes: text('OPEN') });
    const dead = await put(store, ['dead'], { patients: ['p'], bytes: text('DEAD') });
    for (const one of await lease(store, 9)) {
      if (one.message.id === open) await settle(store, one, { to: 'given back' });
      else await settle(store, one, { to: 'dead', failure, detail: 'x' });
    }
    const refused = await store.append(
      unit([message({ state: 'rejected', reason: 'No MSH.', bytes: text('R') })]),
    );
    const everything = [...ids, open, dead, refused[0]?.messageId as string];
    const told = async (one: Store) => ({
      all: (await allOf(one)).map(Number),
      ofPatient: await allOf(one, { patient: 'p' }),
      ofOne: await allOf(one, { patient: 'p20' }),
      byControlId: await allOf(one, { controlId: 'C30' }),
      delivered: await allOf(one, { state: 'delivered' }),
      rejected: await allOf(one, { state: 'rejected' }),
      ofFlow: await allOf(one, { flow: 'notify' }),
      within: await allOf(one, { from: T0 + 15 * DAY, to: T0 + 45 * DAY }),
      text: (await scanned(one, 'patient')).ids,
      payloads: await Promise.all(everything.map(async (id) => textOf(await one.payload(id)))),
      messages: await Promise.all(everything.map((id) => one.message(id))),
      histories: await Promise.all(
        everything.map(async (id) => {
          const [first] = (await one.message(id))?.deliveries ?? [];
          return first ? one.history(first.id) : null;
        }),
      ),
      ledger: await one.ledger(),
      tallies: await one.tallies(T0),
      dead: (await one.deadLetters({ limit: 9 })).rows,
    });
    const before = await told(store);
    expect(before.all).toHaveLength(everything.length);
    expect(before.within).toEqual([ids[4], ids[3], ids[2]]);
    for (const cut of [T0 + 5 * DAY, T0 + 35 * DAY, T0 + 100 * DAY]) {
      await store.shelve({ receivedBefore: cut, limit: 1_000 });
      expect(await told(store)).toEqual(before);
    }
    expect(await store.shelve({ receivedBefore: T0 + 100 * DAY, limit: 1_000 })).toBe(0);
    expect(await told(await given.bench.crash())).toEqual(before);
    expect(await told(await given.bench.reopen())).toEqual(before);
  });

  test('a shelved message is replayed like any other, and shelved again', async () => {
    const { store } = given;
    const old = await put(store, ['a'], { bytes: text('OLD'), patients: ['p'], controlId: 'C' });
    await deliverAll(store);
    await store.shelve({ receivedBefore: T0 + DAY, limit: 9 });
    const [first] = (await store.message(old))?.deliveries ?? [];
    const [again] = await store.replay({
      deliveryIds: [first?.id as string],
      versions: {},
      at: T0 + DAY,
      audit: audit(),
    });
    const leased = await leaseOne(store, T0 + 2 * DAY);
    expect([leased.delivery.id, textOf(leased.bytes), leased.delivery.replayOf]).toEqual([
      again,
      text('OLD') && textOf(text('OLD')),
      first?.id,
    ]);
    expect(await allOf(store)).toEqual([old]);
    expect(await store.ledger()).toMatchObject({ received: 1, planned: 2, delivered: 1, running: 1 });
    await settle(store, leased, { to: 'delivered' });
    for (let round = 0; round < 2; round++) {
      await given.store.shelve({ receivedBefore: T0 + DAY, limit: 9 });
      const kept = await given.bench.reopen();
      expect(await allOf(kept, { patient: 'p' })).toEqual([old]);
      expect((await kept.message(old))?.deliveries).toHaveLength(2);
      expect(await kept.ledger()).toMatchObject({ received: 1, planned: 2, delivered: 2 });
      expect(await kept.tallies(T0)).toMatchObject([{ received: 1, sent: 2, queued: 0 }]);
    }
  });

  test('each feed and each end has its own age', async () => {
    const { store } = given;
    const made = async (site: string, connection: string): Promise<Record<MessageEnd, string>> => {
      const kept = async (lanes: readonly string[], more = {}): Promise<string> => {
        const [one] = await store.append({
          site,
          connection,
          messages: [message({ deliveries: lanes.map((lane) => delivery([lane])), ...more })],
        });
        return one?.messageId as string;
      };
      const delivered = await kept(['x', 'y']);
      const [first, second] = await lease(store, 9);
      if (first) await settle(store, first, { to: 'delivered' });
      if (second) await settle(store, second, { to: 'filtered', step: 'f' });
      const filtered = await kept(['x']);
      await deliverAll(store, 'filtered');
      const dead = await kept(['x', 'y']);
      const [told] = await lease(store, 1);
      if (told) await settle(store, told, { to: 'delivered' });
      await deliverAll(store, 'dead');
      const unrouted = await kept([]);
      const rejected = await kept([], { state: 'rejected', reason: 'No MSH.' });
      return { delivered, filtered, dead, unrouted, rejected };
    };
    const north = await made('north', 'adt');
    const labs = await made('north', 'labs');
    const south = await made('south', 'adt');
    const waits = await put(store, ['w']);
    const left = async (): Promise<string[]> => (await allOf(store)).sort((a, b) => Number(a) - Number(b));
    const request = { receivedBefore: T0 + DAY, limit: 100 };
    expect(await store.prune({ ...request, site: 'north', connection: 'adt', ended: 'delivered' })).toBe(1);
    expect(await store.prune({ ...request, site: 'north', ended: 'dead' })).toBe(2);
    expect(await store.prune({ ...request, ended: 'rejected' })).toBe(3);
    expect(await store.prune({ ...request, site: 'south', ended: 'unrouted' })).toBe(1);
    expect(await store.prune({ ...request, connection: 'labs', ended: 'filtered' })).toBe(1);
    expect(await left()).toEqual([
      north.filtered,
      north.unrouted,
      labs.delivered,
      labs.unrouted,
      south.delivered,
      south.filtered,
      south.dead,
      waits,
    ]);
    expect(await store.prune({ ...request, site: 'nowhere' })).toBe(0);
    expect(await store.prune(request)).toBe(7);
    expect(await left()).toEqual([waits]);
    expect(await store.ledger()).toMatchObject({ received: 1, planned: 1, waiting: 1 });
  });

  test('a message stays as long as the longest of its flows says, wherever it lies', async () => {
    const { store } = given;
    const made = async (flows: readonly string[], day: number): Promise<string> => {
      const [one] = await store.append(
        unit([
          message({
            receivedAt: T0 + day * DAY,
            deliveries: flows.map((flow, at) => delivery([`${flow}${at}`], { flow })),
          }),
        ]),
      );
      return one?.messageId as string;
    };
    const all: Record<string, string[]> = {};
    for (const day of [0, 40]) {
      for (const flows of [['brief'], ['usual'], ['long'], ['brief', 'long'], ['brief', 'usual'], []]) {
        const name = flows.join('+') || 'none';
        all[name] = [...(all[name] ?? []), await made(flows, day)];
      }
    }
    await deliverAll(store);
    const waits = await made(['brief'], 0);
    // Half of them lie in a period file; what the others are is the same.
    await store.shelve({ receivedBefore: T0 + 20 * DAY, limit: 100 });
    // Now it is day 60: the feed keeps 30 days, one flow 10, another 50.
    const days = (kept: number): number => T0 + (60 - kept) * DAY;
    const request = {
      receivedBefore: days(30),
      flows: [
        { flow: 'brief', receivedBefore: days(10) },
        { flow: 'long', receivedBefore: days(50) },
        { flow: 'nobody', receivedBefore: days(1) },
      ],
      ...{ limit: 100, repeatsBefore: T0 },
    };
    const left = async (): Promise<string[]> => (await allOf(store)).sort((a, b) => Number(a) - Number(b));
    // Only a time of it: of what came on the first day, or only of what came after.
    expect(await store.prune({ ...request, within: { from: T0 + DAY, to: T0 + 90 * DAY } })).toBe(1);
    expect(await store.prune({ ...request, within: { from: 0, to: T0 } })).toBe(0);
    const later = ['usual', 'long', 'brief+long', 'brief+usual', 'none'].map((one) => all[one]?.[1]);
    expect(await left()).toEqual([...Object.values(all).map(([first]) => first), ...later, waits]);
    expect(await store.prune({ ...request, receivedBefore: days(55), flows: request.flows })).toBe(6);
    expect(await store.prune(request)).toBe(0);
    expect(await left()).toEqual([...later, waits]);
    // The long one is kept for 70 days now: nothing of it leaves, however old the others are.
    const longer = {
      ...request,
      receivedBefore: days(0),
      flows: [{ flow: 'long', receivedBefore: days(70) }],
    };
    expect(await store.prune({ ...longer, ended: 'delivered', site: 'north', connection: 'adt' })).toBe(2);
    expect(await left()).toEqual([all.long?.[1], all['brief+long']?.[1], all.none?.[1], waits]);
    expect(await store.ledger()).toMatchObject({ received: 4, delivered: 3, waiting: 1, unrouted: 1 });
    expect(await store.tallies(T0)).toMatchObject([{ received: 4, sent: 3, queued: 1 }]);
  });

  test('shelved messages leave by their age and end, too; a period of which all has left is gone', async () => {
    const { store } = given;
    const some: string[] = [];
    for (let day = 0; day < 4; day++)
      some.push(await put(store, ['a'], { receivedAt: T0 + day * DAY, patients: ['p'] }));
    await deliverAll(store);
    const [refused] = await store.append(unit([message({ state: 'rejected', reason: 'No MSH.' })]));
    await store.shelve({ receivedBefore: T0 + 10 * DAY, limit: 100 });
    expect(await store.prune({ receivedBefore: T0 + 2 * DAY - 1, limit: 100, ended: 'delivered' })).toBe(2);
    expect(await allOf(store)).toEqual([refused?.messageId, some[3], some[2]]);
    expect(await allOf(store, { patient: 'p' })).toEqual([some[3], some[2]]);
    expect(await store.message(some[0] as string)).toBeNull();
    expect(await store.payload(some[0] as string)).toBeNull();
    expect(await store.ledger()).toMatchObject({ received: 3, delivered: 2, rejected: 1 });
    expect(await store.tallies(T0)).toMatchObject([{ received: 3, sent: 2, errored: 1 }]);
    expect(await store.prune({ receivedBefore: T0 + 20 * DAY, limit: 100 })).toBe(3);
    expect(await allOf(store)).toEqual([]);
    expect(await store.ledger()).toMatchObject({ received: 0, planned: 0 });
    expect(await store.tallies(T0)).toMatchObject([{ received: 0, sent: 0, errored: 0 }]);
    const reopened = await given.bench.reopen();
    const next = await put(reopened, ['a']);
    expect(Number(next)).toBeGreaterThan(Number(refused?.messageId));
  });

  test('a repeat is recognised after its first has left, for its window', async () => {
    const { store } = given;
    const dedupe = { sender: 's', id: '1', hash: 'h' };
    const first = await put(store, ['a'], { dedupe });
    const shelved = await put(store, ['a'], { dedupe: { ...dedupe, id: '2' } });
    await deliverAll(store);
    await store.shelve({ receivedBefore: T0 + 1, limit: 9 });
    const again = (one: Store, id: string, more = {}) =>
      one.append(unit([message({ receivedAt: T0 + DAY, dedupe: { ...dedupe, id, ...more } })]));
    expect(await again(store, '2')).toEqual([{ kind: 'duplicate', messageId: shelved, receivedAt: T0 }]);
    await store.prune({ receivedBefore: T0 + 60_000, limit: 9, repeatsBefore: T0 - DAY });
    expect(await store.message(first)).toBeNull();
    expect(await store.message(shelved)).toBeNull();
    for (let round = 0; round < 2; round++) {
      const kept = round === 0 ? store : await given.bench.reopen();
      expect(await again(kept, '1')).toEqual([{ kind: 'duplicate', messageId: first, receivedAt: T0 }]);
      expect(await again(kept, '2')).toEqual([{ kind: 'duplicate', messageId: shelved, receivedAt: T0 }]);
    }
    const open = given.bench.store;
    // Its window has ended: the same id counts as a new message, and is no reuse.
    expect(await again(open, '1', { since: T0 + 1 })).toMatchObject([{ kind: 'kept', flags: [] }]);
    expect(await again(open, '2', { hash: 'other' })).toMatchObject([
      { kind: 'kept', flags: ['control-id-reused'] },
    ]);
    await open.prune({ receivedBefore: T0 - DAY, limit: 9, repeatsBefore: T0 + 1 });
    expect(await again(open, '2', { hash: 'h' })).toMatchObject([
      { kind: 'kept', flags: ['control-id-reused'] },
    ]);
  });

  test('the same again but for its time of sending is told, or left out, as asked', async () => {
    const { store } = given;
    const sent = (time: string, rest = 'PID|1||4711') =>
      bytesOf(`MSH|^~\\&|EPIC|NORTH|APP|US|${time}||ADT^A01|1|P|2.5\r${rest}\r`);
    const dedupe = { sender: 's', id: '1' };
    const first = await put(store, ['a'], { bytes: sent('1'), dedupe: { ...dedupe, hash: '1' } });
    const append = (bytes: Uint8Array, hash: string, more = {}) =>
      store.append(unit([message({ bytes, dedupe: { ...dedupe, hash, ...more } })]));
    expect(await append(sent('2'), '2')).toMatchObject([{ kind: 'kept', flags: ['resent-with-new-time'] }]);
    expect(await append(sent('3', 'PID|1||4712'), '3')).toMatchObject([
      { kind: 'kept', flags: ['control-id-reused'] },
    ]);
    const ignoring = await append(sent('4'), '4', { ignoreTime: true });
    expect(ignoring).toMatchObject([{ kind: 'duplicate' }]);
    expect(Number(ignoring[0]?.messageId)).toBeGreaterThanOrEqual(Number(first));
    expect(await append(sent('5', 'PID|1||4713'), '5', { ignoreTime: true })).toMatchObject([
      { kind: 'kept', flags: ['control-id-reused'] },
    ]);
  });
}
