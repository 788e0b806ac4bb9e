import { expect, test } from 'vitest';
import { benchForEach, type FreshBench } from './bench.ts';

export function slotStories(fresh: FreshBench): void {
  const given = benchForEach(fresh);

  test('of two who saw the same, one changes it; what was changed is on disk', async () => {
    const { store } = given;
    expect(await store.slot('token')).toMatchObject({ value: null, version: 0, now: expect.any(Number) });
    const first = await Promise.all([
      store.swapSlot({ name: 'token', expect: 0, value: { by: 'one' } }),
      store.swapSlot({ name: 'token', expect: 0, value: { by: 'two' } }),
    ]);
    expect(first.filter((won) => won)).toHaveLength(1);
    const { value, version } = await store.slot('token');
    expect(value).toEqual({ by: first[0] ? 'one' : 'two' });
    expect(await store.swapSlot({ name: 'token', expect: version + 1, value: 'late' })).toBe(false);
    expect(await store.swapSlot({ name: 'token', expect: version, value: { text: 'Ödegård' } })).toBe(true);
    const reopened = await given.bench.crash();
    expect(await reopened.slot('token')).toMatchObject({ value: { text: 'Ödegård' }, version: version + 1 });
  });

  test('what is over, or was taken away, is not read, and its version is not used again', async () => {
    const { store } = given;
    const { now } = await store.slot('launch');
    await store.swapSlot({ name: 'launch', expect: 0, value: 1, until: now - 1 });
    expect(await store.slot('launch')).toMatchObject({ value: null, version: 1 });
    await store.swapSlot({ name: 'launch', expect: 1, value: 2, until: now + 3_600_000 });
    expect(await store.slot('launch')).toMatchObject({ value: 2, version: 2 });
    const taken = await Promise.all(
      [1, 2, 3].map(() => store.swapSlot({ name: 'launch', expect: 2, value: null })),
    );
    expect(taken.filter((won) => won)).toHaveLength(1);
    expect(await store.swapSlot({ name: 'launch', expect: 0, value: 3 })).toBe(false);
    expect(await store.slot('launch')).toMatchObject({ value: null, version: 3 });
  });
}
