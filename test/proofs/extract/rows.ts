/** A synthetic extract of any size, and whether a store holds each of its rows once and as it was written. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Store } from '../../../src/store/index.ts';

export type ExtractFormat = 'csv' | 'ndjson';

export interface ExtractRow {
  readonly id: string;
  readonly patient: string;
  readonly department: string;
  readonly status: string;
  readonly note: string;
}

/** Text of made-up words: packs about as well as what people write. */
const TEXT = (() => {
  let state = 1;
  const chance = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state % 65_521) % below;
  };
  const words = Array.from({ length: 3_000 }, () =>
    Array.from({ length: 2 + chance(9) }, () => 'etaoinshrdlucmfwypvbgk'[chance(22)]).join(''),
  );
  return Array.from({ length: 200_000 }, () => words[Math.min(chance(3_000), chance(3_000))]).join(' ');
})();

/** Records of as many patients. */
const PATIENTS = 5_000;

/** The row of this number, counted from 0: the same one whenever it is asked for. */
export function rowOf(nth: number, size: number): ExtractRow {
  const from = (nth * 7_919) % Math.floor(TEXT.length / 2);
  const note = TEXT.slice(from, from + Math.max(0, size - 70));
  // What makes a CSV hard to cut: quotes, and line ends between them.
  const marked = nth % 10 === 0 ? `${note.slice(0, 20)}"quoted",\n${note.slice(20)}` : note;
  return {
    id: `R${nth}`,
    patient: `P${(nth * 31) % PATIENTS}`,
    department: `D${nth % 97}`,
    status: nth % 3 === 0 ? 'booked' : 'cancelled',
    note: marked,
  };
}

const quoted = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

export const lineOf = (row: ExtractRow, format: ExtractFormat): string =>
  format === 'ndjson' ? `${JSON.stringify(row)}\n` : `${Object.values(row).map(quoted).join(',')}\n`;

/** Writes rows of about `size` bytes until the file has `bytes`. Resolves with how many they are. */
export async function writeExtract(
  path: string,
  { bytes, size, format }: { readonly bytes: number; readonly size: number; readonly format: ExtractFormat },
): Promise<number> {
  const file = createWriteStream(path);
  let text = format === 'csv' ? 'id,patient,department,status,note\n' : '';
  let written = 0;
  let rows = 0;
  while (written + text.length < bytes) {
    text += lineOf(rowOf(rows++, size), format);
    if (text.length < 1_000_000) continue;
    written += text.length;
    if (!file.write(text)) await once(file, 'drain');
    text = '';
  }
  file.end(text);
  await once(file, 'close');
  return rows;
}

export interface Taken {
  readonly rows: number;
  readonly missing: number;
  readonly twice: number;
  /** Not as it was written, or not asked for. */
  readonly wrong: number;
  /** The messages of the files themselves. */
  readonly files: number;
}

/** Reads everything that the store holds. */
export async function judgeTaken(
  store: Pick<Store, 'search' | 'payload'>,
  { rows, size }: { readonly rows: number; readonly size: number },
  told: (looked: number) => void = () => undefined,
): Promise<Taken> {
  const counts = new Uint8Array(rows);
  let twice = 0;
  let wrong = 0;
  let files = 0;
  let looked = 0;
  let before: string | null = null;
  do {
    const page = await store.search({ limit: 500, ...(before === null ? {} : { before }) });
    await Promise.all(
      page.rows.map(async ({ id, type }) => {
        if (type === 'file') {
          files++;
          return;
        }
        const text = Buffer.from((await store.payload(id)) ?? []).toString();
        const nth = Number(/"id":"R(\d+)"/.exec(text)?.[1] ?? -1);
        if (!(nth in counts) || text !== JSON.stringify(rowOf(nth, size))) wrong++;
        else if ((counts[nth] ?? 0) > 0) twice++;
        else counts[nth] = 1;
      }),
    );
    looked += page.rows.length;
    told(looked);
    before = page.before;
  } while (before !== null);
  return {
    rows: looked - files,
    missing: counts.reduce((sum, count) => sum + (count === 0 ? 1 : 0), 0),
    twice,
    wrong,
    files,
  };
}
