/**
 * A FHIR client: read, search and the pages of a search, create, update, operations, large Binaries. It knows no vendor
 * (see `Dialect`).
 *
 * The token goes to the base URL's origin only: neither redirects nor links to the next page lead it
 * elsewhere. No failure's message holds a query string or a body, since both may name patients.
 */
import { type Clock, Failure } from '../std/index.ts';
import { type BinaryOptions, type BinaryStream, streamBinary } from './binary.ts';
import { type Answered, createExchange, type Question } from './exchange.ts';
import { fhirFailure } from './failures.ts';
import { createHttp, type Http, type HttpLimits, unwatched, usualLimits, type Watch } from './http.ts';
import type { Issue } from './outcome.ts';
import { pageOf, type SearchPage, unreadable } from './page.ts';
import type { FhirResource } from './resource.ts';
import type { Tokens } from './smart/tokens.ts';
import type { Dialect } from './status.ts';
import {
  type CreateOptions,
  type UpdateOptions,
  type Written,
  writeHeaders,
  writeUnknown,
  writtenOf,
} from './write.ts';

export interface FhirClientOptions {
  /** `https://host/instance/api/FHIR/R4`. */
  readonly baseUrl: string;
  readonly clock: Clock;
  /** Left out: requests carry no token. */
  readonly tokens?: Tokens;
  readonly limits?: HttpLimits;
  /** A pool of connections to use with others; left out: one of its own. */
  readonly http?: Http;
  readonly dialect?: Dialect;
  readonly watch?: Watch;
}

/** Parameters of a search; several values of one name are sent as several parameters (FHIR's "and"). */
export type SearchParams = Readonly<Record<string, string | readonly string[]>>;

export interface FhirClient {
  readonly baseUrl: string;
  /** One resource by its id. Throws `FHIR_NOT_FOUND` when there is none. */
  read(type: string, id: string, signal: AbortSignal): Promise<FhirResource>;
  /**
   * The pages of a search, as the server cuts them: short and even empty pages are followed by others. When the
   * server forgets the search on the way, it is asked anew, twice at most, and `restart` of the pages grows:
   * whoever collects then begins again.
   * @example
   * for await (const page of client.search('Appointment', { patient: id, date: ['ge2026-01-01', 'le2026-01-31'] }, signal)) {
   *   for (const entry of page.entries) console.log(entry.resource.id);
   * }
   */
  search(type: string, params: SearchParams, signal: AbortSignal): AsyncGenerator<SearchPage>;
  /**
   * All pages of a search as one. Results that certainly do not fulfil a parameter are left out and counted (`strays`): a
   * server may ignore one. Identifiers, names and codes remain the server's word.
   */
  searchAll(type: string, params: SearchParams, signal: AbortSignal): Promise<SearchPage>;
  /**
   * Makes a resource, by one plain POST. Throws `FHIR_WRITE_UNKNOWN` (unknown-outcome) when it may have been done and nobody
   * can say: never sent again by itself. A resource given as text goes out as it is.
   */
  create(type: string, resource: FhirResource | string, options: CreateOptions): Promise<Written>;
  /** Puts a resource in the place of what is there. Unknown outcomes as for `create`. */
  update(type: string, id: string, resource: FhirResource | string, options: UpdateOptions): Promise<Written>;
  /** An operation by POST: `Appointment/$find`, `Patient/$match`, `Patient/e1/$summary`. */
  operation(path: string, options: OperationOptions): Promise<Operated>;
  /** A Binary in pieces as they come; see `BinaryOptions.limit`. */
  binary(id: string, options: BinaryOptions): Promise<BinaryStream>;
  close(): Promise<void>;
}

export interface OperationOptions {
  readonly parameters?: FhirResource | string;
  /** It changes something (`$book`): an answer that is lost is an unknown outcome. */
  readonly effect: boolean;
  readonly signal: AbortSignal;
}

export interface Operated {
  readonly status: number;
  /** `undefined` where the operation gives nothing back. */
  readonly resource: FhirResource | undefined;
  readonly issues: readonly Issue[];
}

/** Ids are opaque and longer than FHIR's 64 at times; but they are never a path. */
const ID = /^[A-Za-z0-9.-]+$/;
const MOST_RESTARTS = 2;
const MOST_PAGES = 1_000;

/** Of a type, or of one of its resources. */
const OPERATION = /^[A-Za-z]+(?:\/([A-Za-z0-9.-]+))?\/\$[A-Za-z0-9-]+$/;

const isId = (id: string): boolean => ID.test(id) && id !== '.' && id !== '..';
const textOf = (resource: FhirResource | string): string =>
  typeof resource === 'string' ? resource : JSON.stringify(resource);

