/** Which deliveries a replay takes, which it cannot take and why, and from where it takes them up. */
import { orderOfKeys, type PreparedFlow } from '../../flow/index.ts';
import type { Delivery } from '../../message/index.ts';
import type { Store } from '../../store/index.ts';
import type { FlowVersions, Runnable } from './versions.ts';
import type { ReplayWish } from './wish.ts';

/** What it would be run with, or one sentence why it cannot be replayed. */
export type Judged =
  | { readonly delivery: Delivery; readonly run: Runnable }
  | { readonly delivery: Delivery; readonly reason: string };

const ENDED: readonly Delivery['state'][] = ['delivered', 'filtered', 'dead'];

export async function judge(
  delivery: Delivery,
  wish: Pick<ReplayWish, 'fromStep' | 'version'>,
  versions: FlowVersions,
): Promise<Judged> {
  if (!ENDED.includes(delivery.state)) {
    return { delivery, reason: `It has not ended: it is ${delivery.state}. Release it or give it up first.` };
  }
  const run =
    wish.version === 'present'
      ? (versions.present(delivery.flow) ?? { gone: `There is no flow "${delivery.flow}" any more.` })
      : await versions.find(delivery.flow, delivery.flowVersion);
  if ('gone' in run) return { delivery, reason: run.gone };
  if (wish.fromStep !== undefined && !has(run.prepared, wish.fromStep)) {
    return {
      delivery,
      reason: `The flow "${delivery.flow}" has no step "${wish.fromStep}" in that version.`,
    };
  }
  return { delivery, run };
}

const has = ({ flow }: PreparedFlow, key: string): boolean => orderOfKeys(flow, key, key) !== undefined;

/** Is this step before the one that is replayed from? Both may be keys of an item of a list: `tell/2`. */
export function isBefore({ flow }: PreparedFlow, step: string, fromStep: string): boolean {
  return (orderOfKeys(flow, step, fromStep) ?? 0) < 0;
}

/**
 * The store takes over what was remembered before a step that was done. A map or a filter is never remembered: then it is
 * the first remembered step behind it.
 */
export async function takeUpAt(
  store: Store,
  { delivery, run }: { readonly delivery: Delivery; readonly run: Runnable },
  fromStep: string,
): Promise<string> {
  const history = await store.history(delivery.id);
  const behind = (step: string): boolean => (orderOfKeys(run.prepared.flow, step, fromStep) ?? -1) >= 0;
  return history?.steps.find(({ step }) => behind(step))?.step ?? fromStep;
}

/** One page of a walk, judged. Passed over without a word: what was replayed since, and what came after `asOf`. */
export interface JudgedPage {
  readonly rows: readonly Judged[];
  readonly after: string | null;
}

/** Deliveries of a set in one question. */
export const WALK_LIMIT = 500;

/**
 * @param asOf Deliveries planned later are no part of the set: those that the replay itself makes least of all.
 */
export async function judgedPage(
  store: Store,
  versions: FlowVersions,
  wish: ReplayWish,
  place: { readonly after: string | null; readonly asOf: number; readonly limit: number },
): Promise<JudgedPage> {
  const { rows, after } = await page(store, wish, place);
  const judged: Judged[] = [];
  for (const delivery of rows) {
    if ('query' in wish.of && (delivery.replayedBy !== null || delivery.createdAt > place.asOf)) continue;
    judged.push(await judge(delivery, wish, versions));
  }
  return { rows: judged, after };
}

async function page(
  store: Store,
  { of }: ReplayWish,
  { after, limit }: { readonly after: string | null; readonly limit: number },
): Promise<{ readonly rows: readonly Delivery[]; readonly after: string | null }> {
  if ('query' in of) return store.deliveries({ ...of.query, limit, ...(after === null ? {} : { after }) });
  const histories = await Promise.all([...new Set(of.deliveryIds)].map((id) => store.history(id)));
  const rows = histories.flatMap((history) => (history === null ? [] : [history.delivery]));
  return { rows: rows.sort((a, b) => older(a.messageId, b.messageId) || older(a.id, b.id)), after: null };
}

/** Ids are decimal. */
const older = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
