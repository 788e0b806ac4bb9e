import type { GenericBehaviour } from './behaviour.ts';
import { versionHeaders } from './exchange.ts';
import { Refused } from './refused.ts';
import type { Content, Version } from './repository.ts';

/** A list that is handed out in pages. */
export interface Listing {
  readonly kind: 'searchset' | 'history';
  readonly versions: readonly Version[];
  /** Below the base: `Patient` or `Patient/1/_history`. */
  readonly path: string;
  readonly query: URLSearchParams;
}

interface Snapshot extends Listing {
  readonly offset: number;
  readonly until: number;
}

const mostSnapshots = 1_000;

/** Pages, either of a result as it was when it was asked for, or of the same question asked again. */
export class Pages {
  readonly #snapshots = new Map<string, Snapshot>();
  readonly #behaviour: GenericBehaviour;
  readonly #base: () => string;
  readonly #now: () => number;
  #last = 0;

  constructor(behaviour: GenericBehaviour, base: () => string, now: () => number) {
    this.#behaviour = behaviour;
    this.#base = base;
    this.#now = now;
  }

  first(listing: Listing): Content {
    const offset = Number(listing.query.get('_offset') ?? 0);
    return this.#page(listing, Number.isInteger(offset) && offset > 0 ? offset : 0);
  }

  /** The page that a `next` link of a snapshot stands for. Throws a Refused when it is over. */
  next(name: string): Content {
    const snapshot = this.#snapshots.get(name);
    if (!snapshot || snapshot.until <= this.#now())
      throw new Refused(410, 'expired', 'this result is kept no longer');
    return this.#page(snapshot, snapshot.offset);
  }

  #page(listing: Listing, offset: number): Content {
    const { kind, versions, path, query } = listing;
    const size = this.#size(query);
    const self = `${this.#base()}/${path}${query.size > 0 ? `?${query}` : ''}`;
    const counted = query.get('_summary') === 'count' || query.get('_count') === '0';
    const page = counted ? [] : versions.slice(offset, offset + size);
    const link = [{ relation: 'self', url: self }];
    if (!counted && offset + size < versions.length) {
      link.push({ relation: 'next', url: this.#nextLink(listing, offset + size) });
    }
    const total = counted || (this.#behaviour.totals && query.get('_total') !== 'none');
    const entry = page.map((version) =>
      kind === 'history' ? this.#historyEntry(version) : this.#matchEntry(version, elementsOf(query)),
    );
    return {
      resourceType: 'Bundle',
      type: kind,
      ...(total ? { total: versions.length } : {}),
      link,
      ...(entry.length > 0 ? { entry } : {}),
    };
  }

  #size(query: URLSearchParams): number {
    const asked = Number(query.get('_count') ?? '');
    const most = this.#behaviour.pageSize;
    return Number.isInteger(asked) && asked > 0 ? Math.min(asked, most) : most;
  }

  #nextLink(listing: Listing, offset: number): string {
    const { path, query } = listing;
    if (this.#behaviour.paging === 'offset') {
      const again = new URLSearchParams(query);
      again.set('_offset', String(offset));
      return `${this.#base()}/${path}?${again}`;
    }
    const oldest = this.#snapshots.keys().next();
    if (this.#snapshots.size >= mostSnapshots && !oldest.done) this.#snapshots.delete(oldest.value);
    this.#last += 1;
    const name = `p${this.#last}`;
    const until = this.#now() + this.#behaviour.snapshotSeconds * 1000;
    this.#snapshots.set(name, { ...listing, offset, until });
    return `${this.#base()}?_page=${name}`;
  }

  #matchEntry({ type, id, resource }: Version, elements: readonly string[] | undefined): unknown {
    return {
      fullUrl: `${this.#base()}/${type}/${id}`,
      resource: elements && resource ? only(resource, elements) : resource,
      search: { mode: 'match' },
    };
  }

  #historyEntry(version: Version): unknown {
    const { type, id, method, number, resource } = version;
    const headers = versionHeaders(this.#behaviour, version);
    const status = method === 'DELETE' ? '204' : number === 1 ? '201' : '200';
    return {
      fullUrl: `${this.#base()}/${type}/${id}`,
      ...(resource ? { resource } : {}),
      request: { method, url: method === 'POST' ? type : `${type}/${id}` },
      response: {
        status,
        ...(headers.etag === undefined ? {} : { etag: headers.etag }),
        lastModified: new Date(version.stamp).toISOString(),
      },
    };
  }
}

function elementsOf(query: URLSearchParams): readonly string[] | undefined {
  return query.get('_elements')?.split(',');
}

/** Some elements of a resource, marked as not being all. */
function only(resource: Content, elements: readonly string[]): unknown {
  const kept = new Set(['resourceType', 'id', 'meta', ...elements]);
  const subsetted = {
    system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue',
    code: 'SUBSETTED',
  };
  const meta = { ...(resource.meta as object), tag: [subsetted] };
  return { ...Object.fromEntries(Object.entries(resource).filter(([name]) => kept.has(name))), meta };
}
