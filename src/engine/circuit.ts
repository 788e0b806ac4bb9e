/**
 * Whether a connection is called now: a circuit that opens when calls fail in a row, is probed at growing intervals, and
 * closes with the first that succeeds; and a stop that only a person, a test or a restart ends. Pure: what happened, the time
 * and chance go in, the next state comes out.
 */
import { type Backoff, backoffFor, type FailureKind, type FailureRecord, type Random } from '../std/index.ts';

export type Circuit =
  /** Calls go out, unless the other side asked for a pause that is not over. */
  | {
      readonly state: 'closed';
      /** Failures since the last answer: those where nothing was sent, and all that count. */
      readonly unreachable: number;
      readonly failed: number;
      readonly throttled: number;
      readonly pausedUntil: number;
    }
  /** Nothing goes out but one probe at a time. */
  | {
      readonly state: 'open';
      readonly since: number;
      /** The last failure. */
      readonly failure: FailureRecord;
      readonly probes: number;
      readonly probeAt: number;
      readonly probing: boolean;
    }
  /** Nothing goes out: who we are is not accepted. */
  | {
      readonly state: 'stopped';
      readonly since: number;
      readonly failure: FailureRecord;
      /** When it is tested next. */
      readonly testAt: number;
    };

export const CLOSED: Circuit = { state: 'closed', unreachable: 0, failed: 0, throttled: 0, pausedUntil: 0 };

/** Failures in a row that open the circuit, by kind: where nothing was sent there is less doubt. */
export const OPENS_AFTER = { unreachable: 5, others: 20 } as const;
/** Between probes. */
const PROBES: Backoff = { first: 1_000, cap: 60_000 };
/** Where we are told to slow down, but not for how long. */
const SLOWLY: Backoff = { first: 2_000, cap: 300_000 };
/** A stopped connection is tested this often; milliseconds. */
export const TEST_EVERY = 15 * 60_000;

/** What a failure says of the connection, whatever it says of the message. */
export const SAYS: Readonly<Record<FailureKind, 'counts' | 'answers' | 'pauses' | 'stops' | 'nothing'>> = {
  auth: 'stops',
  config: 'counts',
  validation: 'answers',
  throttle: 'pauses',
  timeout: 'counts',
  unreachable: 'counts',
  rejected: 'counts',
  conflict: 'answers',
  'unknown-outcome': 'counts',
  defect: 'nothing',
};

export type Permit =
  | { readonly kind: 'call' }
  | { readonly kind: 'probe' }
  /** Not before `until`. `why`: the other side asked for it, or the connection fails. */
  | { readonly kind: 'wait'; readonly until: number; readonly why: 'paused' | 'failing' };

/** Asked before each call. A `probe` must be begun with `probing`. */
export function permit(circuit: Circuit, now: number): Permit {
  switch (circuit.state) {
    case 'closed':
      return circuit.pausedUntil > now
        ? { kind: 'wait', until: circuit.pausedUntil, why: 'paused' }
        : { kind: 'call' };
    case 'open':
      if (now >= circuit.probeAt && !circuit.probing) return { kind: 'probe' };
      return { kind: 'wait', until: Math.max(circuit.probeAt, now), why: 'failing' };
    case 'stopped':
      return { kind: 'wait', until: Math.max(circuit.testAt, now), why: 'failing' };
  }
}

/** A probe is under way: nobody else is let through until it has ended. */
export function probing(circuit: Circuit): Circuit {
  return circuit.state === 'open' ? { ...circuit, probing: true } : circuit;
}

export interface Ended {
  /** `null`: it succeeded. `cut`: we broke it off ourselves, which says nothing. */
  readonly with: FailureRecord | 'cut' | null;
  /** It was the probe. */
  readonly probe: boolean;
  readonly now: number;
  readonly random: Random;
}

