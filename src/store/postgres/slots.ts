/** Small sealed values by name, changed by compare and swap; their time is the database's. */
import type { Json } from '../../std/index.ts';
import type { Slot, SlotSwap } from '../contract.ts';
import { SLOT_GRAVE } from '../slot.ts';
import { again } from './again.ts';
import { type Desk, openJson, sealJson } from './desk.ts';

const NOW = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';
const SLOT = `
SELECT ${NOW} AS now, version, until, sealed FROM (SELECT 1) AS one LEFT JOIN slot ON slot.name = $1`;
const ADD = `
INSERT INTO slot (name, version, until, sealed) VALUES ($1, 1, $2, $3) ON CONFLICT DO NOTHING RETURNING version`;
const SWAP = `
UPDATE slot SET version = version + 1, until = $1, sealed = $2 WHERE name = $3 AND version = $4 RETURNING version`;
const FORGET = `DELETE FROM slot WHERE until < ${NOW} - ${SLOT_GRAVE}`;
const GRAVE = `SELECT ${NOW} + ${SLOT_GRAVE} AS until`;

interface SlotColumns {
  readonly now: number;
  readonly version: number | null;
  readonly until: number | null;
  readonly sealed: Uint8Array | null;
}

export function slotDesk({ keys, read, writers }: Desk) {
  return {
    async slot(name: string): Promise<Slot> {
      const [row] = await read<SlotColumns>(SLOT, [name]);
      const { now, version, until, sealed } = row as SlotColumns;
      if (version === null || sealed === null) return { value: null, version: 0, now };
      if (until !== null && until < now) return { value: null, version, now };
      await keys.fetch([sealed]);
      return { value: openJson(keys, 'slot', name, sealed) as Json, version, now };
    },
    async swapSlot({ name, expect, value, until }: SlotSwap): Promise<boolean> {
      const sealed = sealJson(keys, 'slot', name, value);
      return again(() =>
        writers.other.transaction(async (ask) => {
          let end = until ?? null;
          if (value === null) end = (await ask<{ until: number }>(GRAVE))[0]?.until ?? null;
          if (end !== null) await ask(FORGET);
          const rows = await (expect === 0
            ? ask(ADD, [name, end, sealed])
            : ask(SWAP, [end, sealed, name, expect]));
          return rows.length === 1;
        }),
      );
    },
  };
}
