/**
 * A FHIR server of one type with the troubles that lose changes: commits that show late under an earlier time, nodes whose
 * clocks differ, times rounded to the second, pages that shift while they are read, deletions, refusals, and answers that
 * break off. Its time is virtual and passes with every request.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Random } from '../../../src/std/index.ts';

interface Row {
  version: number;
  /** What it says of itself: `meta.lastUpdated`, milliseconds. */
  stamped: number;
  deleted: boolean;
}

interface Shown {
  readonly id: number;
  readonly stamped: number;
  readonly version: number;
  readonly shown: number;
}

interface Change {
  readonly id: number;
  readonly at: number;
  readonly stamped: number;
  readonly kind: 'put' | 'delete';
}

export interface Troubles {
  /** Of a thousand commits so many show late, by up to `lateMs`. */
  readonly latePerMille: number;
  readonly lateMs: number;
  readonly skewMs: number;
  readonly deletePerMille: number;
  /** Of a thousand requests so many are refused or broken off. */
  readonly refusedPerMille: number;
}

export const usualTroubles: Troubles = {
  latePerMille: 20,
  lateMs: 60_000,
  skewMs: 2_000,
  deletePerMille: 5,
  refusedPerMille: 15,
};

const TYPE = 'Patient';

export class TroubledServer {
  readonly rows = new Map<number, Row>();
  changes = 0;
  requests = 0;
  refused = 0;
  now: number;
  readonly #random: Random;
  readonly #troubles: Troubles;
  readonly #resources: number;
  /** Milliseconds between changes; `null`: at rest. */
  #every: number | null;
  #nextAt: number;
  /** Committed and not yet to be seen, by the time they show. */
  #late: Change[] = [];
  /** What showed of late, in order: narrow questions look here. */
  #recent: Shown[] = [];
  readonly #server = createServer((request, response) => this.#answer(request.url ?? '/', response));

