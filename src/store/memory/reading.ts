/** What is asked of the rows. All of it is looked at: a simulated disk is small. */
import { causeOf, type Delivery, fingerprintOf, type Ledger } from '../../message/index.ts';
import type {
  DeadGroup,
  DeadLetter,
  DeliveryHistory,
  DeliveryQuery,
  FeedTally,
  MessageRow as MessageListRow,
  MessageQuery,
  Page,
  PruneRequest,
  ScanPage,
  ScanQuery,
  Sleeper,
  Store,
  StuckLane,
} from '../contract.ts';
import { textFinder } from '../text-finder.ts';
import { type DeliveryRow, deliveryOf, keyOf, type MessageRow, type State, summaryOf } from './state.ts';

const MINUTE = 60_000;
const FINISHED = ['delivered', 'filtered', 'dead'];

const newestFirst = <Row>(rows: ReadonlyMap<number, Row>): Row[] => [...rows.values()].reverse();

const fitsType = (asked: string | undefined, type: string): boolean =>
  asked === undefined || (asked.endsWith('*') ? type.startsWith(asked.slice(0, -1)) : type === asked);

function fits({ summary, patients, deliveries }: MessageRow, query: MessageQuery): boolean {
  const { state, flow } = query;
  if (query.site !== undefined && summary.site !== query.site) return false;
  if (query.connection !== undefined && summary.connection !== query.connection) return false;
  if (query.controlId !== undefined && summary.controlId !== query.controlId) return false;
  if (query.patient !== undefined && !patients.includes(query.patient)) return false;
  if (!fitsType(query.type, summary.type)) return false;
  if (query.from !== undefined && summary.receivedAt < query.from) return false;
  if (query.to !== undefined && summary.receivedAt >= query.to) return false;
  if (query.before !== undefined && Number(summary.id) >= Number(query.before)) return false;
  const ofMessage = state === 'accepted' || state === 'rejected' || state === 'unrouted';
  if (state === 'unrouted' && (summary.planned > 0 || summary.state === 'rejected')) return false;
  if (ofMessage && state !== 'unrouted' && summary.state !== state) return false;
  if (flow === undefined && (ofMessage || state === undefined)) return true;
  return deliveries.some(
    (one) =>
      (flow === undefined || one.flow === flow) && (ofMessage || state === undefined || one.state === state),
  );
}

const listed = (row: MessageRow): MessageListRow => ({
  ...summaryOf(row),
  deliveries: row.deliveries.map(({ flow, state }) => ({ flow, state })),
});

/** The first so many, and where it goes on: after the last one given. */
const paged = <Row, Told>(
  rows: readonly Row[],
  limit: number,
  id: (row: Row) => string,
  tell: (row: Row) => Told,
): { rows: readonly Told[]; next: string | null } => ({
  rows: rows.slice(0, limit).map(tell),
  next: rows.length >= limit && limit > 0 ? id(rows[limit - 1] as Row) : null,
});

export function search(state: State, query: MessageQuery): Page<MessageListRow> {
  const found = newestFirst(state.messages).filter((row) => fits(row, query));
  const { rows, next } = paged(found, query.limit, (row) => row.summary.id, listed);
  return { rows, before: next };
}

/** Payloads looked through in one call. */
const SCANNED = 10_000;

export function scan(state: State, query: ScanQuery): ScanPage {
  const holds = textFinder(query.text);
  const rows: MessageListRow[] = [];
  let looked = 0;
  for (const row of newestFirst(state.messages).filter((one) => fits(one, query))) {
    looked++;
    if (holds(row.bytes)) rows.push(listed(row));
    if (rows.length === query.limit || looked === SCANNED) return { rows, before: row.summary.id, looked };
  }
  return { rows, before: null, looked };
}

export function history(state: State, id: string): DeliveryHistory | null {
  const row = state.deliveries.get(Number(id));
  return row ? { delivery: deliveryOf(row), steps: [...row.steps], attempts: [...row.tries] } : null;
}

const ofPlace = (row: DeliveryRow, query: { readonly site?: string; readonly flow?: string }): boolean =>
  (query.site === undefined || row.message.summary.site === query.site) &&
  (query.flow === undefined || row.flow === query.flow);

const told = (row: DeliveryRow): DeadLetter => ({
  delivery: deliveryOf(row),
  message: summaryOf(row.message),
});

