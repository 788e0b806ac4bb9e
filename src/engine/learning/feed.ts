/**
 * Learning from a feed: messages that have come in are read again, in their order, as the records that they tell of. The
 * cursor is the last message that was read. What was received while nothing read is read later; a message is read once.
 */
import type { LearnAnswer, Learned } from '../../connectors/index.ts';
import { changeSince } from '../../connectors/index.ts';
import type { SiteRecord } from '../../site/index.ts';
import type { Json } from '../../std/index.ts';
import type { Store } from '../../store/index.ts';
import { feedRecords, feedTypes } from './feed-record.ts';

import type { Ask } from './learner.ts';

export interface FeedOptions {
  readonly store: Store;
  readonly site: SiteRecord;
  readonly connection: string;
  readonly resource: string;
  /** What was seen, by identity. */
  readonly seen: (identities: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  readonly patientKey: (system: string, value: string) => string;
}

/** Messages read in one turn, and rows of one question. */
const TURN = 100;
const PAGE = 500;
/** Without a nudge: messages that another node has received. */
const LOOK_AGAIN = 2_000;

export const feedAfter = (cursor: Json): number => {
  const { after } = (cursor ?? {}) as { after?: unknown };
  return typeof after === 'number' ? after : 0;
};

export function feedAsk(options: FeedOptions): Ask {
  const { store, connection, resource } = options;
  const site = options.site.site;
  const type = feedTypes[resource] ?? `${resource}^*`;
  const system = options.site.identifiers.mrn.system;
  /** Ids behind the cursor that were found and not yet read, oldest last. */
  let waiting: number[] = [];

  /** Lists are given from the newest on: what came in since is gathered first, and read from its end. */
  async function gather(after: number): Promise<void> {
    const found: number[] = [];
    let before: string | undefined;
    for (;;) {
      const query = { site, connection, type, limit: PAGE, ...(before === undefined ? {} : { before }) };
      const page = await store.search(query);
      const news = page.rows.filter((row) => Number(row.id) > after);
      found.push(...news.filter((row) => row.state === 'accepted').map((row) => Number(row.id)));
      if (page.before === null || news.length < page.rows.length || Number(page.before) <= after) break;
      before = page.before;
    }
    waiting = found;
  }

  return async ({ cursor, signal }): Promise<LearnAnswer> => {
    const after = feedAfter(cursor);
    // A cursor that was set back, or forward: what was gathered is of no use.
    const usable = waiting.length > 0 && (waiting.at(-1) as number) > after;
    if (!usable) await gather(after);
    const now = waiting.slice(-TURN).reverse();
    const told: { id: number; record: ReturnType<typeof feedRecords>['records'][number] }[] = [];
    let unknown = 0;
    for (const id of now) {
      signal.throwIfAborted();
      const bytes = await store.payload(String(id));
      if (bytes === null) continue;
      const reading = feedRecords(resource, bytes, options.site);
      unknown += reading.unknown;
      told.push(...reading.records.map((record) => ({ id, record })));
    }
    const marks = new Map(await options.seen([...new Set(told.map(({ record }) => record.identity))]));
    const inbound: Learned[] = [];
    for (const { id, record } of told) {
      const { identity, hash, bytes, mrn } = record;
      const change = changeSince(marks.get(identity), hash);
      if (change === undefined) continue;
      marks.set(identity, hash);
      const patient = mrn === null ? {} : { patient: options.patientKey(system, mrn) };
      inbound.push({ bytes, resource, change, identity, hash, parent: String(id), ...patient });
    }
    waiting = waiting.slice(0, waiting.length - now.length);
    const last = now.at(-1);
    return {
      inbound,
      cursor: last === undefined ? cursor : { kind: 'feed', after: last },
      findings:
        unknown === 0
          ? []
          : [
              {
                code: 'LEARN_NO_IDENTITY',
                text: `Messages tell of a ${resource} without the number that it is known by; they were left out.`,
                count: unknown,
              },
            ],
      more: waiting.length > 0,
      wait: LOOK_AGAIN,
    };
  };
}
