/**
 * A FHIR R4 client for reading: read, search, and pages of a search. It knows no vendor (see `Dialect`).
 *
 * The token goes to the base URL's origin only: neither redirects nor links to the next page lead it
 * elsewhere. No failure's message holds a query string or a body, since both may name patients.
 */
import { type Clock, Failure } from '../std/index.ts';
import { type Content, contentOf } from './answer.ts';
import { fhirFailure } from './failures.ts';
import { createHttp, HttpError, type HttpLimits, unwatched, usualLimits, type Watch } from './http.ts';
import { isRefusal } from './outcome.ts';
import { pageOf, type SearchPage, unreadable } from './page.ts';
import type { FhirResource } from './resource.ts';
import type { Tokens } from './smart/backend.ts';
import { type Dialect, readTrouble, refusal } from './status.ts';

export interface FhirClientOptions {
  /** `https://host/instance/api/FHIR/R4`. */
  readonly baseUrl: string;
  readonly clock: Clock;
  /** Left out: requests carry no token. */
  readonly tokens?: Tokens;
  readonly limits?: HttpLimits;
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
  /** All pages of a search as one. Filters are the server's word: check them (unknown ones may be ignored). */
  searchAll(type: string, params: SearchParams, signal: AbortSignal): Promise<SearchPage>;
  close(): Promise<void>;
}

/** Ids are opaque and longer than FHIR's 64 at times; but they are never a path. */
const ID = /^[A-Za-z0-9.-]+$/;
const MOST_RESTARTS = 2;
const MOST_PAGES = 1_000;

export function createFhirClient(options: FhirClientOptions): FhirClient {
  const { clock, tokens, dialect, watch = unwatched } = options;
  const baseUrl = options.baseUrl.replace(/\/+$/, '');
  const origin = new URL(baseUrl).origin;
  const http = createHttp(clock, options.limits ?? usualLimits);

  interface Asked {
    readonly url: URL;
    readonly what: string;
    readonly scope: string;
    readonly signal: AbortSignal;
  }

  /** One request, told to the watch: the content of a yes, or the failure. */
  async function once(asked: Asked, token: string | undefined): Promise<Content | Failure> {
    await watch.before(asked.signal);
    const from = clock.elapsed();
    try {
      const reply = await http.send({
        url: asked.url,
        method: 'GET',
        // Without it Epic answers in XML.
        headers: {
          accept: 'application/fhir+json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        signal: asked.signal,
      });
      const content = contentOf(reply.body);
      // Some refusals come with 200: the outcome counts, not the status.
      const fine = reply.status >= 200 && reply.status < 300 && !isRefusal(content.issues);
      const { what, scope } = asked;
      const failure = fine ? undefined : refusal({ reply, content, what, scope, now: clock.now() }, dialect);
      const wait = failure?.retry.again ? failure.retry.after : undefined;
      watch.after({
        kind: failure?.kind ?? 'ok',
        ms: reply.ms,
        ...(failure ? { code: failure.code } : {}),
        ...(wait === undefined ? {} : { retryAfter: wait }),
      });
      return failure ?? content;
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      const failure = readTrouble(error, asked.what);
      if (error.trouble !== 'aborted') {
        watch.after({ kind: failure.kind, code: failure.code, ms: Math.round(clock.elapsed() - from) });
      }
      return failure;
    }
  }

  async function get(asked: Asked): Promise<Content> {
    const token = await tokens?.get(asked.signal);
    let result = await once(asked, token);
    // One forced refresh and one retry. A second 401 is an answer: asking on would be a storm of sign-ins.
    if (tokens && token !== undefined && isUnauthenticated(result)) {
      tokens.invalidate(token);
      result = await once(asked, await tokens.get(asked.signal));
    }
    if (result instanceof Failure) throw result;
    return result;
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
          const content: Content = await get({ url, what, scope, signal });
          const { page, next } = pageOf(content, what, restart);
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

  return {
    baseUrl,
    async read(type, id, signal) {
      if (!ID.test(id) || id === '.' || id === '..') throw fhirFailure('FHIR_BAD_ID');
      const what = `read of ${type}`;
      const url = new URL(`${baseUrl}/${type}/${id}`);
      const content = await get({ url, what, scope: `${type} (read)`, signal });
      if (content.resource?.resourceType !== type) throw unreadable(content, what);
      return content.resource;
    },
    search,
    async searchAll(type, params, signal) {
      let all: SearchPage = { entries: [], issues: [], restart: 0 };
      for await (const page of search(type, params, signal)) {
        all =
          page.restart === all.restart
            ? {
                entries: [...all.entries, ...page.entries],
                issues: [...all.issues, ...page.issues],
                restart: page.restart,
              }
            : page;
      }
      return all;
    },
    close: () => http.close(),
  };
}

const isUnauthenticated = (result: Content | Failure): boolean =>
  result instanceof Failure && result.code === 'FHIR_UNAUTHENTICATED';

function queryOf(params: SearchParams): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    for (const one of typeof value === 'string' ? [value] : value) query.append(name, one);
  }
  return query.toString();
}