export function deadLetters(state: State, query: Parameters<Store['deadLetters']>[0]): Page<DeadLetter> {
  const found = newestFirst(state.deliveries).filter(
    (row) =>
      row.state === 'dead' &&
      ofPlace(row, query) &&
      (query.code === undefined || row.failure?.code === query.code) &&
      (query.fingerprint === undefined || fingerprintOf(row.failure, row.flow) === query.fingerprint) &&
      (row.replayedBy !== null) === (query.replayed ?? false) &&
      (query.before === undefined || row.id < Number(query.before)),
  );
  const { rows, next } = paged(found, query.limit, (row) => String(row.id), told);
  return { rows, before: next };
}

export function deadGroups(
  state: State,
  query: { readonly site?: string; readonly flow?: string },
): readonly DeadGroup[] {
  const groups = new Map<string, DeliveryRow[]>();
  for (const row of newestFirst(state.deliveries)) {
    if (row.state !== 'dead' || row.replayedBy !== null || !ofPlace(row, query)) continue;
    const fingerprint = fingerprintOf(row.failure, row.flow);
    groups.set(fingerprint, [...(groups.get(fingerprint) ?? []), row]);
  }
  return [...groups]
    .map(([fingerprint, rows]) => {
      const died = (row: DeliveryRow): number => row.finishedAt ?? 0;
      const last = rows.reduce((a, b) => (died(b) > died(a) ? b : a));
      return {
        fingerprint,
        ...causeOf(last.failure, last.flow),
        count: rows.length,
        firstAt: Math.min(...rows.map(died)),
        lastAt: died(last),
        sample: told(last),
      };
    })
    .sort((a, b) => b.count - a.count || b.lastAt - a.lastAt);
}

export function deliveries(
  state: State,
  query: DeliveryQuery,
): { rows: readonly Delivery[]; after: string | null } {
  const found = [...state.deliveries.values()].filter((row) => {
    const { summary, patients } = row.message;
    return (
      ofPlace(row, query) &&
      (query.connection === undefined || summary.connection === query.connection) &&
      fitsType(query.type, summary.type) &&
      (query.patient === undefined || patients.includes(query.patient)) &&
      (query.state === undefined || row.state === query.state) &&
      (query.fingerprint === undefined ||
        (row.state === 'dead' && fingerprintOf(row.failure, row.flow) === query.fingerprint)) &&
      (query.from === undefined || summary.receivedAt >= query.from) &&
      (query.to === undefined || summary.receivedAt < query.to) &&
      (query.after === undefined || row.id > Number(query.after))
    );
  });
  const { rows, next } = paged(found, query.limit, (row) => String(row.id), deliveryOf);
  return { rows, after: next };
}

export function sleepers(
  state: State,
  query: { readonly site?: string; readonly flow?: string; readonly after?: string; readonly limit: number },
): { rows: readonly Sleeper[]; after: string | null } {
  const found = [...state.deliveries.values()].filter(
    (row) =>
      row.state === 'sleeping' &&
      ofPlace(row, query) &&
      (query.after === undefined || row.id > Number(query.after)),
  );
  const tell = (row: DeliveryRow): Sleeper => ({ ...told(row), wakeAt: row.wakeAt });
  const { rows, next } = paged(found, query.limit, (row) => String(row.id), tell);
  return { rows, after: next };
}

export function stuckLanes(
  state: State,
  query: { readonly site?: string; readonly flow?: string; readonly limit: number },
): readonly StuckLane[] {
  return [...state.lanes]
    .map(([lane, line]) => ({ lane, row: line[0] as DeliveryRow, standing: line.length }))
    .filter(
      ({ row }) =>
        ofPlace(row, query) &&
        (row.state === 'held' || (row.state === 'waiting' && row.failure !== null && row.attempts > 0)),
    )
    .sort((a, b) => b.standing - a.standing || a.row.place - b.row.place)
    .slice(0, query.limit)
    .map(({ lane, row, standing }) => ({
      lane,
      head: deliveryOf(row),
      message: summaryOf(row.message),
      standing,
    }));
}

export function ledger(state: State): Ledger {
  const sums = { received: 0, accepted: 0, rejected: 0, unrouted: 0, planned: 0 };
  const states = { waiting: 0, running: 0, sleeping: 0, held: 0, delivered: 0, filtered: 0, dead: 0 };
  for (const { summary } of state.messages.values()) {
    sums.received++;
    sums[summary.state]++;
    if (summary.state === 'accepted' && summary.planned === 0) sums.unrouted++;
    sums.planned += summary.planned;
  }
  for (const row of state.deliveries.values()) states[row.state]++;
  return { ...sums, ...states };
}

