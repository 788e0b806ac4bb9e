/** Calls of deliveries at connections: the gate before them on the store, and a person's word to go on. */
import type { Clock } from '../std/index.ts';
import type { Store } from '../store/index.ts';
import type { EngineControl } from './control.ts';
import { createGate, type Gate, type GateOptions } from './gate.ts';
import type { Open } from './view.ts';

export interface CallingOptions extends Omit<GateOptions, 'wake'> {
  readonly store: Store;
  readonly clock: Clock;
  /** By which deliveries are due, and so circuits probed: it never goes back. */
  readonly due: Clock;
  readonly open: (site: string, connection: string) => Open | undefined;
  /** What is learnt there need not wait any longer either; true: something did. */
  readonly learnAgain: (site: string, connection: string) => boolean;
  /** Something may be due. */
  readonly nudge: () => void;
}

export interface Calling {
  readonly gate: Gate;
  /** Safe to call again after a lost answer: the other side knows repeats by their key, or it finds out by itself first. */
  repeatable(site: string, connection: string, capability: string): boolean;
  readonly resume: EngineControl['resume'];
}

export function createCalling(options: CallingOptions): Calling {
  const { store, clock, open } = options;
  const gate = createGate({
    ...options,
    clock: options.due,
    async wake({ site, connection }, deliveryIds) {
      const at = clock.now();
      const on = `${site}/${connection}`;
      const audit = { at, who: 'engine', act: 'delivery.release', on, facts: { count: deliveryIds.length } };
      await store.release({ deliveryIds, to: 'waiting', at, audit });
      options.nudge();
    },
  });
  return {
    gate,
    repeatable: (site, connection, capability) =>
      open(site, connection)?.capabilities.some(
        (one) => one.name === capability && (one.repeatable || one.findsOut),
      ) ?? false,
    async resume({ site, connection, who, reason }) {
      if (open(site, connection) === undefined) return false;
      const on = `${site}/${connection}`;
      await store.audit([{ at: clock.now(), who, act: 'connection.resume', on, facts: { reason } }]);
      const learnt = options.learnAgain(site, connection);
      return gate.resume({ site, connection }) || learnt;
    },
  };
}
