/** The dry run: how many, of what, what not and why; and of the first ones what would be sent. Writes and sends nothing. */

import { type EventContext, eventContext, type PreparedFlow, trace } from '../../flow/index.ts';
import type { MessageSummary } from '../../message/index.ts';
import type { SiteRecord } from '../../site/index.ts';
import { asFailure, type FailureRecord } from '../../std/index.ts';
import type { Store } from '../../store/index.ts';
import type { Necessary } from '../necessary.ts';
import { isBefore, type Judged, judgedPage, WALK_LIMIT } from './choice.ts';
import { differences } from './difference.ts';
import type { FlowVersions, Runnable } from './versions.ts';
import type { ReplayPreview, ReplaySample, ReplayWish, SampleStep } from './wish.ts';

export interface PreviewParts {
  readonly store: Store;
  readonly versions: FlowVersions;
  readonly see: Necessary['see'];
  readonly site: (name: string) => SiteRecord | undefined;
}

export async function previewReplay(
  parts: PreviewParts,
  wish: ReplayWish,
  place: { readonly asOf: number; readonly samples: number },
): Promise<ReplayPreview> {
  const { store, versions } = parts;
  const of = new Map<string, { site: string; flow: string; count: number }>();
  const refused = new Map<string, { reason: string; count: number; deliveryId: string }>();
  const samples: ReplaySample[] = [];
  const siteOf = await siteFinder(parts, wish);
  let count = 0;
  let after: string | null = null;

  const refuse = (reason: string, deliveryId: string): void => {
    const known = refused.get(reason);
    if (known) known.count++;
    else refused.set(reason, { reason, count: 1, deliveryId });
  };
  const look = async (one: Judged): Promise<void> => {
    if ('reason' in one) return refuse(one.reason, one.delivery.id);
    const { delivery } = one;
    const site = await siteOf(delivery.messageId);
    if (parts.site(site) === undefined) return refuse(`There is no site "${site}" any more.`, delivery.id);
    count++;
    const group = of.get(`${site}/${delivery.flow}`);
    if (group) group.count++;
    else of.set(`${site}/${delivery.flow}`, { site, flow: delivery.flow, count: 1 });
    if (samples.length >= place.samples) return;
    const sample = await sampleOf(parts, one, wish.fromStep);
    if (sample !== null) samples.push(sample);
  };

  do {
    const page = await judgedPage(store, versions, wish, { after, asOf: place.asOf, limit: WALK_LIMIT });
    for (const one of page.rows) await look(one);
    after = page.after;
  } while (after !== null);
  const byCount = <Row extends { readonly count: number }>(rows: Iterable<Row>): Row[] =>
    [...rows].sort((a, b) => b.count - a.count);
  return { count, of: byCount(of.values()), refused: byCount(refused.values()), samples };
}

/** The site of a message; asked for one by one only where it is not the same for all. */
async function siteFinder(
  { store }: PreviewParts,
  { of }: ReplayWish,
): Promise<(message: string) => Promise<string>> {
  const named = 'query' in of ? of.query.site : undefined;
  const sites = new Set((await store.tallies(0)).map(({ site }) => site));
  const [only] = sites;
  const same = named ?? (sites.size === 1 ? only : undefined);
  if (same !== undefined) return () => Promise.resolve(same);
  return async (message) => (await store.message(message))?.message.site ?? '';
}

/** One of them in full; `null` when it has been removed meanwhile. */
async function sampleOf(
  { store, versions, site, see }: PreviewParts,
  { delivery, run }: { readonly delivery: Judged['delivery']; readonly run: Runnable },
  fromStep: string | undefined,
): Promise<ReplaySample | null> {
  const [kept, bytes, history] = await Promise.all([
    store.message(delivery.messageId),
    store.payload(delivery.messageId),
    store.history(delivery.id),
  ]);
  const record = kept && site(kept.message.site);
  if (!kept || !bytes || !history || !record) return null;
  const about = {
    deliveryId: delivery.id,
    messageId: delivery.messageId,
    site: kept.message.site,
    flow: delivery.flow,
    ranVersion: delivery.flowVersion,
    withVersion: run.version,
  };
  let context: EventContext;
  try {
    const seen = await see(record, run.prepared.flow, kept.message, bytes);
    if (!seen.seen)
      return { ...about, steps: [], end: `It would end as filtered: ${seen.reason}.`, failure: null };
    context = contextOf(kept.message, seen.bytes, record);
  } catch (error) {
    const failure = asFailure(error).toJSON();
    return { ...about, steps: [], end: 'It would fail again before its first step.', failure };
  }
  const remembered = new Map(history.steps.map(({ step, output }) => [step, output]));
  const ran = await versions.find(delivery.flow, delivery.flowVersion);
  const sent = 'gone' in ran ? new Map<string, unknown>() : sentOf(ran.prepared, context, remembered);
  return { ...about, ...outlook(run.prepared, context, remembered, sent, fromStep) };
}

const contextOf = (message: MessageSummary, bytes: Uint8Array, record: SiteRecord): EventContext =>
  eventContext(message, bytes, record);

/** What went into each call that was made: computed again by the version that ran. */
function sentOf(
  prepared: PreparedFlow,
  context: EventContext,
  remembered: ReadonlyMap<string, unknown>,
): ReadonlyMap<string, unknown> {
  return new Map(
    trace(prepared, context, remembered).flatMap(({ step, input }) =>
      input === undefined ? [] : [[step, input]],
    ),
  );
}

/** What a replay would do, as far as it can be said: with the answers of before, up to the first that is not known. */
function outlook(
  prepared: PreparedFlow,
  context: EventContext,
  remembered: ReadonlyMap<string, unknown>,
  sent: ReadonlyMap<string, unknown>,
  fromStep: string | undefined,
): { steps: SampleStep[]; end: string; failure: FailureRecord | null } {
  const steps: SampleStep[] = [];
  let end = 'It would be delivered, if each call is answered as before.';
  let failure: FailureRecord | null = null;
  for (const entry of trace(prepared, context, remembered)) {
    if (entry.state === 'filtered') end = `It would end as filtered at step "${entry.step}".`;
    if (entry.state === 'failed' || entry.state === 'held') {
      failure = entry.failure ?? null;
      end = `It would be ${entry.state === 'held' ? 'held' : 'given up or tried again'} at step "${entry.step}", if each call is answered as before.`;
    }
    const doing = entry.connection !== undefined || entry.kind === 'code';
    if (!doing || entry.input === undefined || entry.state === 'skipped') continue;
    const isTaken = fromStep !== undefined && isBefore(prepared, entry.step, fromStep);
    const isNext = entry.state === 'next';
    if (isNext) end = `It would go on to step "${entry.step}"; what follows depends on the answer.`;
    steps.push({
      step: entry.step,
      kind: entry.kind,
      ...(entry.connection === undefined ? {} : { connection: entry.connection }),
      ...(entry.do === undefined ? {} : { do: entry.do }),
      state: isTaken && !isNext ? 'taken over' : isNext ? 'next' : 'done',
      args: entry.input,
      differences: sent.has(entry.step) ? differences(sent.get(entry.step), entry.input) : null,
    });
  }
  return { steps, end, failure };
}