/** After each call. */
export function afterCall(circuit: Circuit, ended: Ended): Circuit {
  // What was under way when it was stopped changes nothing: see `SAYS.auth`.
  if (circuit.state === 'stopped') return circuit;
  const { with: failure, now, random } = ended;
  if (failure === 'cut') return passed(circuit, ended, undefined);
  // Refused for good is an answer, of whatever kind: it concerns this message alone.
  if (failure === null || !failure.retry.again) {
    return failure?.kind === 'defect' ? passed(circuit, ended, failure) : answered(circuit);
  }
  // It concerns one thing alone and may not even have been sent: the connection is neither better nor worse.
  if (failure.retry.alone && failure.kind !== 'throttle') return passed(circuit, ended, undefined);
  switch (SAYS[failure.kind]) {
    case 'answers':
      return answered(circuit);
    case 'nothing':
      return passed(circuit, ended, failure);
    case 'stops':
      return { state: 'stopped', since: now, failure, testAt: now + TEST_EVERY };
    case 'pauses': {
      const { after: told, alone } = failure.retry;
      if (alone) return answered(circuit);
      const throttled = (circuit.state === 'closed' ? circuit.throttled : 0) + 1;
      const until = now + (told ?? backoffFor(throttled, SLOWLY, random));
      const before = circuit.state === 'closed' ? circuit.pausedUntil : 0;
      return { ...CLOSED, throttled, pausedUntil: Math.max(before, until) } as Circuit;
    }
    case 'counts': {
      if (circuit.state === 'open') return passed(circuit, ended, failure);
      const unreachable = failure.kind === 'unreachable' ? circuit.unreachable + 1 : circuit.unreachable;
      const failed = circuit.failed + 1;
      if (unreachable < OPENS_AFTER.unreachable && failed < OPENS_AFTER.others)
        return { ...circuit, unreachable, failed };
      const probeAt = now + backoffFor(1, PROBES, random);
      return { state: 'open', since: now, failure, probes: 0, probeAt, probing: false };
    }
  }
}

function answered(circuit: Circuit): Circuit {
  // A pause that another call was asked for goes on.
  if (circuit.state !== 'closed') return CLOSED;
  if (circuit.failed === 0 && circuit.throttled === 0) return circuit;
  return { ...circuit, unreachable: 0, failed: 0, throttled: 0 };
}

/** Nothing new; after a probe the next one is due later. */
function passed(
  circuit: Circuit,
  { probe, now, random }: Ended,
  failure: FailureRecord | undefined,
): Circuit {
  if (circuit.state !== 'open') return circuit;
  const told = failure ?? circuit.failure;
  if (!probe) return { ...circuit, failure: told };
  const probes = circuit.probes + 1;
  return {
    ...circuit,
    failure: told,
    probes,
    probeAt: now + backoffFor(probes + 1, PROBES, random),
    probing: false,
  };
}

/** The test of a stopped connection failed: the next one is due later. */
export function testFailed(circuit: Circuit, now: number): Circuit {
  return circuit.state === 'stopped' ? { ...circuit, testAt: now + TEST_EVERY } : circuit;
}

const time = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** What a person should know of it; `null` while all is well. `waiting`: lanes that are known to wait for it. */
export function circuitText(circuit: Circuit, waiting: number, now: number): string | null {
  const lanes = waiting === 1 ? '1 lane waits' : `${waiting} lanes wait`;
  switch (circuit.state) {
    case 'closed':
      if (circuit.pausedUntil <= now) return null;
      return `Asked us to slow down: nothing is sent until ${time(circuit.pausedUntil)}; ${lanes} for it.`;
    case 'open': {
      const next = circuit.probing
        ? 'one is under way'
        : circuit.probeAt > now
          ? `the next in ${Math.ceil((circuit.probeAt - now) / 1_000)} s`
          : 'with the next delivery';
      const { message, fix } = circuit.failure;
      return `Fails since ${time(circuit.since)}: only probes go out (${next}); ${lanes} for it. ${message} ${fix}`;
    }
    case 'stopped': {
      const { message, fix } = circuit.failure;
      return `Stopped since ${time(circuit.since)}: we are not accepted; ${lanes} for it, untried. ${message} ${fix} Then resume it; it is tested again at ${time(circuit.testAt)}.`;
    }
  }
}
