/**
 * Deliveries planned a moment ago, with their message, so that the lease that usually follows at once need not
 * read and open again what has just been written and sealed. Only a shortcut: what is not here is read from its
 * rows. Memory only, and emptied whenever a transaction is rolled back.
 */
import type { Delivery, MessageSummary } from '../../message/index.ts';

export interface Fresh {
  readonly delivery: Delivery;
  readonly message: MessageSummary;
  readonly bytes: Uint8Array;
}

export interface FreshDeliveries {
  /** Kept if there is room: old ones that wait behind a stuck head may fill it, and are then read from rows. */
  put(id: number, fresh: Fresh): void;
  /** Gives it once. */
  take(id: number): Fresh | undefined;
  clear(): void;
}

const MOST = 4_096;
const MOST_BYTES = 16 * 1024 * 1024;

export function openFresh(): FreshDeliveries {
  const held = new Map<number, Fresh>();
  let size = 0;
  return {
    put(id, fresh) {
      if (held.size >= MOST || size + fresh.bytes.length > MOST_BYTES) return;
      held.set(id, fresh);
      size += fresh.bytes.length;
    },
    take(id) {
      const fresh = held.get(id);
      if (fresh === undefined) return undefined;
      held.delete(id);
      size -= fresh.bytes.length;
      return fresh;
    },
    clear() {
      held.clear();
      size = 0;
    },
  };
}
