/** A sender: one message after another, each until it is acknowledged, over a way that loses, repeats and delays. */
import type { Verdict } from '../../src/connectors/index.ts';
import { messageOf, nameOf, type Sent } from './messages.ts';
import type { World } from './world.ts';

/** How long it waits for an acknowledgement before it connects anew and sends the same again. */
const PATIENCE = 3_000;

const TYPES = ['ADT^A01', 'ADT^A08', 'ADT^A08', 'ADT^A03', 'ADT^A31', 'ORU^R01'];

export class Sender {
  readonly name: string;
  readonly #world: World;
  readonly #patients: readonly string[];
  readonly #merged: (readonly [string, string])[] = [];
  readonly #many: number;
  #nth = 0;
  #link = 0;
  #current: Sent | null = null;
  readonly #sent: Sent[] = [];

  constructor(world: World, name: string, many: number) {
    const { chance } = world;
    this.#world = world;
    this.name = name;
    this.#many = many;
    this.#patients = Array.from({ length: 1 + chance.below(6) }, (_, at) => `P${at}`);
  }

  get finished(): boolean {
    return this.#current === null && this.#nth >= this.#many;
  }

  start(): void {
    this.#later(this.#world.chance.between(0, 2_000), () => this.#next());
  }

  #later(ms: number, run: () => void): void {
    this.#world.scheduler.after(ms, run);
  }

  #next(): void {
    if (this.#nth >= this.#many) return;
    this.#current = this.#make(this.#nth++);
    this.#world.sent(this.#current);
    this.#transmit(this.#current);
  }

  #make(nth: number): Sent {
    const { chance } = this.#world;
    const base = { sender: this.name, nth, broken: chance.oneIn(40) };
    const earlier = this.#sent.length > 0 && chance.oneIn(25) ? chance.pick(this.#sent) : null;
    const controlId = earlier?.controlId ?? `${this.name}-${nth}`;
    if (this.#patients.length > 1 && chance.oneIn(12) && !base.broken) {
      const undone = this.#merged.length > 0 && chance.oneIn(3) ? this.#merged.pop() : undefined;
      const pair = undone ?? this.#pair();
      if (!undone) this.#merged.push(pair);
      return messageOf({ ...base, type: undone ? 'ADT^A37' : 'ADT^A40', controlId, patients: pair });
    }
    return messageOf({
      ...base,
      type: chance.pick(TYPES),
      controlId,
      patients: [chance.pick(this.#patients)],
    });
  }

  #pair(): readonly [string, string] {
    const { chance } = this.#world;
    const from = chance.below(this.#patients.length);
    const to = (from + 1 + chance.below(this.#patients.length - 1)) % this.#patients.length;
    return [this.#patients[from] as string, this.#patients[to] as string];
  }

  #transmit(message: Sent): void {
    const { chance, calm, scheduler } = this.#world;
    const link = ++this.#link;
    const node = this.#world.anyNode();
    this.#later(PATIENCE, () => {
      if (link === this.#link) this.#again(message, 'no answer');
    });
    if (node === undefined) return;
    if (!calm && chance.oneIn(20)) {
      scheduler.log(`${nameOf(message)} is lost`);
      return;
    }
    const copies = !calm && chance.oneIn(20) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      this.#later(chance.delay(20, 2_000), () => {
        node.arrives(message, (verdict) => this.#answered(link, message, verdict));
      });
    }
  }

  #again(message: Sent, why: string): void {
    this.#world.scheduler.log(`${nameOf(message)} is sent again: ${why}`);
    this.#link++;
    this.#later(this.#world.chance.delay(200, 2_000), () => this.#transmit(message));
  }

  /** The engine has answered, or closed (`null`); the answer has its own way to go. */
  #answered(link: number, message: Sent, verdict: Verdict | null): void {
    const { chance, calm } = this.#world;
    if (!calm && chance.oneIn(20)) {
      this.#world.scheduler.log(`the answer to ${nameOf(message)} is lost`);
      return;
    }
    this.#later(chance.delay(20, 2_000), () => {
      if (link !== this.#link || message !== this.#current) return;
      if (verdict === null || verdict.kind === 'not kept') return this.#again(message, 'closed');
      if (!calm && chance.oneIn(15)) return this.#again(message, 'for no reason');
      this.#link++;
      this.#sent.push(message);
      this.#current = null;
      this.#later(chance.delay(150, 3_000), () => this.#next());
    });
  }
}
