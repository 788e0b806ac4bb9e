/** Free text in payloads: they are unsealed and looked through, a share at a time, so that other reads come in between. */
import type { MessageRow, ScanPage, ScanQuery } from '../contract.ts';
import { openPayload } from '../payload.ts';
import { textFinder } from '../text-finder.ts';
import type { View } from './desk.ts';

/** One slice: about 2 ms (6 us for 1 KB: read, unsealed, looked through). */
export const SCAN_LIMITS = { rows: 1_000, messages: 250, bytes: 512 * 1024 } as const;

/** Payloads looked through, and slices asked for, in one call of the store's `scan`. */
const SCAN_CALL = { looked: 10_000, slices: 200 };

const SEALED = 'SELECT size, sealed FROM message WHERE id = ?';

export function payloadScan({ database, vault }: View, text: string) {
  const sealed = database.prepare(SEALED);
  const holds = textFinder(text);
  return (id: number): { readonly holds: boolean; readonly bytes: number } => {
    const row = sealed.get(id) as { size: number; sealed: Uint8Array } | undefined;
    if (!row) return { holds: false, bytes: 0 };
    return { holds: holds(openPayload(vault, id, row.size, row.sealed)), bytes: row.size };
  };
}

/** Slice by slice, until the page is full or this call has looked at its share. */
export async function scanAll(
  slice: (query: ScanQuery) => Promise<ScanPage>,
  query: ScanQuery,
): Promise<ScanPage> {
  const rows: MessageRow[] = [];
  let looked = 0;
  let { before } = query;
  for (let slices = 0; slices < SCAN_CALL.slices && looked < SCAN_CALL.looked; slices++) {
    const page = await slice({
      ...query,
      limit: query.limit - rows.length,
      ...(before === undefined ? {} : { before }),
    });
    rows.push(...page.rows);
    looked += page.looked;
    if (page.before === null) return { rows, before: null, looked };
    before = page.before;
    if (rows.length === query.limit) break;
  }
  return { rows, before: before ?? null, looked };
}