export function createFhirClient(options: FhirClientOptions): FhirClient {
  const { clock, tokens, dialect, watch = unwatched } = options;
  const baseUrl = options.baseUrl.replace(/\/+$/, '');
  const { origin } = new URL(baseUrl);
  const http = options.http ?? createHttp(clock, options.limits ?? usualLimits);
  const exchange = createExchange({ http, clock, tokens, dialect, watch });
  /** A gateway drops our Accept header: the parameter is asked for from then on. */
  let formatNeeded = false;

  const checked = (id: string): string => {
    if (!isId(id)) throw fhirFailure('FHIR_BAD_ID');
    return id;
  };

  /** A read. An answer in XML is asked for once more with `_format`; after that it is what the site has to mend. */
  async function get(
    question: Pick<Question, 'url' | 'what' | 'scope' | 'signal'>,
    own: boolean,
  ): Promise<Answered> {
    const asked = { ...question, method: 'GET', effect: false } as const;
    const url = own && formatNeeded ? withFormat(question.url) : question.url;
    const answered = await exchange.ask({ ...asked, url });
    if (answered.content.form !== 'xml' || url.searchParams.has('_format')) return answered;
    const again = await exchange.ask({ ...asked, url: withFormat(url) });
    if (again.content.form === 'fhir') formatNeeded = true;
    return again;
  }

  async function* search(
    type: string,
    params: SearchParams,
    signal: AbortSignal,
  ): AsyncGenerator<SearchPage> {
    const what = `search of ${type}`;
    const scope = `${type} (search)`;
    for (let restart = 0; ; restart++) {
      const visited = new Set<string>();
      let url: URL | undefined = new URL(`${baseUrl}/${type}?${queryOf(params)}`);
      try {
        while (url) {
          if (visited.has(url.href) || visited.size >= MOST_PAGES) throw fhirFailure('FHIR_PAGING_LOOP');
          visited.add(url.href);
          const first = visited.size === 1;
          const { content }: Answered = await get({ url, what, scope, signal }, first);
          const { page, next } = pageOf(content, { what, restart, params, baseUrl, first });
          url = next === undefined ? undefined : sameOrigin(next);
          yield page;
        }
        return;
      } catch (error) {
        const expired = error instanceof Failure && error.code === 'FHIR_PAGING_EXPIRED' && visited.size > 1;
        if (!expired || restart >= MOST_RESTARTS) throw error;
      }
    }
  }

  /** The link as it stands; the token must not follow it to another host. */
  function sameOrigin(next: string): URL {
    const url = URL.parse(next, `${baseUrl}/`);
    if (url?.origin !== origin) throw fhirFailure('FHIR_NEXT_ORIGIN');
    return url;
  }

  const client: FhirClient = {
    baseUrl,
    async read(type, id, signal) {
      const what = `read of ${type}`;
      const url = new URL(`${baseUrl}/${type}/${checked(id)}`);
      const { content } = await get({ url, what, scope: `${type} (read)`, signal }, true);
      if (content.resource?.resourceType !== type) throw unreadable(content, what);
      return content.resource;
    },
    search,
    async searchAll(type, params, signal) {
      let restart = 0;
      let pages: SearchPage[] = [];
      for await (const page of search(type, params, signal)) {
        // What was collected before the search was asked anew is there again.
        if (page.restart !== restart) pages = [];
        restart = page.restart;
        pages.push(page);
      }
      const [only] = pages;
      if (pages.length === 1 && only) return only;
      return {
        entries: pages.flatMap((page) => page.entries),
        issues: pages.flatMap((page) => page.issues),
        restart,
        strays: pages.reduce((sum, page) => sum + page.strays, 0),
        ignored: [...new Set(pages.flatMap((page) => page.ignored))],
      };
    },
    async create(type, resource, given) {
      const what = `create of ${type}`;
      const answered = await exchange.ask({
        url: new URL(`${baseUrl}/${type}`),
        method: 'POST',
        headers: writeHeaders(given),
        body: textOf(resource),
        effect: true,
        what,
        scope: `${type} (create)`,
        signal: given.signal,
      });
      return writtenOf(answered, type, baseUrl, what);
    },
    async update(type, id, resource, given) {
      const what = `update of ${type}`;
      const answered = await exchange.ask({
        url: new URL(`${baseUrl}/${type}/${checked(id)}`),
        method: 'PUT',
        headers: writeHeaders(given),
        body: textOf(resource),
        effect: true,
        what,
        scope: `${type} (update)`,
        signal: given.signal,
      });
      return { ...writtenOf(answered, type, baseUrl, what), id };
    },
    async operation(path, { parameters, effect, signal }) {
      const [, id] = OPERATION.exec(path) ?? [];
      if (!OPERATION.test(path) || (id !== undefined && !isId(id))) throw fhirFailure('FHIR_BAD_ID');
      const scope = path.replace(/\/.*\$/, '.$');
      const what = `operation ${scope}`;
      const { content, reply } = await exchange.ask({
        url: new URL(`${baseUrl}/${path}`),
        method: 'POST',
        headers: { 'content-type': 'application/fhir+json' },
        body: parameters === undefined ? '{"resourceType":"Parameters"}' : textOf(parameters),
        effect,
        what,
        scope,
        signal,
      });
      if (content.resource === undefined && content.form !== 'empty') {
        throw effect
          ? writeUnknown(what, `with ${reply.status} and no FHIR`, content.text)
          : unreadable(content, what);
      }
      return { status: reply.status, resource: content.resource, issues: content.issues };
    },
    binary: async (id, given) =>
      streamBinary(
        { http, clock, tokens, watch, dialect },
        new URL(`${baseUrl}/Binary/${checked(id)}`),
        given,
      ),
    close: async () => {
      if (options.http === undefined) await http.close();
    },
  };
  return client;
}

function withFormat(url: URL): URL {
  const asked = new URL(url);
  asked.searchParams.set('_format', 'json');
  return asked;
}

function queryOf(params: SearchParams): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    for (const one of typeof value === 'string' ? [value] : value) query.append(name, one);
  }
  return query.toString();
}
