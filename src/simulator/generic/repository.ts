import type { Random } from '../world/random.ts';
import type { GenericBehaviour } from './behaviour.ts';
import { Keys } from './keys.ts';

/** A resource as JSON. */
export type Content = { readonly resourceType: string } & Readonly<Record<string, unknown>>;

/** One state that a resource was in. */
export interface Version {
  readonly type: string;
  readonly id: string;
  readonly number: number;
  /** meta.lastUpdated, milliseconds. */
  readonly stamp: number;
  /** When the write began: never smaller than that of the write before. */
  readonly writtenAt: number;
  /** When reads see it. */
  readonly readableAt: number;
  /** When searches see it. */
  readonly searchableAt: number;
  readonly method: 'POST' | 'PUT' | 'DELETE';
  /** Absent when this version is a deletion. */
  readonly resource?: Content;
}

/** All versions of one resource, oldest first. */
export type Line = Version[];

interface Shelf {
  readonly lines: Map<string, Line>;
  /** Every version, in the order of writing. */
  log: Version[];
  readonly keys: Keys;
  /** How far a stamp was ever off the moment of its writing: bounds how disordered the log is. */
  deviation: number;
}

/** A version of a line is kept while it is among this many newest. */
const keptVersions = 50;
/** Versions that newer ones replaced are kept while they are among this many newest changes of their type. */
const keptChanges = 200_000;

/**
 * Resources with their versions, in memory. Writes are stamped as a database of several nodes would stamp them:
 * clocks that differ, instants that are rounded, commits that are seen later than their stamp.
 */
export class Repository {
  readonly #shelves = new Map<string, Shelf>();
  readonly #behaviour: GenericBehaviour;
  readonly #random: Random;
  readonly #now: () => number;
  #undo: Version[] | undefined;
  #lastWrite = Number.NEGATIVE_INFINITY;
  #writes = 0;
  /** Told of every version once it is certain to stay. */
  onWrite: ((version: Version) => void) | undefined;

  constructor(behaviour: GenericBehaviour, random: Random, now: () => number) {
    this.#behaviour = behaviour;
    this.#random = random;
    this.#now = now;
  }

  /** The time as this server believes it to be. */
  clock(): number {
    return this.#now() + this.#behaviour.clockAheadMs;
  }

  /** Equal at two looks only when nothing was written and no time has passed between them. */
  moment(): string {
    return `${this.#writes}/${this.#now()}`;
  }