  constructor(options: {
    readonly random: Random;
    readonly resources: number;
    readonly perSecond: number;
    readonly start: number;
    readonly troubles?: Partial<Troubles>;
  }) {
    this.#random = options.random;
    this.#troubles = { ...usualTroubles, ...options.troubles };
    this.#resources = options.resources;
    this.#every = 1_000 / options.perSecond;
    this.now = options.start;
    this.#nextAt = options.start;
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/R4`;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  /** No more changes; those that are under way still show. */
  rest(): void {
    this.#every = null;
  }

  pass(milliseconds: number): void {
    const to = this.now + milliseconds;
    while (this.#every !== null && this.#nextAt <= to) {
      this.#show(this.#nextAt);
      this.now = this.#nextAt;
      this.#change();
      this.#nextAt += this.#every;
    }
    this.now = to;
    this.#show(to);
    const old = this.#recent.findIndex(({ shown }) => shown > to - 1_800_000);
    if (old > 50_000) this.#recent = this.#recent.slice(old);
  }

  #oneIn(perMille: number): boolean {
    return this.#random.fraction() * 1_000 < perMille;
  }

  #change(): void {
    const { latePerMille, lateMs, skewMs, deletePerMille } = this.#troubles;
    this.changes += 1;
    const id = Math.floor(this.#random.fraction() * this.#resources);
    const skewed = this.now + (this.#random.fraction() * 2 - 1) * skewMs;
    const stamped = Math.floor(skewed / 1_000) * 1_000;
    const kind = this.#oneIn(deletePerMille) ? 'delete' : 'put';
    const change: Change = { id, at: this.now, stamped, kind };
    if (this.#oneIn(latePerMille)) {
      const shows = { ...change, at: this.now + this.#random.fraction() * lateMs };
      this.#late.push(shows);
      this.#late.sort((a, b) => a.at - b.at);
    } else this.#apply(change);
  }

  #show(to: number): void {
    while (this.#late.length > 0 && (this.#late[0] as Change).at <= to) {
      this.#apply(this.#late.shift() as Change);
    }
  }

  #apply({ id, at, stamped, kind }: Change): void {
    const row = this.rows.get(id);
    const version = (row?.version ?? 0) + 1;
    if (kind === 'delete' && row === undefined) return;
    this.rows.set(id, { version, stamped, deleted: kind === 'delete' });
    if (kind === 'put') this.#recent.push({ id, stamped, version, shown: at });
  }

  #answer(url: string, response: ServerResponse): void {
    this.requests += 1;
    // Asking takes time, and the hospital goes on meanwhile.
    this.pass(80);
    if (this.#oneIn(this.#troubles.refusedPerMille)) {
      this.#refuse(response);
      return;
    }
    const { searchParams } = new URL(url, 'http://server/');
    const size = Number(searchParams.get('_count') ?? 100);
    const offset = Number(searchParams.get('offset') ?? 0);
    const found = this.#found(searchParams);
    const page = found.slice(offset, offset + size);
    const only = searchParams.get('_elements') !== null;
    const texts = page.map((id) => this.#text(id, only));
    searchParams.set('offset', String(offset + size));
    const next =
      offset + size < found.length
        ? `,"link":[{"relation":"next","url":"/R4/${TYPE}?${searchParams.toString()}"}]`
        : '';
    const entries = texts.map((text) => `{"resource":${text},"search":{"mode":"match"}}`).join(',');
    response.writeHead(200, {
      'content-type': 'application/fhir+json',
      date: new Date(this.now).toUTCString(),
    });
    response.end(`{"resourceType":"Bundle","type":"searchset"${next},"entry":[${entries}]}`);
  }

  #refuse(response: ServerResponse): void {
    this.refused += 1;
    const chance = this.#random.fraction();
    if (chance < 0.3) response.writeHead(429, { 'retry-after': '3' }).end();
    else if (chance < 0.7) response.writeHead(503).end();
    else if (chance < 0.85) response.socket?.destroy();
    else {
      const half = '{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Pat';
      response.writeHead(200, { 'content-type': 'application/fhir+json' }).end(half);
    }
  }

  /** Ids in the order of their times; evaluated anew for each page, so that pages shift. */
  #found(params: URLSearchParams): number[] {
    const ids = params.get('_id');
    const there = (id: number): boolean => this.rows.get(id)?.deleted === false;
    if (ids !== null)
      return ids
        .split(',')
        .map((id) => Number(id.slice(1)))
        .filter(there);
    const bound = params.get('_lastUpdated');
    if (bound === null) return [...this.rows.keys()].filter(there);
    const from = Date.parse(bound.slice(2));
    // What showed before could bear a time this much later at most.
    const oldest = this.#recent[0]?.shown ?? 0;
    const narrow = from - this.#troubles.skewMs - 1_000 > oldest;
    const found: { id: number; stamped: number }[] = [];
    if (narrow) {
      for (let at = this.#recent.length - 1; at >= 0; at--) {
        const { id, stamped, version, shown } = this.#recent[at] as Shown;
        if (shown < from - this.#troubles.skewMs - 1_000) break;
        const row = this.rows.get(id);
        if (stamped >= from && row?.version === version && !row.deleted) found.push({ id, stamped });
      }
    } else {
      for (const [id, row] of this.rows)
        if (row.stamped >= from && !row.deleted) found.push({ id, stamped: row.stamped });
    }
    return found.sort((a, b) => a.stamped - b.stamped || a.id - b.id).map(({ id }) => id);
  }

  #text(id: number, only: boolean): string {
    const { version, stamped } = this.rows.get(id) as Row;
    const meta = `"meta":{"versionId":"${version}","lastUpdated":"${new Date(stamped).toISOString()}"}`;
    const content = only ? '' : `,"active":true,"multipleBirthInteger":${version}`;
    return `{"resourceType":"${TYPE}","id":"p${id}",${meta}${content}}`;
  }
}
