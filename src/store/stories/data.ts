/** Messages, deliveries and ends for the stories, with nothing said that a story does not care about. */
import type { FailureRecord } from '../../std/index.ts';
import type {
  Append,
  Appended,
  AuditEntry,
  Leased,
  NewDelivery,
  NewMessage,
  Settlement,
  Store,
} from '../contract.ts';

export const T0 = 1_790_000_000_000;

export const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
export const textOf = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString();

export function delivery(lanes: readonly string[], more: Partial<NewDelivery> = {}): NewDelivery {
  return { flow: 'notify', flowVersion: 'v1', lanes, ...more };
}

export function message(more: Partial<NewMessage> = {}): NewMessage {
  return {
    door: 'feed',
    format: 'hl7',
    type: 'ADT^A01',
    controlId: null,
    receivedAt: T0,
    state: 'accepted',
    reason: null,
    flags: [],
    bytes: bytesOf('MSH|^~\\&|'),
    patients: [],
    deliveries: [],
    ...more,
  };
}

export function unit(messages: readonly NewMessage[], more: Partial<Append> = {}): Append {
  return { site: 'north', connection: 'adt', messages, ...more };
}

/** One message with one delivery in these lanes; gives its ids. */
export async function put(
  store: Store,
  lanes: readonly string[],
  more: Partial<NewMessage> = {},
): Promise<string> {
  const [kept] = await store.append(unit([message({ deliveries: [delivery(lanes)], ...more })]));
  return (kept as Appended).messageId;
}

export const lease = (store: Store, limit = 100, now = T0 + 1): Promise<readonly Leased[]> =>
  store.lease({ now, limit });

export async function leaseOne(store: Store, now = T0 + 1): Promise<Leased> {
  const [leased] = await lease(store, 1, now);
  if (!leased) throw new Error('nothing is due');
  return leased;
}

export const messagesOf = (leased: readonly Leased[]): string[] => leased.map((one) => one.message.id);

export const failure: FailureRecord = {
  code: 'WEBHOOK_REFUSED',
  kind: 'rejected',
  message: 'The webhook answered 503.',
  fix: 'Look at the receiver.',
  at: { step: 'post' },
  retry: { again: true },
};

type End = Settlement extends infer One
  ? One extends Settlement
    ? Omit<One, 'deliveryId' | 'epoch' | 'at' | 'ms' | 'steps'>
    : never
  : never;

export function ending(leased: Leased, end: End, more: Partial<Settlement> = {}): Settlement {
  const base = { deliveryId: leased.delivery.id, epoch: leased.epoch, at: T0 + 2, ms: 5, steps: [] };
  return { ...base, ...end, ...more } as Settlement;
}

export const settle = (store: Store, leased: Leased, end: End, more: Partial<Settlement> = {}) =>
  store.settle(ending(leased, end, more));

export const audit = (act = 'delivery.replay'): AuditEntry => ({
  at: T0,
  who: 'kim',
  act,
  on: '1',
  facts: { reason: 'test' },
});

export async function refusal(act: Promise<unknown>): Promise<string> {
  try {
    await act;
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'not refused';
}
