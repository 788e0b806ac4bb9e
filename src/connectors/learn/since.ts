/**
 * Learns a resource's changes from a server that can be asked by `_lastUpdated`. Naively done that loses changes: what is
 * committed late bears a time that was asked about already, clocks differ, many share one time, and pages shift while they
 * are read. So each question reaches back behind what is known, all that comes is compared with what has been seen, a
 * window that had several pages is asked for again until it gives nothing new, once a day a wider window is, and once a
 * week everything is counted: what was missed is found then, and what is there no more.
 */
import type { FhirClient, SearchPage } from '../../fhir/index.ts';
import { canonicalJson, type Json } from '../../std/index.ts';
import type { ConnectionContext, LearnAnswer, LearnRequest } from '../contract.ts';
import { compare } from './compare.ts';
import { missing } from './count.ts';
import type { Learnable } from './learnable.ts';
import { editionOf, GONE } from './marks.ts';
import type { WalkFindings } from './walk.ts';

export interface SinceOptions {
  readonly client: Pick<FhirClient, 'search' | 'searchAll' | 'baseUrl'>;
  readonly context: Pick<ConnectionContext, 'clock' | 'identifiers' | 'seen'>;
  readonly learnable: Pick<Learnable, 'resource' | 'identify'>;
  readonly findings: () => WalkFindings;
  /** Milliseconds between wide windows, and between counts. */
  readonly wideEvery?: number;
  readonly countEvery?: number;
  /** The server tells of deletions and of each version in the history of a type. */
  readonly history?: boolean;
  /** The roster key of the patient that a record is about. */
  readonly patientOf?: (resource: SearchPage['entries'][number]['resource']) => string | undefined;
}

export interface SincePosition {
  readonly kind: 'since';
  /** The newest time of a change that was found, by the server's clock; milliseconds. `null`: all is asked for. */
  readonly upto: number | null;
  /** The number of the last count that began, and when it, and the last wide window, were complete. */
  readonly census: number;
  readonly countedAt: number;
  readonly wideAt: number;
  /** Pages of what is being read that are committed. */
  readonly page: number;
}

const DAY = 86_400_000;
/** A wide window reaches back so far. */
const WIDE = 25 * 3_600_000;
const MOST_PASSES = 4;
const PAGE = '500';

export function sincePosition(cursor: Json): SincePosition {
  const { upto, census, countedAt, wideAt, page } = (cursor ?? {}) as Partial<
    Record<keyof SincePosition, unknown>
  >;
  const number = (value: unknown, usual: number): number => (typeof value === 'number' ? value : usual);
  return {
    kind: 'since',
    upto: typeof upto === 'number' ? upto : null,
    census: number(census, 1),
    countedAt: number(countedAt, 0),
    wideAt: number(wideAt, 0),
    page: number(page, 0),
  };
}

/** What is under way in this process: begun again after a restart, since all that was found has been committed. */
interface Reading {
  readonly pages: AsyncGenerator<SearchPage>;
  readonly kind: 'window' | 'count';
  readonly wide: boolean;
  readonly pass: number;
  /** Of a history, newest first: ids that were met, whose older versions say nothing. */
  readonly met: Set<string>;
  newest: number | null;
  count: number;
  /** Times of what was new. */
  readonly news: number[];
}

