/** What the store says in the end, held against what senders were told and what the receiver truly answered. */
import { type Delivery, ledgerFaults } from '../../src/message/index.ts';
import type { DeliveryHistory, Store } from '../../src/store/index.ts';
import type { TruthfulReceiver } from './receiver.ts';

export interface Verdict {
  /** Acknowledged to the sender, and not in the store. */
  missing: number;
  /** Acknowledged to the sender, and not ended. */
  unfinished: number;
  /** In the store more than once. */
  keptTwice: number;
  /** Delivered for the store, and never answered positively by the receiver; or credited with a word that it did not say of this message. */
  wrongCredits: number;
  /** Dead for the store, and never refused for good by the receiver. */
  wronglyDead: number;
  /** Answered positively more than once. */
  deliveredTwice: number;
  /** Of these: not flagged as possible duplicates. */
  unflagged: number;
  /** Positive answers beyond the first, over what the unknown outcomes of that delivery explain. */
  unexplained: number;
  unknownOutcomes: number;
  ledgerFaults: number;
}

/** Attempts whose outcome nobody knew: told so, or cut off by the end of the engine's process. */
function unknownOf({ delivery, attempts }: DeliveryHistory): number {
  const told = attempts.filter(({ failure }) => failure.kind === 'unknown-outcome').length;
  const cutOff = delivery.attempts - attempts.length - (delivery.state === 'delivered' ? 1 : 0);
  return told + Math.max(0, cutOff);
}

/** The credited word is the receiver's about this very message; one that was cut short on its way is its beginning. */
function saidSo(history: DeliveryHistory, said: readonly string[]): boolean {
  const output = history.steps.at(-1)?.output as { code: string; text: string } | undefined;
  return said.some(
    (answer) => answer.startsWith(output?.code ?? '?') && answer.startsWith(output?.text ?? '?'),
  );
}

export async function judge(
  store: Store,
  acked: Iterable<string>,
  receiver: Pick<TruthfulReceiver, 'said' | 'taken'>,
  options: {
    /** Also the words of the answers, from each delivery's history. */
    readonly words?: boolean;
  } = {},
): Promise<Verdict> {
  const verdict: Verdict = {
    missing: 0,
    unfinished: 0,
    keptTwice: 0,
    wrongCredits: 0,
    wronglyDead: 0,
    deliveredTwice: 0,
    unflagged: 0,
    unexplained: 0,
    unknownOutcomes: 0,
    ledgerFaults: ledgerFaults(await store.ledger()).length,
  };
  const states = new Map<string, { readonly id: string; readonly state: Delivery['state'] | 'unrouted' }>();
  let before: string | null = null;
  do {
    const page = await store.search({ limit: 500, ...(before === null ? {} : { before }) });
    for (const row of page.rows) {
      if (row.controlId === null) continue;
      if (states.has(row.controlId)) verdict.keptTwice++;
      states.set(row.controlId, { id: row.id, state: row.deliveries[0]?.state ?? 'unrouted' });
    }
    before = page.before;
  } while (before !== null);

  for (const controlId of acked) {
    const kept = states.get(controlId);
    if (kept === undefined) verdict.missing++;
    else if (!['delivered', 'dead', 'unrouted'].includes(kept.state)) verdict.unfinished++;
  }
  for (const [controlId, { id, state }] of states) {
    const said = receiver.said.get(controlId) ?? [];
    const taken = receiver.taken(controlId);
    let isWrong = state === 'delivered' && taken === 0;
    if (state === 'dead' && !said.some((answer) => answer.startsWith('AE'))) verdict.wronglyDead++;
    if (taken > 1 || options.words) {
      const delivery = (await store.message(id))?.deliveries[0];
      const history = delivery && (await store.history(delivery.id));
      if (history) {
        if (options.words && state === 'delivered' && !saidSo(history, said)) isWrong = true;
        const unknown = unknownOf(history);
        verdict.unknownOutcomes += unknown;
        if (taken > 1) {
          verdict.deliveredTwice++;
          if (!history.delivery.possibleDuplicate) verdict.unflagged++;
          verdict.unexplained += Math.max(0, taken - 1 - unknown);
        }
      }
    }
    if (isWrong) verdict.wrongCredits++;
  }
  return verdict;
}

/** What the promise sets to 0, in each of these proofs. */
export const PROMISED_ZERO: readonly (keyof Verdict | 'inversions' | 'overtakings' | 'strangeAcks')[] = [
  'missing',
  'unfinished',
  'keptTwice',
  'wrongCredits',
  'wronglyDead',
  'unflagged',
  'unexplained',
  'ledgerFaults',
  'inversions',
  'overtakings',
  'strangeAcks',
];
