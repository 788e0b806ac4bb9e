/**
 * Learns a resource's changes from a server that can be asked by `_lastUpdated`. Naively done that loses changes: what is
 * committed late bears a time that was asked about already, clocks differ, many share one time, and pages shift while they
 * are read. So each question reaches back behind what is known, all that comes is compared with what has been seen, a
 * window that had several pages is asked for again until it gives nothing new, once a day a wider window is, and once a
 * week everything is counted: what was missed is found then, and what is there no more.
 */
import type { FhirClient, SearchPage } from '../../fhir/index.ts';
import type { Json } from '../../std/index.ts';
import type { ConnectionContext, LearnAnswer, LearnRequest } from '../contract.ts';
import { compare } from './compare.ts';
import { missing } from './count.ts';
import type { Learnable } from './learnable.ts';
import type { WalkFindings } from './walk.ts';

export interface SinceOptions {
  readonly client: Pick<FhirClient, 'search' | 'searchAll' | 'baseUrl'>;
  readonly context: Pick<ConnectionContext, 'clock' | 'identifiers' | 'seen'>;
  readonly learnable: Pick<Learnable, 'resource' | 'identify'>;
  readonly findings: () => WalkFindings;
  /** Milliseconds between wide windows, and between counts. */
  readonly wideEvery?: number;
  readonly countEvery?: number;
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
}

const DAY = 86_400_000;
/** A wide window reaches back so far. */
const WIDE = 25 * 3_600_000;
const MOST_PASSES = 4;
const PAGE = '500';

export function sincePosition(cursor: Json): SincePosition {
  const { upto, census, countedAt, wideAt } = (cursor ?? {}) as Partial<Record<keyof SincePosition, unknown>>;
  const number = (value: unknown, usual: number): number => (typeof value === 'number' ? value : usual);
  return {
    kind: 'since',
    upto: typeof upto === 'number' ? upto : null,
    census: number(census, 1),
    countedAt: number(countedAt, 0),
    wideAt: number(wideAt, 0),
  };
}

/** What is under way in this process: begun again after a restart, since all that was found has been committed. */
interface Reading {
  readonly pages: AsyncGenerator<SearchPage>;
  readonly kind: 'window' | 'count';
  readonly wide: boolean;
  readonly pass: number;
  newest: number | null;
  count: number;
  news: number;
}

export function createSince(options: SinceOptions): (request: LearnRequest) => Promise<LearnAnswer> {
  const { client, context, learnable } = options;
  const { resource: type } = learnable;
  const { clock } = context;
  const wideEvery = options.wideEvery ?? DAY;
  const countEvery = options.countEvery ?? 7 * DAY;
  let reading: Reading | null = null;

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
    const pages = client.search(type, params, own.signal);
    return { pages, kind, wide, pass, newest: null, count: 0, news: 0 };
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

  return async ({ cursor, settings, seed = false, signal }) => {
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
    const matches = page.entries.filter(
      ({ mode, resource }) => mode === 'match' && resource.resourceType === type,
    );
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
      const { lastUpdated } = (resource.meta ?? {}) as { lastUpdated?: unknown };
      const at = typeof lastUpdated === 'string' ? Date.parse(lastUpdated) : Number.NaN;
      if (!Number.isNaN(at)) current.newest = Math.max(current.newest ?? at, at);
    }
    current.news += found.inbound.length + (seed ? found.seen.length : 0);
    return {
      inbound: found.inbound,
      seen: [...found.seen, ...records.touch],
      cursor: { ...position },
      census: position.census,
      findings: findings.list(),
      more: true,
    };

    function finished(done: Reading, at: SincePosition): LearnAnswer {
      const upto = done.newest === null ? at.upto : Math.max(at.upto ?? done.newest, done.newest);
      const empty = { inbound: [], findings: [] };
      if (done.kind === 'count') {
        const counted = { ...at, countedAt: now };
        return { ...empty, cursor: counted, census: at.census, gone: { before: at.census }, more: true };
      }
      const all = at.upto === null;
      const after: SincePosition = {
        ...at,
        upto,
        ...(all ? { countedAt: now, wideAt: now } : done.wide ? { wideAt: now } : {}),
      };
      // Pages may have shifted while they were read: not before a whole pass has given nothing new is the window done.
      const again = done.count > Number(PAGE) && done.news > 0 && done.pass < MOST_PASSES;
      if (again) {
        reading = open(at, settings.overlap, 'window', done.wide, done.pass + 1);
        reading.newest = done.newest;
        return { ...empty, cursor: { ...at }, more: true };
      }
      return {
        ...empty,
        cursor: { ...after },
        more: false,
        ...(seed ? { seeded: true, wait: 0 } : {}),
      };
    }
  };
}
