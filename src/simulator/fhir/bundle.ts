import { randomUUID } from 'node:crypto';
import type { Behaviour } from '../profile/index.ts';
import { type Issue, issue, operationOutcome, Refusal, type Resource } from './outcome.ts';
import type { Found, ResourceService } from './service.ts';

/** A page of a search that was asked for before. */
interface Session {
  readonly type: string;
  readonly ids: readonly string[];
  readonly offset: number;
  readonly count: number | undefined;
  readonly issues: readonly Issue[];
  readonly expires: number;
}

/** The switches that paging follows. */
export type PagingOptions = Pick<Behaviour, 'pageSize' | 'sessionSeconds'>;

const mostSessions = 2_000;

/**
 * Searchsets in pages. `next` carries a session and no query; each link has a session of its own, so that a page
 * that was lost on the way can be fetched again.
 */
export class Paging {
  readonly #sessions = new Map<string, Session>();
  readonly #options: PagingOptions;
  readonly #now: () => number;

  constructor(options: PagingOptions, now: () => number) {
    this.#options = options;
    this.#now = now;
  }

  /** The first page of a search. `self` is the address to echo, `base` the FHIR base address. */
  first(service: ResourceService, found: Found, query: URLSearchParams, base: string): Resource {
    const asked = Number(query.get('_count') ?? '');
    const count = Number.isInteger(asked) && asked > 0 ? asked : undefined;
    const self = `${base}/${service.type}${query.size > 0 ? `?${query}` : ''}`;
    const issues = found.issues ?? [];
    if (query.get('_summary') === 'count')
      return bundle(found.ids.length, [{ relation: 'self', url: self }], []);
    return this.#page(
      service,
      { type: service.type, ids: found.ids, offset: 0, count, issues, expires: 0 },
      self,
      base,
    );
  }

  /** The page a session stands for. Throws a Refusal (4113) when it is over. */
  next(service: ResourceService, sessionId: string, base: string): Resource {
    const session = this.#sessions.get(sessionId);
    if (!session || session.type !== service.type || session.expires <= this.#now()) {
      throw new Refusal(400, issue(4113, { element: 'sessionID' }));
    }
    return this.#page(service, session, `${base}/${service.type}?sessionID=${sessionId}`, base);
  }

  /** Ends every paging session at once. */
  expireAll(): void {
    this.#sessions.clear();
  }

  #page(service: ResourceService, session: Session, self: string, base: string): Resource {
    const { ids, offset, count, issues } = session;
    const size = Math.min(count ?? this.#options.pageSize, this.#options.pageSize);
    const entries = ids.slice(offset, offset + size).flatMap((id) => {
      const resource = service.read(id);
      const fullUrl = `${base}/${service.type}/${id}`;
      const link = [{ relation: 'self', url: fullUrl }];
      return resource ? [{ link, fullUrl, resource, search: { mode: 'match' } }] : [];
    });
    const links = [{ relation: 'self', url: self }];
    if (offset + size < ids.length) {
      const next = this.#open({ ...session, offset: offset + size });
      links.push({ relation: 'next', url: `${base}/${service.type}?sessionID=${next}` });
    }
    const remarks = ids.length === 0 ? [...issues, issue(4101)] : issues;
    const outcome = remarks.length === 0 ? [] : [outcomeEntry(remarks)];
    // With _count the total is the size of this page; without it, of the whole result. Remarks never count.
    return bundle(count === undefined ? ids.length : entries.length, links, [...entries, ...outcome]);
  }

  #open(session: Session): string {
    const oldest = this.#sessions.keys().next();
    if (this.#sessions.size >= mostSessions && !oldest.done) this.#sessions.delete(oldest.value);
    const id = `17-${randomUUID().replaceAll('-', '').toUpperCase()}`;
    this.#sessions.set(id, { ...session, expires: this.#now() + this.#options.sessionSeconds * 1000 });
    return id;
  }
}

function outcomeEntry(issues: readonly Issue[]): unknown {
  return {
    fullUrl: `urn:uuid:${randomUUID()}`,
    resource: operationOutcome(issues),
    search: { mode: 'outcome' },
  };
}

function bundle(total: number, link: unknown, entry: readonly unknown[]): Resource {
  return {
    resourceType: 'Bundle',
    type: 'searchset',
    total,
    link,
    ...(entry.length > 0 ? { entry } : {}),
  };
}
