import { expect, test } from 'vitest';
import type { Exchange } from '../contract.ts';
import { benchForEach, type FreshBench, T0 } from './bench.ts';

const call = (more: Partial<Exchange> = {}): Omit<Exchange, 'id'> => ({
  kind: 'call',
  at: T0,
  ms: 12,
  site: 'mercy',
  connection: 'cds',
  flow: 'follow-up-card',
  flowVersion: 'v1',
  service: 'follow-up',
  hook: 'patient-view',
  outcome: 'answered',
  cards: 1,
  code: null,
  ...more,
});

export function exchangeStories(fresh: FreshBench): void {
  const given = benchForEach(fresh);

  test('answered calls are kept with what was said, found newest first, and removed when their time is over', async () => {
    const first = await given.store.keepExchange(call(), { answer: { cards: [{ summary: 'Call back' }] } });
    await given.store.keepExchange(call({ at: T0 + 1, site: 'lakeside' }), null);
    const third = await given.store.keepExchange(
      call({ at: T0 + 2, kind: 'feedback', outcome: 'kept', code: null }),
      { feedback: [] },
    );
    const store = await given.bench.reopen();
    const page = await store.exchanges({ limit: 2 });
    expect(page.rows.map(({ id }) => id)).toEqual([third, page.before]);
    expect((await store.exchanges({ limit: 2, before: page.before ?? '' })).rows).toEqual([
      { ...call(), id: first },
    ]);
    expect(
      (await store.exchanges({ site: 'mercy', kind: 'call', service: 'follow-up', limit: 9 })).rows,
    ).toHaveLength(1);
    expect(await store.exchangeBody(first)).toEqual({ answer: { cards: [{ summary: 'Call back' }] } });
    expect(await store.exchangeBody('99999')).toBeNull();
    expect(await store.pruneExchanges({ before: T0 + 2, site: 'mercy', limit: 10 })).toBe(1);
    expect((await store.exchanges({ limit: 9 })).rows).toHaveLength(2);
  });
}