export function createSince(options: SinceOptions): (request: LearnRequest) => Promise<LearnAnswer> {
  const { client, context, learnable } = options;
  const { resource: type } = learnable;
  const { clock } = context;
  const wideEvery = options.wideEvery ?? DAY;
  const countEvery = options.countEvery ?? 7 * DAY;
  const history = options.history ?? false;
  let reading: Reading | null = null;
  /** As it was given out last: another one means that it was not committed, or that somebody has set it. */
  let given: Json | undefined;

  function open(
    position: SincePosition,
    overlap: number,
    kind: Reading['kind'],
    wide: boolean,
    pass = 1,
  ): Reading {
    const own = new AbortController();
    const { upto } = position;
    const from = upto === null ? null : upto - (wide ? Math.max(WIDE, overlap) : overlap);
    const params =
      kind === 'count'
        ? { _elements: 'id,meta', _count: PAGE }
        : {
            ...(from === null ? {} : { _lastUpdated: `ge${new Date(from).toISOString()}` }),
            _sort: '_lastUpdated',
            _count: PAGE,
          };
    const old = history && kind === 'window' && from !== null;
    const pages = old
      ? client.search(`${type}/_history`, { _since: new Date(from).toISOString(), _count: PAGE }, own.signal)
      : client.search(type, params, own.signal);
    return { pages, kind, wide, pass, met: new Set(), newest: null, count: 0, news: [] };
  }

  async function next(current: Reading): Promise<SearchPage | null> {
    try {
      const { done, value } = await current.pages.next();
      return done ? null : value;
    } catch (error) {
      // The whole window again: what a page that failed held is behind nobody's cursor.
      reading = null;
      throw error;
    }
  }

  return async (request) => {
    // What a page held that was not committed must come again: the whole window does.
    if (given !== undefined && canonicalJson(given) !== canonicalJson(request.cursor)) reading = null;
    const answer = await turn(request);
    given = answer.cursor;
    return answer;
  };

  async function turn({ cursor, settings, seed = false, signal }: LearnRequest): Promise<LearnAnswer> {
    signal.throwIfAborted();
    const now = clock.now();
    let position = sincePosition(cursor);
    if (reading === null) {
      const countDue = !seed && position.upto !== null && now - position.countedAt >= countEvery;
      const first = position.countedAt === 0;
      // The first reading of all is a count of its own.
      if (countDue && !first) {
        position = { ...position, census: position.census + 1 };
        reading = open(position, settings.overlap, 'count', false);
      } else {
        const wide = position.upto !== null && now - position.wideAt >= wideEvery;
        reading = open(position, settings.overlap, 'window', wide);
      }
    }
    const current = reading;
    const page = await next(current);
    const findings = options.findings();
    if (page === null) {
      reading = null;
      return finished(current, position);
    }
    findings.addSearch(page);
    const matches = page.entries.filter(({ mode, resource }) => {
      if (mode !== 'match' || resource.resourceType !== type) return false;
      return !history || resource.id === undefined || !current.met.has(resource.id);
    });
    const deleted = (page.deleted ?? []).filter((id) => !current.met.has(id));
    if (history) {
      for (const { resource } of matches) if (resource.id !== undefined) current.met.add(resource.id);
      for (const id of deleted) current.met.add(id);
    }
    current.count += matches.length;
    const records =
      current.kind === 'count'
        ? await missing(matches, { client, context, learnable, signal })
        : { fetch: matches, touch: [] };
    const grouped = records.fetch.map((entry) => {
      const patient = options.patientOf?.(entry.resource);
      return { ...(patient === undefined ? {} : { patient }), records: [entry] };
    });
    const found = await compare(grouped, learnable, context, findings, seed);
    for (const { resource } of matches) {
      const { at } = editionOf(resource.meta);
      if (at !== undefined) current.newest = Math.max(current.newest ?? at, at);
    }
    const fresh = new Set([...found.inbound, ...found.seen].map(({ identity }) => identity));
    for (const { resource } of matches) {
      const identity = learnable.identify(resource, context.identifiers)?.identity;
      const { at } = editionOf(resource.meta);
      if (at !== undefined && identity !== undefined && fresh.has(identity)) current.news.push(at);
    }
    // What is told has its new mark already: the old one must not follow it.
    const news = new Set(found.inbound.map(({ identity }) => identity));
    const touch = records.touch.filter(({ identity }) => !news.has(identity));
    const gone = await departed(deleted);
    findings.check('LEARN_GONE', gone.length);
    return {
      inbound: found.inbound,
      seen: [...found.seen, ...touch, ...gone],
      cursor: { ...position, page: position.page + 1 },
      census: position.census,
      findings: findings.list(),
      more: true,
    };

    function finished(done: Reading, at: SincePosition): LearnAnswer {
      const upto = done.newest === null ? at.upto : Math.max(at.upto ?? done.newest, done.newest);
      const empty = { inbound: [], findings: [] };
      if (done.kind === 'count') {
        // Pages shift under a count, too: only what two passes have not met is gone.
        if (done.pass < 2) {
          reading = open(at, settings.overlap, 'count', false, 2);
          return { ...empty, cursor: { ...at, page: at.page + 1 }, more: true };
        }
        const counted = { ...at, countedAt: now, page: 0 };
        return { ...empty, cursor: counted, census: at.census, gone: { before: at.census }, more: true };
      }
      const all = at.upto === null;
      const after: SincePosition = {
        ...at,
        upto,
        ...(all ? { countedAt: now, wideAt: now } : done.wide ? { wideAt: now } : {}),
      };
      // Pages may have shifted while they were read. What lies within the overlap is read again next time anyway; what lies
      // before it, and behind what was known, is read by this window alone: again, until that gives nothing new.
      const settled = (upto ?? 0) - settings.overlap;
      const alone = at.upto === null || settled > at.upto;
      const again =
        done.count > Number(PAGE) &&
        done.pass < MOST_PASSES &&
        (done.pass === 1 ? alone : done.news.some((time) => time < settled));
      if (again) {
        reading = open(at, settings.overlap, 'window', done.wide, done.pass + 1);
        reading.newest = done.newest;
        return { ...empty, cursor: { ...at, page: at.page + 1 }, more: true };
      }
      return {
        ...empty,
        cursor: { ...after, page: 0 },
        more: false,
        ...(seed ? { seeded: true, wait: 0 } : {}),
      };
    }
  }

  /** Ids that were deleted, of records that were known. */
  async function departed(ids: readonly string[]): Promise<NonNullable<LearnAnswer['seen']>> {
    if (ids.length === 0) return [];
    const identities = ids.flatMap(
      (id) => learnable.identify({ resourceType: type, id }, context.identifiers)?.identity ?? [],
    );
    const marks = await context.seen.get(type, identities);
    return [...marks]
      .filter(([, mark]) => mark !== GONE)
      .map(([identity]) => ({ resource: type, identity, hash: GONE }));
  }
}
