/** The live file and the period files read as one, newest first. */
import type { Delivery, Ledger, MessageSummary } from '../../message/index.ts';
import type { DeliveryHistory, MessageQuery, MessageRow, Page } from '../contract.ts';
import type { Range } from './candidates.ts';
import type { View } from './desk.ts';
import { ledgerReader } from './ledger.ts';
import { messageReader } from './messages.ts';
import { messageOf } from './numbers.ts';
import { payloadScan, SCAN_LIMITS } from './scan.ts';
import { type Closer, rangeFinder, searcher } from './search.ts';
import type { Shelf, Shelves } from './shelves.ts';

interface File {
  readonly messages: ReturnType<typeof messageReader>;
  readonly search: ReturnType<typeof searcher>;
  readonly ledger: () => Ledger;
  readonly closer: (text: string) => ReturnType<typeof payloadScan>;
}

/** Reads one file; what `hidden` names is told by another, or is on its way out. */
function fileOf(view: View, hidden?: { has(id: number): boolean; all(): readonly number[] }): File {
  const { ledger } = ledgerReader(view);
  return {
    messages: messageReader(view),
    search: searcher(view, hidden && ((id) => hidden.has(id))),
    ledger: () => ledger(hidden?.all() ?? []),
    closer: (text) => payloadScan(view, text),
  };
}

/** How a file's part of a page comes about, and how it is scanned. */
type Ask = (file: File, range: Range, limit: number) => Page<MessageRow>;

const byId = (a: MessageRow, b: MessageRow): number => Number(b.id) - Number(a.id);

export function acrossFiles(view: View, shelves: Shelves) {
  const live = fileOf(view);
  const files = new WeakMap<Shelf, File>();
  const rangeOf = rangeFinder(view);
  const fileOfShelf = (shelf: Shelf): File => {
    const known = files.get(shelf) ?? fileOf(shelf.view, shelf.hidden);
    files.set(shelf, known);
    return known;
  };
  /** The answer of the file that holds a message. */
  const holding = <Found>(id: number, ask: (file: File) => Found | null): Found | null => {
    const found = ask(live);
    if (found !== null) return found;
    for (const shelf of shelves.now()) {
      if (id < shelf.firstId || id > shelf.lastId || shelf.hidden.has(id)) continue;
      const kept = ask(fileOfShelf(shelf));
      if (kept !== null) return kept;
    }
    return null;
  };

  /**
   * One page of all files. A file that stopped early speaks only for the ids down to where it stopped, so the page
   * ends at the highest such place; a file that lies below a page that is full is not asked at all.
   */
  const page = (query: MessageQuery, ask: Ask): Page<MessageRow> => {
    const range = rangeOf(query);
    let floor = 0;
    const rows: MessageRow[] = [];
    const take = (file: File): void => {
      const part = ask(file, { below: range.below, from: Math.max(range.from, floor) }, query.limit);
      if (part.before !== null) floor = Math.max(floor, Number(part.before));
      rows.push(...part.rows);
      // The page is full: of other files only what is newer than its last row can still be on it.
      if (rows.length >= query.limit) {
        rows.sort(byId);
        floor = Math.max(floor, Number(rows[query.limit - 1]?.id));
      }
    };
    take(live);
    for (const shelf of shelves.now()) {
      if (shelf.lastId < Math.max(range.from, floor) || shelf.firstId >= range.below) continue;
      take(fileOfShelf(shelf));
    }
    const told = rows.filter((row) => Number(row.id) >= floor).sort(byId);
    if (told.length > query.limit) {
      const shown = told.slice(0, query.limit);
      return { rows: shown, before: shown.at(-1)?.id ?? null };
    }
    return { rows: told, before: floor === 0 ? null : String(floor) };
  };

  return {
    search: (query: MessageQuery): Page<MessageRow> =>
      page(query, (file, range) => file.search(query, range)),
    scan(query: MessageQuery & { readonly text: string }): Page<MessageRow> & { readonly looked: number } {
      const share: Record<keyof typeof SCAN_LIMITS, number> = { ...SCAN_LIMITS };
      let looked = 0;
      const found = page(query, (file, range) => {
        const scan = file.closer(query.text);
        const closer: Closer = {
          holds(id) {
            const { holds, bytes } = scan(id);
            looked++;
            share.messages--;
            share.bytes -= bytes;
            return holds;
          },
          enough: () => --share.rows <= 0 || share.messages <= 0 || share.bytes <= 0,
        };
        return file.search(query, range, closer);
      });
      return { ...found, looked };
    },
    message: (id: string): { message: MessageSummary; deliveries: readonly Delivery[] } | null =>
      holding(Number(id), (file) => file.messages.message(id)),
    payload: (id: string): Uint8Array | null => holding(Number(id), (file) => file.messages.payload(id)),
    history: (deliveryId: string): DeliveryHistory | null =>
      holding(messageOf(Number(deliveryId)), (file) => file.messages.history(deliveryId)),
    ledger(): Ledger {
      const all = [live, ...shelves.now().map(fileOfShelf)].map((file) => file.ledger());
      return all.reduce(
        (sum, one) =>
          Object.fromEntries(
            Object.entries(sum).map(([name, count]) => [name, count + one[name as keyof Ledger]]),
          ) as unknown as Ledger,
      );
    },
  };
}
