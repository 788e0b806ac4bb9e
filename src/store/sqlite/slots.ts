/** Small sealed values by name, changed by compare and swap. */
import type { Json } from '../../std/index.ts';
import type { Slot, SlotSwap } from '../contract.ts';
import { SLOT_GRAVE } from '../slot.ts';
import { type Desk, openJson, sealJson, type View } from './desk.ts';

const ADD = 'INSERT INTO slot (name, version, until, sealed) VALUES (?, 1, ?, ?) ON CONFLICT DO NOTHING';
const SWAP = 'UPDATE slot SET version = version + 1, until = ?, sealed = ? WHERE name = ? AND version = ?';
const FORGET = 'DELETE FROM slot WHERE until < ?';
const SLOT = 'SELECT version, until, sealed FROM slot WHERE name = ?';

export function slotWriter({ database, vault }: Desk) {
  const add = database.prepare(ADD);
  const swap = database.prepare(SWAP);
  const forget = database.prepare(FORGET);
  return {
    /** @param now The store's clock. */
    swapSlot({ name, expect, value, until }: SlotSwap, now: number): boolean {
      const end = value === null ? now + SLOT_GRAVE : (until ?? null);
      if (end !== null) forget.run(now - SLOT_GRAVE);
      const sealed = sealJson(vault, 'slot', name, value);
      const { changes } = expect === 0 ? add.run(name, end, sealed) : swap.run(end, sealed, name, expect);
      return Number(changes) === 1;
    },
  };
}

export function slotReader({ database, vault }: View) {
  const slot = database.prepare(SLOT);
  return {
    slot(name: string, now: number): Slot {
      const row = slot.get(name) as { version: number; until: number | null; sealed: Uint8Array } | undefined;
      if (row === undefined) return { value: null, version: 0, now };
      const gone = row.until !== null && row.until < now;
      const value = gone ? null : (openJson(vault, 'slot', name, row.sealed) as Json);
      return { value, version: row.version, now };
    },
  };
}
