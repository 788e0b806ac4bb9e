/**
 * Stands before every call: keeps each connection's circuit, gives back untried what may not call now, and lets those that
 * waited go on at once when it works again. Thousands of lanes may wait: each is given back for the longer the more they are,
 * so that about one in a second looks again; whoever looks first after a probe is due is the probe.
 */
import type { TestResult } from '../connectors/index.ts';
import { type Clock, Failure, type Random } from '../std/index.ts';
import {
  afterCall,
  type Circuit,
  CLOSED,
  circuitText,
  type Ended,
  permit,
  probing,
  testFailed,
} from './circuit.ts';

export interface GateOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** A state that a screen shows has changed. */
  readonly changed: () => void;
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts: Record<string, string>) => void;
  readonly test: (site: string, connection: string) => Promise<readonly TestResult[]>;
  /** These may be due again now; rejects while the store fails. */
  readonly wake: (place: Place, deliveryIds: readonly string[]) => Promise<void>;
}

export interface Place {
  readonly site: string;
  readonly connection: string;
}

/** What a failed call means for its delivery. */
export type Verdict =
  /** Its own failure: it is retried, held or dead by its kind. */
  | { readonly whose: 'delivery' }
  /** The connection's: not before then, and no attempt that would exhaust it. `tell`: the failure is kept with it. */
  | { readonly whose: 'connection'; readonly dueAt: number; readonly tell: boolean };

export type Pass =
  | { readonly open: true; ended(result: Failure | 'cut' | null): Verdict }
  | { readonly open: false; readonly dueAt: number };

export interface Gate {
  /** May this delivery call now? If so, how it ended must be told. */
  enter(place: Place, deliveryId: string): Pass;
  /** A delivery that was given back until later stands in its lane again. */
  givenBack(deliveryId: string): void;
  state(place: Place): { readonly circuit: Circuit; readonly text: string | null };
  /** Calls go out again, whatever was. False: they did already. */
  resume(place: Place): boolean;
  /** Stopped connections, without what patients or partners could be known by: for `/readyz`. */
  notices(): readonly string[];
  /** Calls under way, by connection: `mercy / app 2`. */
  underWay(): readonly string[];
  /** What waits is due at the next start. */
  close(): Promise<void>;
}

interface Kept {
  readonly place: Place;
  circuit: Circuit;
  underWay: number;
  /** Deliveries that were given back for it and wait in their lanes. */
  readonly waiting: Set<string>;
  cancelTest: (() => void) | null;
}

/** Nobody waits longer than this without looking again; milliseconds. */
const LOOKS_AGAIN = 300_000;
/** How far those that wait are spread, for each of them; milliseconds. */
const APART = { paused: 20, failing: 1_000 } as const;
const WAKE_TOGETHER = 500;

