/** What must hold, watched while a seed runs and looked at when everything has come to rest. */
import type { CallContext, Verdict } from '../../src/connectors/index.ts';
import { matches } from '../../src/flow/index.ts';
import { ledgerFaults } from '../../src/message/index.ts';
import type { Leased, MemoryDisk, Settled, Settlement, Store } from '../../src/store/index.ts';
import { EFFECTS, FLOWS, SLEEPING } from './flows.ts';
import { nameOf, type Sent } from './messages.ts';

/** A rule that does not hold. */
export class Broken extends Error {
  readonly rule: string;

  constructor(rule: string, what: string) {
    super(`${rule}: ${what}`);
    this.rule = rule;
  }
}

type DeliveryRow = MemoryDisk['state']['deliveries'] extends Map<number, infer Row> ? Row : never;

export class Rules {
  broken: Broken | null = null;
  /** Those that got a positive acknowledgement. */
  readonly acknowledged = new Set<Sent>();
  readonly refused = new Set<Sent>();
  arrivals = 0;
  repeats = 0;
  readonly #disk: MemoryDisk;
  /** By idempotency key: how often it arrived. */
  readonly #arrived = new Map<string, number>();
  /** By lane, flow and step: the highest place of a delivery that arrived there. */
  readonly #places = new Map<string, number>();
  /** By flow, step, sender and patient: the highest number of a message that arrived there. */
  readonly #numbers = new Map<string, number>();
  /** By delivery: its newest lease. */
  readonly #epochs = new Map<string, number>();

  constructor(disk: MemoryDisk) {
    this.#disk = disk;
  }

  fail(rule: string, what: string): void {
    this.broken ??= new Broken(rule, what);
  }

  /** The very moment at which the engine gives an answer out. */
  verdict(message: Sent, verdict: Verdict): void {
    if (verdict.kind === 'not kept') return;
    const row = this.#disk.state.messages.get(Number(verdict.messageId));
    if (row?.bytes !== message.bytes) {
      this.fail('acknowledged before it was committed', nameOf(message));
      return;
    }
    if (verdict.kind === 'rejected') this.refused.add(message);
    else this.acknowledged.add(message);
  }

  leased(leased: readonly Leased[]): void {
    for (const { delivery, epoch } of leased) this.#epochs.set(delivery.id, epoch);
  }

  /** Asked for now; the function returned is told the answer. */
  settling(end: Pick<Settlement, 'deliveryId' | 'epoch'>): (settled: Settled) => void {
    const newest = this.#epochs.get(end.deliveryId) ?? end.epoch;
    return (settled) => {
      if (settled === 'settled' && end.epoch < newest) {
        this.fail('an old lease counts', `delivery ${end.deliveryId}, by ${end.epoch}, leased by ${newest}`);
      }
    };
  }

