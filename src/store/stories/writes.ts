import { expect, test } from 'vitest';
import type { EndedWriteQuery, NewWrite, WriteMove } from '../contract.ts';
import { audit, benchForEach, type FreshBench, failure, T0 } from './bench.ts';

const plan = (key: string, more: Partial<NewWrite> = {}): NewWrite => ({
  key,
  identity: 'one note',
  site: 'north',
  connection: 'epic',
  what: 'documentReference.create',
  deliveryId: '11',
  messageId: '1',
  flow: 'file-note',
  step: 'file',
  body: { note: 'said Ödegård' },
  at: T0,
  idleSince: T0 - 60_000,
  ...more,
});

const move = (key: string, from: WriteMove['from'][number], to: WriteMove['to'], more = {}): WriteMove => ({
  key,
  from: [from],
  to,
  at: T0 + 1,
  ...more,
});

export function writeStories(fresh: FreshBench): void {
  const given = benchForEach(fresh);

  test('a write is on disk before it goes out, and a crash at any point leaves it where it stood', async () => {
    expect(await given.store.planWrite(plan('a'))).toMatchObject({
      kind: 'planned',
      twin: null,
      write: { state: 'planned', attempts: 0, sentAt: null, body: { note: 'said Ödegård' } },
    });
    let store = await given.bench.crash();
    expect(await store.planWrite(plan('a', { body: 'mapped anew' }))).toMatchObject({
      write: { state: 'planned', createdAt: T0, body: 'mapped anew' },
    });
    expect(await store.moveWrite(move('a', 'planned', 'sending'))).toBe('settled');
    // The same delivery on a node that believes it still has it.
    expect(await store.moveWrite(move('a', 'planned', 'sending'))).toBe('stale');
    store = await given.bench.crash();
    expect(await store.planWrite(plan('a', { body: 'too late' }))).toMatchObject({
      write: { state: 'sending', attempts: 1, sentAt: T0 + 1, body: 'mapped anew' },
    });
    await store.moveWrite(move('a', 'sending', 'unknown', { failure }));
    await store.moveWrite(move('a', 'unknown', 'unknown', { failure, looked: true, attempts: 1 }));
    // An answer to an attempt that is not the last one says nothing of the last one.
    expect(await store.moveWrite(move('a', 'unknown', 'refused', { attempts: 0 }))).toBe('stale');
    const [row] = (await store.writes({ limit: 10 })).rows;
    expect(row).toMatchObject({ state: 'unknown', lookups: 1, failure, flow: 'file-note', messageId: '1' });
    expect(JSON.stringify(row)).not.toContain('mapped anew');
    const done = { result: { id: 'e1' }, resultKey: 'hash of e1', audit: audit('write.settle') };
    expect(await store.moveWrite(move('a', 'unknown', 'done', done))).toBe('settled');
    expect(await store.write(row?.id ?? '')).toMatchObject({ state: 'done', result: { id: 'e1' } });
    expect((await store.writes({ limit: 10 })).rows).toEqual([]);
    expect((await store.writes({ messageId: '1', limit: 10 })).rows).toMatchObject([{ state: 'done' }]);
    expect(await store.writtenBy('north', ['hash of e1', 'other'])).toEqual(new Map([['hash of e1', 'a']]));
    expect(await store.writtenBy('south', ['hash of e1'])).toEqual(new Map());
    expect((await store.auditTrail({ limit: 1 })).rows).toMatchObject([{ act: 'write.settle' }]);
  });

  test('of one identity one write is open, whoever comes; a planned one that nobody touches gives way', async () => {
    const first = await Promise.all(['a', 'b', 'c'].map((key) => given.store.planWrite(plan(key))));
    expect(first.map((one) => one.kind).sort()).toEqual(['busy', 'busy', 'planned']);
    const holder = first.find((one) => one.kind === 'planned')?.write.key ?? '';
    const [late = '', later = ''] = ['a', 'b', 'c'].filter((key) => key !== holder);
    expect(await given.store.planWrite(plan('x', { identity: 'another note' }))).toMatchObject({
      kind: 'planned',
    });
    const store = await given.bench.crash();
    expect(await store.planWrite(plan(late, { at: T0 + 30_000 }))).toMatchObject({
      kind: 'busy',
      by: { key: holder, state: 'planned' },
    });
    const patient = { at: T0 + 90_000, idleSince: T0 + 30_000 };
    expect(await store.planWrite(plan(late, patient))).toMatchObject({ kind: 'planned' });
    // The one that gave way comes back: it must not go out any more.
    expect(await store.moveWrite(move(holder, 'planned', 'sending'))).toBe('stale');
    await store.moveWrite(move(late, 'planned', 'sending'));
    // What may have gone out gives way to nobody, however old.
    const never = { at: T0 + 9e9, idleSince: T0 + 9e9 };
    expect(await store.planWrite(plan(later, never))).toMatchObject({ kind: 'busy', by: { key: late } });
    await store.moveWrite(move(late, 'sending', 'unknown', { failure }));
    expect(await store.planWrite(plan(later, never))).toMatchObject({ kind: 'busy', by: { key: late } });
    await store.moveWrite(move(late, 'unknown', 'done', { result: { id: 'e1' } }));
    expect(await store.planWrite(plan(later))).toMatchObject({
      kind: 'planned',
      write: { key: later },
      twin: { key: late, result: { id: 'e1' } },
    });
    await store.moveWrite(move(later, 'planned', 'refused', { failure }));
    expect(await store.pruneWrites({ endedBefore: T0 + 1, limit: 10 })).toBe(0);
    expect(await store.pruneWrites({ endedBefore: T0 + 9e9, limit: 10 })).toBe(3);
    expect((await store.writes({ limit: 10 })).rows.map((row) => row.key)).toEqual(['x']);
  });

  test('open ones are told by site and flow, ended ones the last first, a page at a time', async () => {
    const plans = ['a', 'b', 'c', 'd', 'e'].map((key, at) =>
      plan(key, {
        identity: key,
        ...(at % 2 === 0 ? {} : { site: 'south', flow: 'other', deliveryId: '21', messageId: '2' }),
      }),
    );
    for (const one of plans) await given.store.planWrite(one);
    const { rows } = await given.store.writes({ site: 'south', limit: 2 });
    expect(rows.map(({ key }) => key)).toEqual(['b', 'd']);
    expect((await given.store.writes({ flow: 'file-note', limit: 2 })).rows.map(({ key }) => key)).toEqual([
      'a',
      'c',
    ]);
    const end = (key: string, at: number, to: 'done' | 'refused') =>
      given.store.moveWrite({
        key,
        from: ['planned'],
        to,
        at,
        ...(to === 'done' ? { result: { of: key } } : {}),
      });
    await end('c', T0 + 10, 'done');
    await end('a', T0 + 20, 'refused');
    await end('e', T0 + 20, 'done');
    await end('b', T0 + 30, 'done');
    const keys = async (query: Omit<EndedWriteQuery, 'limit'>, limit = 10): Promise<string> => {
      const found: string[] = [];
      let before: string | undefined;
      do {
        const page = await given.store.endedWrites({ ...query, limit, ...(before ? { before } : {}) });
        found.push(...page.rows.map(({ key }) => key));
        before = page.before ?? undefined;
      } while (before !== undefined);
      return found.join('');
    };
    expect(await keys({})).toBe('beac');
    expect(await keys({}, 1)).toBe('beac');
    expect(await keys({ site: 'north' }, 2)).toBe('eac');
    expect(await keys({ flow: 'other' })).toBe('b');
    expect(await keys({ state: 'refused' })).toBe('a');
    expect(await keys({ from: T0 + 20, to: T0 + 30 }, 1)).toBe('ea');
    const [newest] = (await given.store.endedWrites({ limit: 1 })).rows;
    expect(newest).toMatchObject({
      state: 'done',
      result: { of: 'b' },
      body: { note: 'said Ödegård' },
      messageId: '2',
    });
    const ofMessage = { messageId: '2', states: ['done' as const], limit: 1 };
    expect((await given.store.writes(ofMessage)).rows.map(({ key }) => key)).toEqual(['b']);
  });
}
