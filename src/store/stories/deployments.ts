import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Deployment, PutDeployment } from '../contract.ts';
import { benchForEach, type FreshBench } from './bench.ts';
import { leaseOne, put, settle } from './data.ts';

const content = (text: string) => {
  const bytes = Buffer.from(text);
  return { hash: hash('sha256', bytes, 'base64url'), bytes };
};

const asked = (after: string | null, more: Partial<Deployment> = {}): PutDeployment => ({
  deployment: {
    ...{ state: 'deployed', root: 'r1', after, who: 'kim', at: 1_000, note: 'the first' },
    ...{ decidedBy: null, decidedAt: null, facts: { flows: ['notify'] } },
    ...more,
  },
  audit: { at: 1_000, who: 'kim', act: 'project.deploy', on: 'deployment #' },
});

export function deploymentStories(fresh: FreshBench): void {
  const given = benchForEach(fresh);

  test('contents are kept once by their hash, and are what they were', async () => {
    const { store } = given;
    const [one, two, other] = ['site: mercy', 'Ödegård\0', 'not kept'].map(content);
    await store.putContent([one as never, two as never]);
    await store.putContent([two as never]);
    expect(await store.lacking([one, two, other].map((each) => each?.hash ?? ''))).toEqual([other?.hash]);
    const reopened = await given.bench.crash();
    expect(Buffer.from((await reopened.content(two?.hash ?? '')) ?? []).toString()).toBe('Ödegård\0');
    expect(await reopened.content(other?.hash ?? '')).toBeNull();
  });

  test('contents are listed in order, page by page, and those that are dropped are kept no more', async () => {
    const { store } = given;
    const all = ['a', 'b', 'c', 'd', 'e'].map(content);
    await store.putContent(all);
    const hashes = all.map((one) => one.hash).sort();
    expect(await store.contents({ limit: 3 })).toEqual(hashes.slice(0, 3));
    expect(await store.contents({ after: hashes[2] as string, limit: 3 })).toEqual(hashes.slice(3));
    expect(await store.dropContent([...hashes.slice(0, 2), 'unknown'])).toBe(2);
    const reopened = await given.bench.crash();
    expect(await reopened.contents({ limit: 9 })).toEqual(hashes.slice(2));
    expect(await reopened.lacking(hashes)).toEqual(hashes.slice(0, 2));
  });

  test('of two who saw the same project run, one deploys; the audit entry is of the same transaction', async () => {
    const { store } = given;
    const won = await Promise.all([store.putDeployment(asked(null)), store.putDeployment(asked(null))]);
    expect(won.filter((id) => id !== null)).toHaveLength(1);
    const first = won.find((id) => id !== null) as string;
    expect(await store.putDeployment(asked(null))).toBeNull();
    const second = await store.putDeployment(asked(first, { root: 'r2', at: 2_000 }));
    const reopened = await given.bench.crash();
    expect(await reopened.deployments({ limit: 10 })).toMatchObject([
      { id: second, root: 'r2', after: first },
      { id: first, root: 'r1', after: null, who: 'kim', facts: { flows: ['notify'] } },
    ]);
    expect(await reopened.deployments({ limit: 1, before: second as string })).toMatchObject([{ id: first }]);
    const { rows } = await reopened.auditTrail({ limit: 10 });
    expect(rows.map(({ on }) => on)).toEqual([`deployment ${second}`, `deployment ${first}`]);
    expect(await reopened.verifyAudit()).toEqual([]);
  });

  test('what waits for a second person is decided once, and not when something else was deployed meanwhile', async () => {
    const { store } = given;
    const waits = (await store.putDeployment(asked(null, { state: 'asked' }))) as string;
    const late = (await store.putDeployment(asked(null, { state: 'asked', root: 'r9' }))) as string;
    const decided = { decidedBy: 'ida', decidedAt: 3_000 };
    const approve = (id: string): PutDeployment => {
      const { deployment, audit } = asked(null, { ...decided, state: 'deployed' });
      return { deployment: { ...deployment, id }, audit };
    };
    expect(await store.putDeployment(approve(waits))).toBe(waits);
    expect(await store.putDeployment(approve(waits))).toBeNull();
    expect(await store.putDeployment(approve(late))).toBeNull();
    expect(await store.deployments({ state: 'deployed', limit: 5 })).toMatchObject([
      { id: waits, decidedBy: 'ida', who: 'kim' },
    ]);
    expect(await store.deployment(late)).toMatchObject({ state: 'asked' });
    const { deployment, audit } = asked(null, { ...decided, state: 'refused' });
    expect(await store.putDeployment({ deployment: { ...deployment, id: late }, audit })).toBe(late);
    expect(await store.deployment(late)).toMatchObject({ state: 'refused', root: 'r9' });
  });

  test('a delivery remembers the version that ran, where it is not the one that planned it', async () => {
    const { store } = given;
    const messageId = await put(store, ['lane']);
    const leased = await leaseOne(store);
    expect(leased.delivery.flowVersion).toBe('v1');
    await settle(store, leased, { to: 'delivered' }, { flowVersion: 'v2' });
    const reopened = await given.bench.crash();
    expect((await reopened.message(messageId))?.deliveries).toMatchObject([
      { flowVersion: 'v2', state: 'delivered' },
    ]);
  });
}
