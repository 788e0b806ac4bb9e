/** One deployment at a time, on all nodes. A node that died in the middle holds up the others for a minute at most. */
import type { Store } from '../store/index.ts';
import { deployFailure } from './failures.ts';

const NAME = 'deploy';
const AT_MOST = 60_000;

interface Held {
  readonly who: string;
  readonly what: string;
  readonly token: string;
  readonly at: number;
}

export async function alone<Value>(
  store: Store,
  held: Omit<Held, 'at'>,
  work: () => Promise<Value>,
): Promise<Value> {
  const { value, version, now } = await store.slot(NAME);
  if (value !== null) throw running(value as unknown as Held, now);
  const until = now + AT_MOST;
  const mine = await store.swapSlot({ name: NAME, expect: version, value: { ...held, at: now }, until });
  if (!mine) {
    const other = await store.slot(NAME);
    throw running((other.value ?? { ...held, who: 'somebody', at: now }) as unknown as Held, other.now);
  }
  try {
    return await work();
  } finally {
    const now = await store.slot(NAME).catch(() => null);
    if ((now?.value as { token?: string } | null)?.token === held.token)
      await store.swapSlot({ name: NAME, expect: now?.version ?? 0, value: null }).catch(() => false);
  }
}

function running({ who, what, at }: Held, now: number) {
  return deployFailure('DEPLOY_RUNNING', {
    message: `${who} deploys just now (${what}, for ${Math.max(0, Math.round((now - at) / 1_000))} s). Nothing was changed.`,
    fix: 'Wait until that has ended, look at what it has changed, then ask again. One that was cut short gives way after a minute.',
  });
}
