/** Receivers and the way to them: slow, refusing, unreachable, answering late or never, before or after having taken it. */
import type { Call, CallContext, Connection } from '../../src/connectors/index.ts';
import { Failure, type FailureKind, type Json } from '../../src/std/index.ts';
import type { Sent } from './messages.ts';
import type { Node } from './node.ts';
import type { World } from './world.ts';

type Fate =
  | 'taken'
  | 'taken, answered late'
  | 'taken, answer lost'
  | 'lost on the way'
  | 'unreachable'
  | 'refused'
  | 'rejected'
  | 'throttled'
  | 'conflict'
  | 'auth';

/** What is asked for on the way: none of it later than this, or a dead node's word could come after its heir's. */
const TRANSIT = 60;
/** How long a caller waits for an answer. */
const PATIENCE = 4_000;

const failureOf = (fate: string, kind: FailureKind, after?: number): Failure =>
  new Failure({
    code: `SIMULATED_${fate.toUpperCase().replaceAll(/\W+/g, '_')}`,
    kind,
    message: `Simulated: ${fate}.`,
    fix: 'None: it is simulated.',
    ...(after === undefined ? {} : { retry: { again: true, after } }),
  });

const KINDS: Readonly<Partial<Record<Fate, FailureKind>>> = {
  unreachable: 'unreachable',
  refused: 'validation',
  rejected: 'rejected',
  throttled: 'throttle',
  conflict: 'conflict',
  auth: 'auth',
};

const USUAL: readonly Fate[] = ['taken'];
const ROUGH: readonly Fate[] = [
  'taken',
  'taken, answered late',
  'taken, answer lost',
  'lost on the way',
  'unreachable',
  'refused',
  'rejected',
  'throttled',
  'conflict',
  'auth',
];

export class Receiver {
  readonly name: string;
  /** One call in so many goes wrong; and a time during which none gets through. */
  roughOneIn: number;
  downUntil = 0;
  slowness: number;
  readonly #world: World;

  constructor(world: World, name: string) {
    const { chance } = world;
    this.#world = world;
    this.name = name;
    this.roughOneIn = chance.pick([2, 4, 8, 20, 1_000]);
    this.slowness = chance.pick([2, 20, 300, 2_500]);
  }

  connection(node: Node): Connection {
    return {
      test: async () => [],
      call: (call, about) => (call.do === 'send' ? this.#send(node, about) : this.#find(node, call)),
      close: async () => undefined,
    };
  }

  #fate(): Fate {
    const { chance, calm, scheduler } = this.#world;
    if (calm) return 'taken';
    if (scheduler.now < this.downUntil) return chance.pick(['unreachable', 'unreachable', 'lost on the way']);
    return chance.pick(chance.oneIn(this.roughOneIn) ? ROUGH : USUAL);
  }

  #send(node: Node, about: CallContext): Promise<Json> {
    const { calm, chance, scheduler, rules } = this.#world;
    const message = this.#world.messageOf(about.message.bytes) as Sent;
    const fate = this.#fate();
    const what = `${about.idempotencyKey} attempt ${about.attempt}${about.possibleDuplicate ? ' possible duplicate' : ''}`;
    scheduler.log(`${node.name} calls ${this.name}: ${what} -> ${fate}`);
    about.signal.throwIfAborted();
    // The worst moment to stand still: others take over what this node has under way, and it comes back with an answer.
    if (this.#world.shared && !calm && chance.oneIn(this.#world.pausesOneIn)) {
      this.#world.pause(node, chance.between(10_000, 16_000));
    }
    return new Promise((resolve, reject) => {
      const later = (ms: number, run: () => void): void => void scheduler.after(ms, run, node.process);
      const answer = (ms: number): void => {
        const kind = KINDS[fate];
        const pause = fate === 'throttled' ? chance.between(100, 5_000) : undefined;
        later(ms, () => (kind ? reject(failureOf(fate, kind, pause)) : resolve({ taken: true })));
      };
      if (fate === 'unreachable') {
        answer(chance.between(0, 50));
        return;
      }
      const arrive = (): void => {
        node.onTheWay.delete(arrive);
        cancel();
        if (fate.startsWith('taken')) {
          scheduler.log(`${this.name} takes ${what}`);
          rules.arrived(message, about);
        }
        if (fate === 'taken' || KINDS[fate]) answer(chance.delay(this.slowness, this.slowness * 10));
        if (fate === 'taken, answered late') answer(chance.between(500, PATIENCE * 1.5));
      };
      let cancel = (): void => undefined;
      if (fate !== 'lost on the way') {
        cancel = scheduler.after(chance.between(0, TRANSIT), arrive);
        node.onTheWay.set(arrive, cancel);
      }
      const unknown = (why: string) => (): void => reject(failureOf(why, 'unknown-outcome'));
      later(PATIENCE, unknown('no answer'));
      // Broken off: what is on its way gets there now, or never.
      about.signal.addEventListener('abort', () => {
        if (node.onTheWay.delete(arrive)) {
          cancel();
          if (chance.oneIn(2)) arrive();
        }
        unknown('broken off')();
      });
    });
  }

  #find(node: Node, call: Call): Promise<Json> {
    const { chance, scheduler, calm } = this.#world;
    const number = (call.args as { number?: string } | null)?.number ?? '';
    const patient = { resourceType: 'Patient', id: number };
    const down = !calm && scheduler.now < this.downUntil;
    const fate = down ? 'unreachable' : calm || !chance.oneIn(this.roughOneIn) ? 'one' : chance.below(3);
    scheduler.log(`${node.name} asks ${this.name} for a patient -> ${fate}`);
    return new Promise((resolve, reject) => {
      scheduler.after(
        chance.delay(this.slowness, this.slowness * 10),
        () => {
          if (fate === 'one') resolve({ matches: [patient] });
          else if (fate === 0) resolve({ matches: [patient, { ...patient, id: `${number}?` }] });
          else if (fate === 1) resolve({ matches: [] });
          else reject(failureOf('no answer to a question', fate === 2 ? 'timeout' : 'unreachable'));
        },
        node.process,
      );
    });
  }
}