  types(): string[] {
    return [...this.#shelves.keys()];
  }
  count(type: string): number {
    return this.#shelves.get(type)?.lines.size ?? 0;
  }
  /** Resources of all types, deleted ones included. */
  size(): number {
    return this.types().reduce((sum, type) => sum + this.count(type), 0);
  }

  /**
   * Writes the next version; undefined content deletes. `own` is what a client wrote here and had answered: it is
   * committed. Changes of others may be seen late.
   */
  write(
    type: string,
    id: string,
    method: Version['method'],
    content: Content | undefined,
    own: boolean,
  ): Version {
    const shelf = this.#shelf(type);
    const line = shelf.lines.get(id) ?? [];
    const before = line.at(-1);
    const writtenAt = Math.max(this.#now(), this.#lastWrite);
    this.#lastWrite = writtenAt;
    this.#writes += 1;
    const stamp = this.#stamp(writtenAt);
    const { latePerThousand, lateMs, indexLagMs } = this.#behaviour;
    const late = !own && latePerThousand > 0 && this.#random.integer(1000) < latePerThousand;
    // A resource's commits keep their order: the next writer waits for the lock of the one before.
    const readableAt = Math.max(
      writtenAt + (late ? this.#random.integer(lateMs + 1) : 0),
      before?.readableAt ?? 0,
    );
    const searchableAt = Math.max(readableAt + indexLagMs, before?.searchableAt ?? 0);
    const number = (before?.number ?? 0) + 1;
    const version: Version = {
      type,
      id,
      number,
      stamp,
      writtenAt,
      readableAt,
      searchableAt,
      method,
      ...(content
        ? { resource: stamped(content, id, this.#behaviour.versions ? number : undefined, stamp) }
        : {}),
    };
    line.push(version);
    if (!before) shelf.lines.set(id, line);
    shelf.log.push(version);
    shelf.deviation = Math.max(shelf.deviation, Math.abs(stamp - writtenAt));
    if (version.resource) shelf.keys.add(version.resource, id);
    if (this.#undo) this.#undo.push(version);
    else this.#settle(version, line, shelf);
    return version;
  }

  /** The state that reads see now; a deletion is a version without resource. */
  readable(type: string, id: string): Version | undefined {
    const now = this.#now();
    return this.#shelves
      .get(type)
      ?.lines.get(id)
      ?.findLast(({ readableAt }) => readableAt <= now);
  }
  /** The newest version, seen or not: what a writer is up against. */
  newest(type: string, id: string): Version | undefined {
    return this.#shelves.get(type)?.lines.get(id)?.at(-1);
  }
  /** The versions that reads see now, newest first. */
  history(type: string, id: string): Version[] {
    const now = this.#now();
    return (this.#shelves.get(type)?.lines.get(id) ?? [])
      .filter(({ readableAt }) => readableAt <= now)
      .reverse();
  }

  /** What searches see now of one type; when bounds on lastUpdated are given only what may lie within them. */
  *searchable(
    type: string,
    from = Number.NEGATIVE_INFINITY,
    to = Number.POSITIVE_INFINITY,
  ): Generator<Version> {
    const shelf = this.#shelves.get(type);
    if (!shelf) return;
    const now = this.#now();
    if (from === Number.NEGATIVE_INFINITY && to === Number.POSITIVE_INFINITY) {
      for (const line of shelf.lines.values()) {
        const version = shown(line, now);
        if (version?.resource) yield version;
      }
      return;
    }
    for (const version of between(shelf, from, to)) {
      const line = shelf.lines.get(version.id);
      if (version.resource && line && shown(line, now) === version) yield version;
    }
  }

  /** What searches see now of those whose identifier or patient is this one; undefined when nobody is indexed so. */
  searchableBy(type: string, key: string): Version[] {
    const shelf = this.#shelves.get(type);
    const now = this.#now();
    return [...(shelf?.keys.ids(key) ?? [])].flatMap((id) => {
      const version = shown(shelf?.lines.get(id) ?? [], now);
      return version?.resource ? [version] : [];
    });
  }
  /** One resource as searches see it. */
  searchableById(type: string, id: string): Version | undefined {
    const version = shown(this.#shelves.get(type)?.lines.get(id) ?? [], this.#now());
    return version?.resource ? version : undefined;
  }

  /** Every version that reads see and whose stamp is not before `since`, newest first. */
  changes(types: readonly string[], since = Number.NEGATIVE_INFINITY): Version[] {
    const now = this.#now();
    return types
      .flatMap((type) => {
        const shelf = this.#shelves.get(type);
        return shelf ? [...between(shelf, since, Number.POSITIVE_INFINITY)] : [];
      })
      .filter(({ stamp, readableAt }) => stamp >= since && readableAt <= now)
      .reverse()
      .sort((a, b) => b.stamp - a.stamp);
  }

  /** Runs writes of which all stay or none. */
  attempt<T>(writes: () => T): T {
    const undo: Version[] = [];
    this.#undo = undo;
    try {
      const result = writes();
      this.#undo = undefined;
      for (const version of undo) {
        const shelf = this.#shelf(version.type);
        this.#settle(version, shelf.lines.get(version.id) ?? [], shelf);
      }
      return result;
    } catch (error) {
      this.#writes += 1;
      for (const { type, id } of undo.reverse()) {
        const shelf = this.#shelf(type);
        shelf.log.pop();
        const line = shelf.lines.get(id);
        line?.pop();
        if (line?.length === 0) shelf.lines.delete(id);
      }
      throw error;
    } finally {
      this.#undo = undefined;
    }
  }

  #shelf(type: string): Shelf {
    let shelf = this.#shelves.get(type);
    if (!shelf) {
      shelf = { lines: new Map(), log: [], keys: new Keys(), deviation: 0 };
      this.#shelves.set(type, shelf);
    }
    return shelf;
  }

  #stamp(writtenAt: number): number {
    const { clockAheadMs, skewMs, tickMs } = this.#behaviour;
    const skew = skewMs > 0 ? this.#random.integer(2 * skewMs + 1) - skewMs : 0;
    const stamp = writtenAt + clockAheadMs + skew;
    return stamp - (((stamp % tickMs) + tickMs) % tickMs);
  }

  #settle(version: Version, line: Line, shelf: Shelf): void {
    const now = this.#now();
    while (line.length > keptVersions && (line[1] as Version).searchableAt <= now) line.shift();
    if (shelf.log.length > 2 * Math.max(keptChanges, shelf.lines.size)) {
      const recent = shelf.log.length - keptChanges;
      shelf.log = shelf.log.filter(
        (each, index) =>
          index >= recent || shelf.lines.get(each.id)?.at(-1) === each || each.searchableAt > now,
      );
    }
    this.onWrite?.(version);
  }
}

function shown(line: Line, now: number): Version | undefined {
  return line.findLast(({ searchableAt }) => searchableAt <= now);
}

/** The versions whose stamp may lie in `[from, to]`: the log is ordered by writing, and stamps are near it. */
function* between({ log, deviation }: Shelf, from: number, to: number): Generator<Version> {
  let low = 0;
  let high = log.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((log[middle] as Version).writtenAt < from - deviation) low = middle + 1;
    else high = middle;
  }
  for (let index = low; index < log.length; index += 1) {
    const version = log[index] as Version;
    if (version.writtenAt > to + deviation) return;
    yield version;
  }
}

function stamped(content: Content, id: string, number: number | undefined, stamp: number): Content {
  const {
    versionId: _versionId,
    lastUpdated: _lastUpdated,
    ...meta
  } = (content.meta ?? {}) as Record<string, unknown>;
  return {
    ...content,
    id,
    meta: {
      ...(number === undefined ? {} : { versionId: String(number) }),
      lastUpdated: new Date(stamp).toISOString(),
      ...meta,
    },
  };
}
