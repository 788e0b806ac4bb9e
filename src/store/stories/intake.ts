import { expect, test } from 'vitest';
import type { Append } from '../contract.ts';
import {
  benchForEach,
  bytesOf,
  delivery,
  type FreshBench,
  lease,
  message,
  messagesOf,
  put,
  refusal,
  T0,
  textOf,
  unit,
} from './bench.ts';

const dedupe = (hash: string, id = '1001') => ({ sender: 'EPIC|NORTH', id, hash });

export function intakeStories(fresh: FreshBench): void {
  const given = benchForEach(fresh);

  test('a message is kept byte for byte, with what is known of it', async () => {
    const every = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const [kept] = await given.store.append(
      unit([
        message({
          bytes: every,
          controlId: 'C1',
          flags: ['charset-wrong'],
          type: 'ORU^R01',
          deliveries: [delivery(['l'])],
        }),
      ]),
    );
    expect(kept).toEqual({
      kind: 'kept',
      messageId: expect.any(String),
      receivedAt: T0,
      flags: ['charset-wrong'],
    });
    const id = kept?.messageId as string;
    expect(Buffer.compare((await given.store.payload(id)) as Uint8Array, every)).toBe(0);
    const found = await given.store.message(id);
    expect(found?.message).toEqual({
      id,
      site: 'north',
      connection: 'adt',
      receivedAt: T0,
      door: 'feed',
      format: 'hl7',
      type: 'ORU^R01',
      controlId: 'C1',
      state: 'accepted',
      reason: null,
      flags: ['charset-wrong'],
      repeats: 0,
      size: 256,
      planned: 1,
    });
    expect(found?.deliveries).toMatchObject([
      { messageId: id, flow: 'notify', flowVersion: 'v1', state: 'waiting', attempts: 0 },
    ]);
  });

  test('what was acknowledged is there after a crash', async () => {
    const ids = await Promise.all(
      Array.from({ length: 50 }, (_, i) => put(given.store, [`lane ${i % 7}`], { bytes: bytesOf(`m${i}`) })),
    );
    const after = await given.bench.crash();
    for (const [i, id] of ids.entries()) expect(textOf(await after.payload(id))).toBe(`m${i}`);
    expect((await after.ledger()).waiting).toBe(50);
  });

  test('ids grow in the order in which messages were given', async () => {
    const ids = await Promise.all(Array.from({ length: 200 }, () => put(given.store, ['l'])));
    expect(ids.map(Number)).toEqual(ids.map(Number).sort((a, b) => a - b));
    expect(new Set(ids).size).toBe(200);
  });

  test('ids grow in that order, too, when one must be looked at twice and others come behind it', async () => {
    const audit = [{ at: T0, who: 'analyst', act: 'tried', on: 'a record', facts: {} }];
    // As it is, with more to be kept beside it, in a commit of its own, and with something to tell to sleepers.
    const behindIt = [
      () => unit([message()]),
      () => unit([message()], { seen: [{ resource: 'Patient', identity: 'one', hash: 'h' }] }),
      () => unit([message()], { audit }),
      () => unit([message({ cancels: ['lane#step'] })]),
    ];
    for (let round = 0; round < 12; round++) {
      const id = `again ${round}`;
      await given.store.append(unit([message({ dedupe: dedupe('h1', id) })]));
      // The same id with other bytes is not kept in one go.
      const kept = [given.store.append(unit([message({ dedupe: dedupe('h2', id) })]))];
      for (let behind = 0; behind < 20; behind++) {
        await new Promise((resolve) => setImmediate(resolve));
        kept.push(given.store.append((behindIt[(round + behind) % 4] as () => Append)()));
      }
      const ids = (await Promise.all(kept)).map(([one]) => Number(one?.messageId));
      expect(ids).toEqual([...ids].sort((a, b) => a - b));
    }
  });

  test('the same bytes under the same id are a repeat: the first answer again, nothing delivered again', async () => {
    const first = message({ dedupe: dedupe('h1'), deliveries: [delivery(['l'])] });
    const [kept] = await given.store.append(unit([first]));
    const [again] = await given.store.append(unit([{ ...first, receivedAt: T0 + 5_000 }]));
    expect(again).toEqual({ kind: 'duplicate', messageId: kept?.messageId, receivedAt: T0 });
    expect(await given.store.ledger()).toMatchObject({ received: 1, planned: 1 });
    expect((await given.store.message(kept?.messageId as string))?.message.repeats).toBe(1);
    const after = await given.bench.reopen();
    expect(await after.append(unit([first]))).toEqual([again]);
    expect(await after.tallies(T0)).toMatchObject([{ received: 1, repeats: 2 }]);
  });

  test('a repeat is found within one append, and within one commit', async () => {
    const first = message({ dedupe: dedupe('h1') });
    const appended = await given.store.append(unit([first, first]));
    expect(appended.map((one) => one.kind)).toEqual(['kept', 'duplicate']);
    const together = await Promise.all(
      Array.from({ length: 5 }, () => given.store.append(unit([message({ dedupe: dedupe('h2', '2') })]))),
    );
    expect(together.map(([one]) => one?.kind)).toEqual([
      'kept',
      'duplicate',
      'duplicate',
      'duplicate',
      'duplicate',
    ]);
  });

  test('the same id with other bytes is delivered and flagged; each of the two is known afterwards', async () => {
    await given.store.append(unit([message({ dedupe: dedupe('h1') })]));
    const [other] = await given.store.append(unit([message({ dedupe: dedupe('h2') })]));
    expect(other).toMatchObject({ kind: 'kept', flags: ['control-id-reused'] });
    const [again] = await given.store.append(unit([message({ dedupe: dedupe('h2') })]));
    expect(again).toMatchObject({ kind: 'duplicate', messageId: other?.messageId });
  });

  test('another sender, another connection, or no key at all is never a repeat', async () => {
    const one = message({ dedupe: dedupe('h1') });
    const other = message({ dedupe: { ...dedupe('h1'), sender: 'EPIC|SOUTH' } });
    await given.store.append(unit([one]));
    const kinds = [
      await given.store.append(unit([other])),
      await given.store.append(unit([one], { connection: 'adt-2' })),
      await given.store.append(unit([message(), message()])),
    ].flatMap((appended) => appended.map((each) => each.kind));
    expect(kinds).toEqual(['kept', 'kept', 'kept', 'kept']);
  });

  test('a refused message is judged afresh when it comes again', async () => {
    const refused = message({ state: 'rejected', reason: 'MSH-9 is empty.', dedupe: dedupe('h1') });
    await given.store.append(unit([refused]));
    const [second] = await given.store.append(unit([refused]));
    const [third] = await given.store.append(unit([{ ...refused, state: 'accepted', reason: null }]));
    expect([second?.kind, third?.kind]).toEqual(['kept', 'kept']);
    expect(third).toMatchObject({ flags: [] });
    expect(await given.store.ledger()).toMatchObject({ received: 3, rejected: 2, accepted: 1, unrouted: 1 });
  });

  test('messages and cursor go together: a cursor that was moved by another refuses all of it', async () => {
    const move = (value: string, expect: number) => ({ name: 'appointments', value, expect });
    await given.store.append(unit([message()], { cursor: move('a', 0) }));
    expect(await given.store.cursor('north', 'adt', 'appointments')).toEqual({ value: 'a', version: 1 });
    const stale = given.store.append(
      unit([message()], { cursor: move('b', 0), seen: [{ resource: 'r', identity: 'i', hash: 'h' }] }),
    );
    expect(await refusal(stale)).toBe('STORE_CURSOR_MOVED');
    expect((await given.store.ledger()).received).toBe(1);
    expect((await given.store.seen('north', 'r', ['i'])).size).toBe(0);
    await given.store.append(unit([message()], { cursor: move('c', 1) }));
    expect(await given.store.cursor('north', 'adt', 'appointments')).toEqual({ value: 'c', version: 2 });
    expect(await given.store.cursor('north', 'adt', 'other')).toBeNull();
  });

  test('positions are listed with their time; a count finds what is there no more', async () => {
    const at = (name: string, value: string, moved: number) => ({ name, value, expect: 0, at: moved });
    const mark = (identity: string, census?: number) => ({
      resource: 'Patient',
      identity,
      hash: `of ${identity}`,
      ...(census === undefined ? {} : { census }),
    });
    await given.store.append(
      unit([], { cursor: at('b', 'x', T0), seen: [mark('1', 1), mark('2', 1), mark('never counted')] }),
    );
    await given.store.append(unit([], { cursor: at('a', 'y', T0 + 1) }));
    await given.store.append(unit([], { site: 'south', cursor: at('a', 'z', T0 + 2) }));
    expect(await given.store.cursors('north')).toEqual([
      { site: 'north', connection: 'adt', name: 'a', value: 'y', version: 1, movedAt: T0 + 1 },
      { site: 'north', connection: 'adt', name: 'b', value: 'x', version: 1, movedAt: T0 },
    ]);
    expect((await given.store.cursors()).map(({ site }) => site)).toEqual(['north', 'north', 'south']);

    await given.store.append(unit([], { seen: [mark('1', 2), mark('3', 2)] }));
    await given.store.append(unit([], { site: 'south', seen: [mark('1', 1)] }));
    expect(await given.store.uncounted('north', 'Patient', 2)).toBe(1);
    await given.store.append(unit([], { gone: { resource: 'Patient', before: 2 } }));
    expect(await given.store.uncounted('north', 'Patient', 2)).toBe(0);
    expect([...(await given.store.seen('north', 'Patient', ['1', '2', '3', 'never counted']))]).toEqual([
      ['1', 'of 1'],
      ['2', 'gone'],
      ['3', 'of 3'],
      ['never counted', 'of never counted'],
    ]);
    expect([...(await given.store.seen('south', 'Patient', ['1']))]).toEqual([['1', 'of 1']]);

    const patient = (key: string, activeAt: number, more: object = {}) => ({
      key,
      identifiers: [],
      activeAt,
      ...more,
    });
    const roster = [patient('k1', T0), patient('k2', T0 + 5), patient('k3', T0 + 9, { mergedInto: 'k1' })];
    await given.store.append(unit([], { roster }));
    const keys = async (activity: { from?: number; to?: number }) =>
      (await given.store.rosterPage('north', null, 9, activity)).map(({ key }) => key);
    expect(await keys({ from: T0 + 5 })).toEqual(['k2', 'k3']);
    expect(await keys({ to: T0 + 5 })).toEqual(['k1']);
    expect(await keys({ from: T0 + 1, to: T0 + 9 })).toEqual(['k2']);
    expect((await given.store.rosterGet('north', ['k3']))[0]?.mergedInto).toBe('k1');
  });

  test('a bad append harms none of its neighbours in the same commit', async () => {
    const known = (id: number) => ({ dedupe: { sender: 's', id: String(id), hash: String(id) } });
    const good = Array.from({ length: 10 }, (_, i) => put(given.store, [`l${i}`], known(i)));
    const bad = [
      given.store.append(
        unit([message({ deliveries: [delivery(['l0']), delivery([])] })], { connection: 'new' }),
      ),
      given.store.append(unit([message({ deliveries: [delivery(['l1'])], door: 'window' as 'feed' })])),
      given.store.append(unit([message()], { cursor: { name: 'c', value: 1, expect: 9 }, audit: [] })),
    ];
    const more = Array.from({ length: 10 }, (_, i) => put(given.store, [`l${i}`], known(10 + i)));
    expect(await Promise.all(bad.map(refusal))).toEqual([
      'STORE_REFUSED',
      'STORE_REFUSED',
      'STORE_CURSOR_MOVED',
    ]);
    const ids = await Promise.all([...good, ...more]);
    expect(await given.store.ledger()).toMatchObject({ received: 20, planned: 20, waiting: 20 });
    expect((await given.store.tallies(T0)).map((tally) => tally.received)).toEqual([20]);
    const leased = await lease(given.store);
    expect(messagesOf(leased)).toEqual(ids.slice(0, 10));
    // What was tried and taken back is no earlier message of the same id.
    expect(leased.flatMap((one) => one.message.flags)).toEqual([]);
    expect(given.store.health()).toEqual({ state: 'ready' });
  });

  test('seen marks and roster entries are there for those who ask', async () => {
    await given.store.append(
      unit([], {
        seen: [
          { resource: 'Appointment', identity: 'csn-1', hash: 'a' },
          { resource: 'Appointment', identity: 'csn-2', hash: 'b' },
        ],
        roster: [
          { key: 'k2', identifiers: [{ system: 'mrn', value: '2' }], activeAt: T0 },
          { key: 'k1', identifiers: [{ system: 'mrn', value: '1' }], activeAt: T0 },
        ],
      }),
    );
    await given.store.append(
      unit([], {
        seen: [{ resource: 'Appointment', identity: 'csn-1', hash: 'c' }],
        roster: [
          { key: 'k1', identifiers: [{ system: 'epi', value: 'E1' }], fhirId: 'f1', activeAt: T0 + 9 },
          { key: 'k1', identifiers: [], activeAt: T0 + 3 },
        ],
      }),
    );
    const seen = await given.store.seen('north', 'Appointment', ['csn-1', 'csn-2', 'csn-3']);
    expect([...seen]).toEqual([
      ['csn-1', 'c'],
      ['csn-2', 'b'],
    ]);
    expect((await given.store.seen('south', 'Appointment', ['csn-1'])).size).toBe(0);
    const both = [
      { system: 'mrn', value: '1' },
      { system: 'epi', value: 'E1' },
    ];
    const k1 = { key: 'k1', identifiers: both, fhirId: 'f1', activeAt: T0 + 9 };
    expect(await given.store.rosterPage('north', null, 1)).toEqual([k1]);
    expect((await given.store.rosterPage('north', 'k1', 5)).map((entry) => entry.key)).toEqual(['k2']);
    expect(await given.store.rosterGet('north', ['k1', 'k9'])).toEqual([k1]);
    expect(await given.store.rosterPage('south', null, 5)).toEqual([]);
  });
}
