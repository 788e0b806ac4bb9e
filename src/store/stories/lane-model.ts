/** What a store should do with lanes, in the simplest words: lists in memory, everything computed anew. */
import type { DeliveryState, Ledger } from '../../message/index.ts';

export interface ModelDelivery {
  readonly key: string;
  readonly asked: readonly string[];
  stands: readonly string[];
  place: number;
  state: DeliveryState;
  dueAt: number;
  wakeAt: number | null;
  attempts: number;
  possibleDuplicate: boolean;
}

const IN_LANE: readonly DeliveryState[] = ['waiting', 'running', 'held'];

export class LaneModel {
  readonly deliveries: ModelDelivery[] = [];
  readonly aliases = new Map<string, string>();
  /** Keys that were unlinked, and the lanes that they left. */
  readonly parted: [string, string][] = [];
  received = 0;
  unrouted = 0;
  repeats = 0;
  #place = 0;

  survivor(lane: string): string {
    const next = this.aliases.get(lane);
    return next === undefined ? lane : this.survivor(next);
  }

  join(from: string, to: string): void {
    const root = this.survivor(from);
    if (root !== this.survivor(to)) this.aliases.set(root, to);
  }

  part(from: string, to: string): void {
    const led: string[] = [];
    for (let at = this.aliases.get(from); at !== undefined; at = this.aliases.get(at)) led.push(at);
    if (!led.includes(to)) return;
    for (const lane of led) this.parted.push([from, lane]);
    this.aliases.delete(from);
  }

  plan(key: string, asked: readonly string[], dueAt: number): ModelDelivery {
    const delivery: ModelDelivery = {
      key,
      asked,
      stands: [],
      place: 0,
      state: 'waiting',
      dueAt,
      wakeAt: null,
      attempts: 0,
      possibleDuplicate: false,
    };
    this.deliveries.push(delivery);
    this.stand(delivery);
    return delivery;
  }

  /** At the tail of its lanes. */
  stand(delivery: ModelDelivery): void {
    const lanes = new Set(delivery.asked.map((lane) => this.survivor(lane)));
    delivery.stands = [];
    const links = [...this.aliases].map(([retired, to]) => [to, retired] as const);
    const busy = [...lanes].flatMap((lane) => {
      const others = new Set([lane]);
      for (const one of others) {
        for (const [from, other] of [...links, ...this.parted]) if (from === one) others.add(other);
      }
      return [...others].filter((other) => {
        const there = this.deliveries.filter(
          (one) => IN_LANE.includes(one.state) && one.stands.includes(other),
        );
        const last = there.reduce<ModelDelivery | null>((a, b) => (a && a.place > b.place ? a : b), null);
        return last !== null && !last.stands.includes(lane);
      });
    });
    delivery.stands = [...new Set([...lanes, ...busy])];
    delivery.place = ++this.#place;
    delivery.state = 'waiting';
  }

  isHead(delivery: ModelDelivery): boolean {
    return !this.deliveries.some(
      (other) =>
        IN_LANE.includes(other.state) &&
        other.place < delivery.place &&
        other.stands.some((lane) => delivery.stands.includes(lane)),
    );
  }

  lease(now: number, limit: number): ModelDelivery[] {
    const due = this.deliveries
      .filter((one) => one.state === 'waiting' && one.dueAt <= now && this.isHead(one))
      .sort((a, b) => a.dueAt - b.dueAt || a.place - b.place)
      .slice(0, limit);
    for (const one of due) one.state = 'running';
    return due;
  }

  wake(now: number): number {
    const up = this.deliveries
      .filter((one) => one.state === 'sleeping' && one.wakeAt !== null && one.wakeAt <= now)
      .sort(
        (a, b) =>
          (a.wakeAt as number) - (b.wakeAt as number) ||
          this.deliveries.indexOf(a) - this.deliveries.indexOf(b),
      );
    for (const one of up) {
      this.stand(one);
      one.dueAt = now;
    }
    return up.length;
  }

  crash(): void {
    for (const one of this.deliveries) {
      if (one.state !== 'running') continue;
      one.state = 'waiting';
      one.possibleDuplicate = true;
      one.attempts++;
    }
  }

  nextDue(): number | null {
    const times = this.deliveries.flatMap((one) => {
      if (one.state === 'sleeping') return one.wakeAt === null ? [] : [one.wakeAt];
      return one.state === 'waiting' && this.isHead(one) ? [one.dueAt] : [];
    });
    return times.length === 0 ? null : Math.min(...times);
  }

  ledger(): Ledger {
    const count = (state: DeliveryState): number =>
      this.deliveries.filter((one) => one.state === state).length;
    return {
      received: this.received,
      accepted: this.received,
      rejected: 0,
      unrouted: this.unrouted,
      planned: this.deliveries.length,
      waiting: count('waiting'),
      running: count('running'),
      sleeping: count('sleeping'),
      held: count('held'),
      delivered: count('delivered'),
      filtered: count('filtered'),
      dead: count('dead'),
    };
  }
}
