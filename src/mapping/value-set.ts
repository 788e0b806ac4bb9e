/** Value set maps: a site's codes translated to ours and back. Rows of a CSV file, looked up by code. */

/** One row of a value set map. */
export interface ValueSetRow {
  readonly source: string;
  /** `null`: the code is known and carries nothing (written `(none)`). */
  readonly target: string | null;
  readonly display?: string;
  readonly note?: string;
  readonly verifiedBy?: string;
  /** A day: 2026-01-31. */
  readonly verifiedOn?: string;
  /** Of several rows with this target the one that is meant on the way back. */
  readonly preferred?: true;
  readonly file: string;
  readonly line: number;
}

/** Targets of which nobody can say what they were. */
export interface AmbiguousTarget {
  readonly target: string;
  readonly rows: readonly ValueSetRow[];
}

export class ValueSetMap {
  readonly name: string;
  readonly rows: readonly ValueSetRow[];
  readonly #forth = new Map<string, ValueSetRow>();
  #back: ReadonlyMap<string, readonly ValueSetRow[]> | undefined;

  /** @param rows One for each source; of two the later one counts. */
  constructor(name: string, rows: readonly ValueSetRow[]) {
    this.name = name;
    for (const row of rows) this.#forth.set(row.source, row);
    this.rows = this.#forth.size === rows.length ? rows : [...this.#forth.values()];
  }

  /** The row of a code; `undefined`: it is not mapped. */
  row(source: string): ValueSetRow | undefined {
    return this.#forth.get(source);
  }

  /** The row of a target, on the way back: the preferred one of several. */
  back(target: string): ValueSetRow | 'ambiguous' | undefined {
    const rows = this.#targets().get(target);
    if (rows === undefined || rows.length < 2) return rows?.[0];
    const preferred = rows.filter((row) => row.preferred);
    return preferred.length === 1 ? preferred[0] : 'ambiguous';
  }

  /** Targets that several rows have and none of them, or several, are preferred for. */
  ambiguous(): readonly AmbiguousTarget[] {
    const found: AmbiguousTarget[] = [];
    for (const [target, rows] of this.#targets())
      if (this.back(target) === 'ambiguous') found.push({ target, rows });
    return found;
  }

  #targets(): ReadonlyMap<string, readonly ValueSetRow[]> {
    if (this.#back !== undefined) return this.#back;
    const back = new Map<string, ValueSetRow[]>();
    for (const row of this.rows) {
      if (row.target === null) continue;
      const rows = back.get(row.target);
      if (rows === undefined) back.set(row.target, [row]);
      else rows.push(row);
    }
    this.#back = back;
    return back;
  }
}

/** The value set maps of one site, by name: its own rows over the shared ones. */
export interface ValueSets {
  readonly names: readonly string[];
  get(name: string): ValueSetMap | undefined;
}

/** Rows by the name of their map: files of a folder, read when they are first asked for. */
export interface RowSource {
  readonly names: readonly string[];
  rows(name: string): readonly ValueSetRow[] | undefined;
}

export const noRows: RowSource = { names: [], rows: () => undefined };

/**
 * A site's maps over the shared ones: row by row, a site's row takes the place of the shared row of its code.
 * A target that the site's rows have is found in them on the way back, before the shared ones.
 * @param below The shared ones made ready, so that sites which add nothing to a map share it.
 * @example
 * const shared = valueSetsOf(sharedRows);
 * const mercy = valueSetsOf(sharedRows, mercyRows, shared);
 */
export function valueSetsOf(shared: RowSource, own: RowSource = noRows, below?: ValueSets): ValueSets {
  const made = new Map<string, ValueSetMap | undefined>();
  const make = (name: string): ValueSetMap | undefined => {
    const mine = own.rows(name);
    if (mine === undefined && below !== undefined) return below.get(name);
    const rows = shared.rows(name);
    if (mine === undefined) return rows && new ValueSetMap(name, rows);
    return new ValueSetMap(name, rows === undefined ? mine : over(rows, mine));
  };
  let names: readonly string[] | undefined;
  return {
    get names() {
      names ??= [...new Set([...shared.names, ...own.names])].sort();
      return names;
    },
    get(name) {
      if (!made.has(name)) made.set(name, make(name));
      return made.get(name);
    },
  };
}

export const noValueSets: ValueSets = valueSetsOf(noRows);

function over(shared: readonly ValueSetRow[], own: readonly ValueSetRow[]): readonly ValueSetRow[] {
  const sources = new Set(own.map(({ source }) => source));
  const counts = new Map<string | null, number>();
  for (const { target } of own) counts.set(target, (counts.get(target) ?? 0) + 1);
  const below = shared
    .filter(({ source }) => !sources.has(source))
    // The site says what its target comes from; a shared row of that target keeps its way forth only.
    .map((row) => (row.preferred && counts.has(row.target) ? withoutPreference(row) : row));
  const mine = own.map((row) =>
    counts.get(row.target) === 1 && !row.preferred ? { ...row, preferred: true as const } : row,
  );
  return [...below, ...mine];
}

function withoutPreference({ preferred: _, ...row }: ValueSetRow): ValueSetRow {
  return row;
}

/** What can be said about a code in logs and lists: `null` for a text that is no code to look at. */
export function shownCode(text: string): string | null {
  return text.length <= LONGEST_SHOWN && /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text) ? text : null;
}

const LONGEST_SHOWN = 40;