  /** A receiver has taken it. */
  arrived(message: Sent, about: CallContext): void {
    this.arrivals++;
    const deliveryId = Number(about.idempotencyKey.split('-')[2]);
    const row = this.#disk.state.deliveries.get(deliveryId) as DeliveryRow;
    const what = `delivery ${deliveryId} of ${nameOf(message)}, ${about.flow} / ${about.step}`;
    const times = (this.#arrived.get(about.idempotencyKey) ?? 0) + 1;
    this.#arrived.set(about.idempotencyKey, times);
    if (times > 1) {
      this.repeats++;
      if (!about.possibleDuplicate) this.fail('a repeat without its mark', `${what}, time ${times}`);
      return;
    }
    for (const lane of row.lanes) {
      const key = `${lane} ${about.step}`;
      const highest = this.#places.get(key) ?? 0;
      if (row.place < highest)
        this.fail('order within a lane', `${what}: place ${row.place} after ${highest}`);
      this.#places.set(key, Math.max(highest, row.place));
    }
    // What a person has done again comes when the person wants it.
    if (row.replayOf !== null || SLEEPING.has(row.flow)) return;
    for (const patient of message.patients) {
      const key = `${about.flow} ${about.step} ${message.sender} ${patient}`;
      const highest = this.#numbers.get(key) ?? -1;
      if (message.nth < highest) this.fail('order of a patient', `${what}: after number ${highest}`);
      this.#numbers.set(key, Math.max(highest, message.nth));
    }
  }

  /**
   * Everything has come to rest.
   * @param records What polling had to find.
   */
  atRest(records: readonly Sent[]): void {
    const { messages, deliveries } = this.#disk.state;
    const rows = new Map<Uint8Array, number>();
    for (const { bytes } of messages.values()) rows.set(bytes, (rows.get(bytes) ?? 0) + 1);
    for (const message of this.acknowledged) {
      const kept = rows.get(message.bytes) ?? 0;
      if (kept === 0) this.fail('acknowledged and not in the store', nameOf(message));
      if (kept > 1) this.fail('kept more than once', `${nameOf(message)}, ${kept} times`);
    }
    for (const record of records) {
      const kept = rows.get(record.bytes) ?? 0;
      if (kept !== 1) this.fail('found once by polling', `${nameOf(record)}, ${kept} times`);
    }
    for (const message of messages.values()) {
      const wanted =
        message.summary.state === 'accepted'
          ? FLOWS.filter((flow) => matches(flow.trigger, message.summary))
          : [];
      for (const { name } of FLOWS) {
        const planned = message.deliveries.filter((row) => row.flow === name && row.replayOf === null).length;
        const expected = wanted.some((flow) => flow.name === name) ? 1 : 0;
        if (planned !== expected) {
          this.fail(
            'planned once for each flow that wants it',
            `message ${message.summary.id}, ${name}: ${planned}`,
          );
        }
      }
    }
    for (const row of deliveries.values()) {
      if (row.state === 'waiting' || row.state === 'running') {
        this.fail('everything comes to an end', `delivery ${row.id} (${row.flow}) is ${row.state}`);
      }
      if (row.state !== 'delivered') continue;
      for (const step of EFFECTS[row.flow] ?? []) {
        const key = `suture-${row.message.summary.site}-${row.id}-${step}`;
        // What a replay from a later step took over had arrived for the delivery that it repeats.
        const takenOver = row.replayOf !== null && row.steps.some((one) => one.step === step);
        if (!this.#arrived.has(key) && !takenOver) {
          this.fail('delivered and never arrived', `delivery ${row.id} (${row.flow} / ${step})`);
        }
      }
    }
  }

  /** The totals that screens show, against the rows; and the chain of the audit trail. */
  async totals(store: Store, now: number): Promise<void> {
    const ledger = await store.ledger();
    for (const fault of ledgerFaults(ledger)) this.fail('the ledger', fault);
    const { messages, deliveries } = this.#disk.state;
    if (ledger.received !== messages.size || ledger.planned !== deliveries.size) {
      this.fail(
        'the ledger',
        `${ledger.received} received of ${messages.size}, ${ledger.planned} planned of ${deliveries.size}`,
      );
    }
    const sums = { received: 0, filtered: 0, queued: 0, sent: 0, errored: 0 };
    for (const tally of await store.tallies(now)) {
      for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += tally[name];
    }
    const expected = {
      received: ledger.received,
      filtered: ledger.filtered + ledger.unrouted,
      queued: ledger.waiting + ledger.running + ledger.sleeping + ledger.held,
      sent: ledger.delivered,
      errored: ledger.dead + ledger.rejected,
    };
    if (JSON.stringify(sums) !== JSON.stringify(expected)) {
      this.fail(
        'tallies say what the ledger says',
        `${JSON.stringify(sums)} and ${JSON.stringify(expected)}`,
      );
    }
    const breaks = await store.verifyAudit();
    if (breaks.length > 0) this.fail('the audit trail is whole', `it breaks at ${breaks.join(', ')}`);
  }
}