export function tallies(state: State, now: number): readonly FeedTally[] {
  const feeds = new Map<string, { -readonly [Key in keyof FeedTally]: FeedTally[Key] }>();
  const lastMinute = Math.floor(now / MINUTE);
  for (const [key, { site, connection }] of state.feeds) {
    const none = {
      received: 0,
      filtered: 0,
      queued: 0,
      sent: 0,
      errored: 0,
      repeats: 0,
      lastReceivedAt: null,
    };
    feeds.set(key, { site, connection, ...none, receivedPerMinute: new Array(60).fill(0) });
  }
  type Feed = typeof feeds extends Map<string, infer One> ? One : never;
  for (const { summary, deliveries: planned } of state.messages.values()) {
    const { receivedAt, state: kept } = summary;
    const feed = feeds.get(keyOf(summary.site, summary.connection)) as Feed;
    feed.received++;
    feed.repeats += summary.repeats;
    feed.lastReceivedAt = Math.max(feed.lastReceivedAt ?? receivedAt, receivedAt);
    const minute = Math.floor(receivedAt / MINUTE) - lastMinute + 59;
    feed.receivedPerMinute = feed.receivedPerMinute.map((count, at) => (at === minute ? count + 1 : count));
    if (kept === 'rejected') feed.errored++;
    else if (summary.planned === 0) feed.filtered++;
    for (const row of planned) {
      if (row.state === 'delivered') feed.sent++;
      else if (row.state === 'filtered') feed.filtered++;
      else if (row.state === 'dead') feed.errored++;
      else feed.queued++;
    }
  }
  return [...feeds.values()];
}

export function backlog(state: State): { site: string; connection: string; queued: number }[] {
  const feeds = new Map<string, { site: string; connection: string; queued: number }>();
  for (const row of state.deliveries.values()) {
    if (FINISHED.includes(row.state)) continue;
    const { site, connection } = row.message.summary;
    const key = keyOf(site, connection);
    const feed = feeds.get(key);
    if (feed) feed.queued++;
    else feeds.set(key, { site, connection, queued: 1 });
  }
  return [...feeds.values()];
}

/** How a message ended; `null` while it has not. */
function endOf({ summary, deliveries: planned }: MessageRow): PruneRequest['ended'] | null {
  if (summary.state === 'rejected') return 'rejected';
  if (planned.length === 0) return 'unrouted';
  if (planned.some((row) => !FINISHED.includes(row.state))) return null;
  if (planned.some((row) => row.state === 'dead')) return 'dead';
  return planned.some((row) => row.state === 'delivered') ? 'delivered' : 'filtered';
}

/** Received before this it may leave: when the last of its flows lets it go. */
function letGoBefore({ deliveries: planned }: MessageRow, { flows, receivedBefore }: PruneRequest): number {
  if (flows === undefined || planned.length === 0) return receivedBefore;
  return Math.min(
    ...planned.map(({ flow }) => flows.find((one) => one.flow === flow)?.receivedBefore ?? receivedBefore),
  );
}

export function prune(state: State, request: PruneRequest): number {
  let pruned = 0;
  for (const [id, row] of state.messages) {
    if (pruned >= request.limit) break;
    const { summary } = row;
    const end = endOf(row);
    if (end === null || summary.receivedAt >= letGoBefore(row, request)) continue;
    if (request.within && !(summary.receivedAt >= request.within.from)) continue;
    if (request.within && !(summary.receivedAt < request.within.to)) continue;
    if (request.site !== undefined && summary.site !== request.site) continue;
    if (request.connection !== undefined && summary.connection !== request.connection) continue;
    if (request.ended !== undefined && end !== request.ended) continue;
    state.messages.delete(id);
    for (const one of row.deliveries) state.deliveries.delete(one.id);
    pruned++;
  }
  const { repeatsBefore = Number.POSITIVE_INFINITY } = request;
  for (const [key, known] of state.known) {
    for (const one of known) if (one.row && !state.messages.has(Number(one.messageId))) one.row = null;
    const kept = known.filter(({ row, receivedAt }) => row !== null || receivedAt >= repeatsBefore);
    if (kept.length > 0) state.known.set(key, kept);
    else state.known.delete(key);
  }
  return pruned;
}
