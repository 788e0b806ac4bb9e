/** How the steps that sleep are written in flow files, and the values they become. */
import type { Condition, FieldMap, Source } from '../mapping/index.ts';
import { type Duration, Failure, milliseconds } from '../std/index.ts';
import type { ApproveStep, WaitStep } from './flow.ts';

interface SleepSpec {
  readonly when?: Condition;
  /** A later message of the same patient of one of these types ends the delivery as filtered here: `'ADT^A11'`. */
  readonly cancelOn?: readonly string[];
  /** Earlier finds that are asked again after the sleep. */
  readonly recheck?: readonly string[];
}

/** One of `for`, `until` and `on`. */
export interface WaitSpec extends SleepSpec {
  readonly for?: Duration | number;
  /** A day or a time. */
  readonly until?: Source;
  /** So long before `until`. */
  readonly before?: Duration | number;
  /** A type of message, or several: `'ADT^A03'`, `'Appointment.updated'`. */
  readonly on?: string | readonly string[];
  /** With `on`, and needed then: goes on without it after so long. */
  readonly atMost?: Duration | number;
}

export interface ApproveSpec extends SleepSpec {
  /** The question, without patient data. */
  readonly ask: string;
  /** Who may answer: this role or a higher one. Left out: operator. */
  readonly role?: 'operator' | 'admin';
  readonly deadline?: Duration | number;
  /** Left out: hold. */
  readonly whenLate?: 'hold' | 'refuse';
  /** What the person sees before answering. */
  readonly show?: FieldMap;
}

/** Times in milliseconds since 1970. */
export interface WaitValue {
  readonly since: number;
  readonly wokenAt: number;
  readonly by: 'time' | 'event';
  /** The event came; `false` when it was waited for in vain, or no event was asked for. */
  readonly came: boolean;
}

export interface ApproveValue {
  readonly since: number;
  readonly wokenAt: number;
  readonly by: 'person';
  readonly approved: true;
  readonly who: string;
  readonly reason: string;
}

/** @throws Failure `config`: it is no length of time. */
export function lengthOf(flow: string, place: string, length: Duration | number): number {
  const ms = typeof length === 'number' ? length : milliseconds(length);
  if (ms !== undefined) return ms;
  throw new Failure({
    code: 'FLOW_INVALID',
    kind: 'config',
    message: `The flow "${flow}": ${place} is no length of time.`,
    fix: "Write it like '12h', '3d' or '2 hours'.",
    at: { flow, path: place },
  });
}

export function waitStep(flow: string, id: string, spec: WaitSpec): WaitStep {
  const { for: length, before, on, atMost, ...rest } = spec;
  const lengths = Object.entries({ for: length, before, atMost }).flatMap(([name, given]) =>
    given === undefined ? [] : [[name, lengthOf(flow, `step "${id}", ${name}`, given)]],
  );
  return {
    kind: 'wait',
    id,
    ...rest,
    ...(Object.fromEntries(lengths) as Pick<WaitStep, 'for' | 'before' | 'atMost'>),
    ...(on === undefined ? {} : { on: typeof on === 'string' ? [on] : on }),
  };
}

export function approveStep(flow: string, id: string, spec: ApproveSpec): ApproveStep {
  const { role = 'operator', whenLate = 'hold', show = {}, deadline, ...rest } = spec;
  return {
    kind: 'approve',
    id,
    ...rest,
    role,
    whenLate,
    show,
    ...(deadline === undefined ? {} : { deadline: lengthOf(flow, `step "${id}", deadline`, deadline) }),
  };
}
