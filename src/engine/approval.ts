/** Steps that ask a person: which wait, and the answer. */
import type { Asked, Slept } from '../flow/index.ts';
import type { Delivery, MessageSummary } from '../message/index.ts';
import type { Clock, Json } from '../std/index.ts';
import type { DeliveryHistory, Settled, Store } from '../store/index.ts';
import type { EngineControl } from './control.ts';

/** A question that waits for a person. Without what the person is shown: that is revealed with the message. */
export interface Approval {
  readonly delivery: Delivery;
  readonly message: MessageSummary;
  readonly step: string;
  readonly ask: string;
  /** This role or a higher one may answer. */
  readonly role: 'operator' | 'admin';
  readonly since: number;
  readonly deadline: number | null;
  readonly whenLate: 'hold' | 'refuse';
  /** The deadline has passed: the delivery is held in its lane. */
  readonly late: boolean;
  readonly cancelOn: readonly string[];
}

type Remembered = Asked & Slept;

/** Held deliveries are looked through newest first; so many at the most. */
const HELD_LOOKED_AT = 200;

/** `null`: this delivery asks nobody. */
function approvalOf(history: DeliveryHistory, message: MessageSummary): Approval | null {
  const { delivery, steps } = history;
  const late = delivery.state === 'held' && delivery.heldFor === 'unanswered';
  if (delivery.state !== 'sleeping' && !late) return null;
  const output = steps.find(({ step }) => step === delivery.step)?.output as Remembered | undefined;
  if (output?.kind !== 'approve' || delivery.step === null) return null;
  const { ask, role, since, whenLate, cancelOn, wakeAt } = output;
  return {
    delivery,
    message,
    step: delivery.step,
    ask,
    role,
    since,
    deadline: wakeAt,
    whenLate,
    late,
    cancelOn,
  };
}

async function findApproval(store: Store, deliveryId: string): Promise<Approval | null> {
  const history = await store.history(deliveryId);
  const kept = history && (await store.message(history.delivery.messageId));
  return kept ? approvalOf(history, kept.message) : null;
}

/** Those that sleep, oldest first, a page at a time; with the first page those whose deadline has passed. */
async function listApprovals(
  store: Store,
  query: { readonly site?: string; readonly flow?: string; readonly after?: string; readonly limit: number },
): Promise<{ readonly rows: readonly Approval[]; readonly after: string | null }> {
  const rows = query.after === undefined ? await lateApprovals(store, query) : [];
  let after = query.after ?? null;
  do {
    const page = await store.sleepers({ ...query, ...(after === null ? {} : { after }) });
    for (const { delivery, message } of page.rows) {
      const history = await store.history(delivery.id);
      const approval = history && approvalOf(history, message);
      if (approval) rows.push(approval);
    }
    after = page.after;
  } while (after !== null && rows.length < query.limit);
  return { rows, after };
}

async function lateApprovals(
  store: Store,
  { site, flow }: { readonly site?: string; readonly flow?: string },
): Promise<Approval[]> {
  const held = await store.search({
    state: 'held',
    limit: HELD_LOOKED_AT,
    ...(site === undefined ? {} : { site }),
    ...(flow === undefined ? {} : { flow }),
  });
  const found: Approval[] = [];
  for (const row of held.rows.toReversed()) {
    for (const delivery of (await store.message(row.id))?.deliveries ?? []) {
      if (delivery.heldFor !== 'unanswered' || (flow !== undefined && delivery.flow !== flow)) continue;
      const history = await store.history(delivery.id);
      const approval = history && approvalOf(history, row);
      if (approval) found.push(approval);
    }
  }
  return found;
}

/** The answer becomes the step's remembered output, in the transaction that audits it. */
async function answerApproval(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  request: {
    readonly deliveryId: string;
    readonly step: string;
    readonly approved: boolean;
    readonly who: string;
    readonly reason: string;
  },
): Promise<Settled> {
  const { deliveryId, step, approved, who, reason } = request;
  const history = await store.history(deliveryId);
  const record = history?.steps.find((one) => one.step === step);
  if (!history || !record || (record.output as Partial<Remembered> | null)?.kind !== 'approve')
    return 'stale';
  const at = clock.now();
  const answer = { wokenAt: at, by: 'person', approved, who, reason } as const;
  return store.answer({
    deliveryId,
    step: {
      ...record,
      ms: Math.max(0, at - record.startedAt),
      output: { ...(record.output as Readonly<Record<string, Json>>), ...answer },
    },
    to: approved ? 'waiting' : 'filtered',
    at,
    audit: {
      at,
      who,
      act: approved ? 'delivery.approve' : 'delivery.refuse',
      on: `delivery ${deliveryId}`,
      facts: { step, reason },
    },
  });
}

/** What the engine offers about approvals. */
export function approvalDesk(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly answered: () => void;
}): Pick<EngineControl, 'approvals' | 'approval' | 'approve'> {
  const { store } = options;
  return {
    approvals: (query) => listApprovals(store, query),
    approval: (deliveryId) => findApproval(store, deliveryId),
    async approve(request) {
      const settled = await answerApproval(options, request);
      if (settled === 'settled') options.answered();
      return settled;
    },
  };
}

/** What a sleeping step remembers, as far as everyone may see it: everything but what the person was shown. */
export function sleepShown(output: unknown): Readonly<Record<string, Json>> | null {
  const { kind } = (output ?? {}) as { kind?: unknown };
  if (kind !== 'wait' && kind !== 'approve') return null;
  const { show: _, ...shown } = output as Record<string, Json>;
  return shown;
}
