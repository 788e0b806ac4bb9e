/**
 * Which method a resource is learnt by now, as the store has it, and the change to what the record says. A change seeds:
 * what is there is marked as seen and nothing is told. While a read is seeded in place of a feed, the feed goes on telling.
 */
import type { SiteLearning } from '../../site/index.ts';
import type { Clock, Json } from '../../std/index.ts';
import type { Store } from '../../store/index.ts';

/** Positions that belong to a site and not to one of its connections stand under this name. */
export const SITE_WIDE = 'learning';
export const methodName = (resource: string): string => `method:${resource}`;

export interface Chosen {
  readonly method: SiteLearning['method'];
  readonly from: string;
}

export interface MethodState extends Chosen {
  readonly phase: 'live' | 'seeding';
  /** When it was chosen. */
  readonly since: number;
  /** While it is seeded: what it was before. */
  readonly was?: Chosen;
}

export function methodOf(value: Json): MethodState | null {
  const { method, from, phase, since, was } = (value ?? {}) as Partial<MethodState>;
  if (typeof method !== 'string' || typeof from !== 'string') return null;
  return {
    method,
    from,
    phase: phase === 'seeding' ? 'seeding' : 'live',
    since: typeof since === 'number' ? since : 0,
    ...(was ? { was } : {}),
  };
}

const reads = (method: SiteLearning['method']): boolean => method !== 'feed';

/** What follows from the record; the same state when nothing changes. Pure. */
export function nextMethod(state: MethodState | null, wanted: Chosen, now: number): MethodState {
  const chosen: Chosen = { method: wanted.method, from: wanted.from };
  if (state === null) return { ...chosen, phase: 'live', since: now };
  if (state.method === wanted.method && state.from === wanted.from) return state;
  // Messages tell only of what changes: there is nothing to seed.
  if (!reads(wanted.method)) return { ...chosen, phase: 'live', since: now };
  const before = state.phase === 'seeding' && state.was ? state.was : state;
  // Poll and woken reads of one connection are the same reads.
  const same = before.from === wanted.from && reads(before.method) && before.method !== 'bulk';
  if (same && wanted.method !== 'bulk') return { ...chosen, phase: 'live', since: now };
  return {
    ...chosen,
    phase: 'seeding',
    since: now,
    was: { method: before.method, from: before.from },
  };
}

export interface MethodKeeper {
  readonly state: () => MethodState;
  /** Compares the record with what was; audited when it changes. */
  prepare(): Promise<{ readonly before: MethodState | null }>;
  seeded(): Promise<void>;
}

export function methodKeeper(
  store: Store,
  clock: Clock,
  site: string,
  { resource, method, from }: SiteLearning,
): MethodKeeper {
  let current: MethodState = { method, from, phase: 'live', since: 0 };
  const name = methodName(resource);

  async function write(value: MethodState, act: string, expect: number): Promise<void> {
    const at = clock.now();
    await store.append({
      site,
      connection: SITE_WIDE,
      messages: [],
      cursor: { name, value: { ...value } as unknown as Json, expect, at },
      audit: [
        {
          at,
          who: 'engine',
          act,
          on: `${site}/${resource}`,
          facts: { method: value.method, from: value.from, was: value.was?.method ?? null },
        },
      ],
    });
    current = value;
  }

  return {
    state: () => current,
    async prepare() {
      const row = await store.cursor(site, SITE_WIDE, name);
      const before = methodOf(row?.value ?? null);
      const next = nextMethod(before, { method, from }, clock.now());
      if (next === before) current = next;
      else await write(next, 'learning.method', row?.version ?? 0);
      return { before };
    },
    async seeded() {
      const row = await store.cursor(site, SITE_WIDE, name);
      const { was, ...live } = current;
      await write({ ...live, phase: 'live' }, 'learning.seeded', row?.version ?? 0);
    },
  };
}
