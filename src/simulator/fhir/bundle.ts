import { randomUUID } from 'node:crypto';
import type { Behaviour } from '../profile/index.ts';
import type { AnyDeclaration, Caller } from './declaration.ts';
import type { Edition } from './edition.ts';
import { included } from './include.ts';
import { type Issue, issue, operationOutcome, type Resource, refuse } from './outcome.ts';
import type { Found } from './search.ts';

/** A page of a search that was asked for before. */
interface Session extends Found {
  readonly edition: Edition;
  readonly type: string;
  readonly clientId: string;
  readonly offset: number;
  readonly count: number | undefined;
  readonly total: number;
  /** What was asked, in the order of its names: DSTU2 repeats it in each link and refuses another (4116). */
  readonly asked: string;
  readonly expires: number;
}

/** The switches that paging follows. */
export type PagingOptions = Pick<
  Behaviour,
  'pageSize' | 'sessionSeconds' | 'totalWithCount' | 'postFilterNext' | 'revincludeOthers'
>;

/** What a page is made for. */
export interface PageRequest {
  readonly edition: Edition;
  readonly declaration: AnyDeclaration;
  readonly parameters: URLSearchParams;
  readonly caller: Caller;
  /** The FHIR base address, without a slash at its end. */
  readonly base: string;
}

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

  /** The first page of a search. */
  first(request: PageRequest, found: Found): Resource {
    const { edition, declaration, parameters, base, caller } = request;
    const asked = Number(parameters.get('_count') ?? '');
    const count = Number.isInteger(asked) && asked > 0 ? asked : undefined;
    const self = `${base}/${declaration.type}${parameters.size > 0 ? `?${parameters}` : ''}`;
    const total = found.keeps ? kept(request, found, found.ids).length : found.ids.length;
    if (parameters.get('_summary') === 'count') return bundle(total, [{ relation: 'self', url: self }], []);
    const session = {
      ...found,
      edition,
      type: declaration.type,
      clientId: caller.clientId,
      offset: 0,
      count,
      total,
      asked: query(parameters),
      expires: 0,
    };
    return this.#page(request, session, self);
  }

  /** The page a session stands for. Throws a Refusal (4113) when it is over. */
  next(request: PageRequest, sessionId: string): Resource {
    const { edition, declaration, parameters, base, caller } = request;
    const session = this.#sessions.get(sessionId);
    const fits =
      session?.type === declaration.type &&
      session.edition === edition &&
      session.clientId === caller.clientId;
    if (!session || !fits || session.expires <= this.#now()) throw refuse(4113, { element: 'sessionID' });
    if (edition.version === 'DSTU2' && query(parameters) !== session.asked) throw refuse(4116);
    return this.#page(request, session, `${base}/${declaration.type}?${parameters}`);
  }

  /** Ends every paging session at once. */
  expireAll(): void {
    this.#sessions.clear();
  }

  #page(request: PageRequest, session: Session, self: string): Resource {
    const { edition, declaration, base } = request;
    const { pageSize, totalWithCount, postFilterNext } = this.#options;
    const { ids, offset, count, issues } = session;
    const size = Math.min(count ?? pageSize, pageSize);
    const fetched = ids.slice(offset, offset + size);
    // Post-filters drop rows after they were fetched, so a page may be short, or empty, and have a next one.
    const rows = kept(request, session, fetched);
    const entries = rows.map(({ resource }) => entry(base, resource, 'match'));
    const beside = included(request, rows, this.#options.revincludeOthers).map((resource) =>
      entry(base, resource, 'include'),
    );
    const links = [{ relation: 'self', url: self }];
    const lost = entries.length === 0 && postFilterNext === 'dropped';
    if (offset + size < ids.length && !lost) {
      const next = this.#open({ ...session, offset: offset + size });
      links.push({
        relation: 'next',
        url: nextLink(`${base}/${declaration.type}`, session, next, offset / size),
      });
    }
    const remarks = ids.length === 0 ? [...issues, issue(4101)] : issues;
    const outcome = remarks.length === 0 ? [] : [outcomeEntry(remarks, edition)];
    // With _count the total is the size of this page; without it, of the whole result. Remarks never count.
    const total = count === undefined || totalWithCount === 'all' ? session.total : entries.length;
    return bundle(total, links, [...entries, ...beside, ...outcome]);
  }

  #open(session: Session): string {
    const oldest = this.#sessions.keys().next();
    if (this.#sessions.size >= mostSessions && !oldest.done) this.#sessions.delete(oldest.value);
    const id = `17-${randomUUID().replaceAll('-', '').toUpperCase()}`;
    this.#sessions.set(id, { ...session, expires: this.#now() + this.#options.sessionSeconds * 1000 });
    return id;
  }
}

/** A row of a page: the record, and the resource as the caller sees it. */
export interface Row {
  readonly record: unknown;
  readonly resource: Resource;
}

function kept(
  { edition, declaration }: PageRequest,
  { keeps }: Found,
  ids: readonly string[],
): readonly Row[] {
  return ids.flatMap((id) => {
    const record = declaration.find(id);
    if (record === undefined || (keeps && !keeps(declaration.render(record)))) return [];
    return [{ record, resource: edition.show(declaration, record) }];
  });
}

/** R4 and STU3: the session alone. DSTU2: the query again, the page and the session. */
function nextLink(address: string, { edition, asked }: Session, session: string, page: number): string {
  if (edition.version !== 'DSTU2') return `${address}?sessionID=${session}`;
  return `${address}?${asked}&page=${page + 2}&session=${session}`;
}

function query(parameters: URLSearchParams): string {
  const own = new URLSearchParams(parameters);
  for (const name of ['page', 'session', 'sessionID', '_format']) own.delete(name);
  own.sort();
  return own.toString();
}

function entry(base: string, resource: Resource, mode: 'match' | 'include'): unknown {
  const fullUrl = `${base}/${resource.resourceType}/${resource.id}`;
  return { link: [{ relation: 'self', url: fullUrl }], fullUrl, resource, search: { mode } };
}

function outcomeEntry(issues: readonly Issue[], edition: Edition): unknown {
  return {
    fullUrl: `urn:uuid:${randomUUID()}`,
    resource: edition.say(operationOutcome(issues)),
    search: { mode: 'outcome' },
  };
}

function bundle(total: number, link: unknown, entries: readonly unknown[]): Resource {
  return {
    resourceType: 'Bundle',
    type: 'searchset',
    total,
    link,
    ...(entries.length > 0 ? { entry: entries } : {}),
  };
}