export function createGate(options: GateOptions): Gate {
  const { clock, random } = options;
  const all = new Map<string, Kept>();
  /** Told to wait, and not settled yet. */
  const leaving = new Map<string, Kept>();
  let closed = false;

  const keptFor = (place: Place): Kept => {
    const key = `${place.site}/${place.connection}`;
    let kept = all.get(key);
    if (kept === undefined) {
      kept = { place, circuit: CLOSED, underWay: 0, waiting: new Set(), cancelTest: null };
      all.set(key, kept);
    }
    return kept;
  };

  /** When a delivery that may not call now should look again. */
  function later(kept: Kept, deliveryId: string, until: number, why: keyof typeof APART): number {
    leaving.set(deliveryId, kept);
    const spread = Math.min(LOOKS_AGAIN, (kept.waiting.size + 1) * APART[why]);
    const atLatest = Math.min(
      until,
      clock.now() + (why === 'paused' ? Number.POSITIVE_INFINITY : LOOKS_AGAIN),
    );
    return Math.round(atLatest + random.fraction() * spread);
  }

  function wake(kept: Kept): void {
    const ids = [...kept.waiting];
    kept.waiting.clear();
    void (async () => {
      for (let at = 0; at < ids.length; at += WAKE_TOGETHER)
        await options.wake(kept.place, ids.slice(at, at + WAKE_TOGETHER));
    })().catch(() => undefined); // they look again by themselves
  }

  function become(kept: Kept, circuit: Circuit): void {
    const before = kept.circuit;
    kept.circuit = circuit;
    if (before.state === circuit.state) return;
    const { site, connection } = kept.place;
    kept.cancelTest?.();
    kept.cancelTest = null;
    if (circuit.state === 'closed') {
      options.log('info', 'the connection works again', { site, connection });
      wake(kept);
    } else {
      const { code, message, fix } = circuit.failure;
      const stopped = circuit.state === 'stopped';
      options.log(
        stopped ? 'error' : 'warn',
        stopped
          ? `the connection is stopped until it is resumed: ${message}`
          : `the connection fails, only probes go out: ${message}`,
        { site, connection, code, fix },
      );
      if (stopped) testLater(kept);
    }
    options.changed();
  }

  function testLater(kept: Kept): void {
    if (kept.circuit.state !== 'stopped' || closed) return;
    kept.cancelTest = clock.after(kept.circuit.testAt - clock.now(), () => {
      const { site, connection } = kept.place;
      const failed: readonly TestResult[] = [{ check: 'test', ok: false, text: '' }];
      void options
        .test(site, connection)
        .catch(() => failed)
        .then((results) => {
          if (closed || kept.circuit.state !== 'stopped') return;
          if (results.length > 0 && results.every((result) => result.ok)) become(kept, CLOSED);
          else {
            kept.circuit = testFailed(kept.circuit, clock.now());
            testLater(kept);
          }
        });
    });
  }

  function ended(kept: Kept, deliveryId: string, probe: boolean, result: Failure | 'cut' | null): Verdict {
    const before = kept.circuit.state;
    const record: Ended['with'] = result instanceof Failure ? result.toJSON() : result;
    become(kept, afterCall(kept.circuit, { with: record, probe, now: clock.now(), random }));
    if (record === null || record === 'cut') return { whose: 'delivery' };
    const { circuit } = kept;
    if (circuit.state === 'stopped' && record.kind === 'auth')
      return {
        whose: 'connection',
        dueAt: later(kept, deliveryId, circuit.testAt, 'failing'),
        tell: before !== 'stopped',
      };
    // Nothing was sent, and everyone knows already that nothing gets there.
    if (circuit.state === 'open' && before === 'open' && record.kind === 'unreachable')
      return {
        whose: 'connection',
        dueAt: later(kept, deliveryId, circuit.probeAt, 'failing'),
        tell: false,
      };
    return { whose: 'delivery' };
  }

  return {
    enter(place, deliveryId) {
      const kept = keptFor(place);
      kept.waiting.delete(deliveryId);
      const may = permit(kept.circuit, clock.now());
      if (may.kind === 'wait') return { open: false, dueAt: later(kept, deliveryId, may.until, may.why) };
      const probe = may.kind === 'probe';
      if (probe) kept.circuit = probing(kept.circuit);
      kept.underWay++;
      return {
        open: true,
        ended(result) {
          kept.underWay--;
          return ended(kept, deliveryId, probe, result);
        },
      };
    },
    givenBack(deliveryId) {
      const kept = leaving.get(deliveryId);
      if (kept === undefined) return;
      leaving.delete(deliveryId);
      kept.waiting.add(deliveryId);
      // It may have begun to work while this one was on its way back.
      const { circuit } = kept;
      if (circuit.state === 'closed' && circuit.pausedUntil <= clock.now()) wake(kept);
    },
    state(place) {
      const kept = keptFor(place);
      return { circuit: kept.circuit, text: circuitText(kept.circuit, kept.waiting.size, clock.now()) };
    },
    resume(place) {
      const kept = keptFor(place);
      const { circuit } = kept;
      if (circuit.state === 'closed') {
        if (circuit.pausedUntil <= clock.now()) return false;
        kept.circuit = CLOSED;
        wake(kept);
        options.changed();
      } else become(kept, CLOSED);
      return true;
    },
    notices: () =>
      [...all.values()].flatMap(({ place, circuit }) =>
        circuit.state === 'closed'
          ? []
          : [
              `${place.site} / ${place.connection}: ${circuit.state === 'stopped' ? 'stopped' : 'fails'} since ${new Date(circuit.since).toISOString()} (${circuit.failure.code})`,
            ],
      ),
    underWay: () =>
      [...all.values()].flatMap(({ place, underWay }) =>
        underWay === 0 ? [] : [`${place.site} / ${place.connection} ${underWay}`],
      ),
    async close() {
      closed = true;
      for (const kept of all.values()) {
        kept.cancelTest?.();
        const ids = [...kept.waiting];
        kept.waiting.clear();
        for (let at = 0; at < ids.length; at += WAKE_TOGETHER)
          await options.wake(kept.place, ids.slice(at, at + WAKE_TOGETHER)).catch(() => undefined);
      }
    },
  };
}
