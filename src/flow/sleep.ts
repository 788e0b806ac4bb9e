/** Steps that sleep: what they ask for, what their remembered output means, what is asked again after it. Pure. */
import { instantOf, type MappingContext, readTime } from '../mapping/index.ts';
import type { StepRecord, Woken } from '../message/index.ts';
import { Failure, type Json } from '../std/index.ts';
import type { Command, Remembered } from './command.ts';
import type { ApproveStep, Flow, WaitStep } from './flow.ts';
import { everyStep } from './nested.ts';
import type { PreparedStep } from './prepare.ts';

/** What is remembered of a sleeping step: asked when it fell asleep, the rest when its sleep ended. */
export interface Slept extends Partial<Woken> {
  /** Milliseconds since 1970. */
  readonly since: number;
  /** When it wakes at the latest; for an approval: its deadline. */
  readonly wakeAt: number | null;
  readonly approved?: boolean;
  readonly who?: string;
  readonly reason?: string;
}

/** What people are shown of a sleeper; the engine adds `since` and `wakeAt`. */
export type Asked =
  | { readonly kind: 'wait'; readonly on: readonly string[]; readonly cancelOn: readonly string[] }
  | {
      readonly kind: 'approve';
      readonly ask: string;
      readonly role: ApproveStep['role'];
      readonly whenLate: ApproveStep['whenLate'];
      readonly cancelOn: readonly string[];
      /** Sealed with the rest: it may hold patient data. */
      readonly show: Json;
    };

export const isSleeping = (step: { readonly kind: string }): step is WaitStep | ApproveStep =>
  step.kind === 'wait' || step.kind === 'approve';

/** The value that the step gives to later ones, or the command that it ends or pauses with. */
export function slept(
  step: WaitStep | ApproveStep,
  prepared: PreparedStep,
  input: Readonly<Record<string, unknown>>,
  mapping: MappingContext,
  remembered: Remembered,
): { readonly value: unknown } | { readonly command: Command } {
  const output = remembered.get(step.id) as Slept | undefined;
  const filtered: { command: Command } = { command: { kind: 'end', state: 'filtered', step: step.id } };
  if (output?.cancelled) return filtered;
  if (step.kind === 'approve' && output?.approved === false) return filtered;
  if (typeof output?.wokenAt !== 'number') return { command: fallAsleep(step, prepared, input, mapping) };
  const { since, wokenAt, by } = output;
  if (step.kind === 'wait') return { value: { since, wokenAt, by, came: by === 'event' } };
  if (output.approved) {
    return { value: { since, wokenAt, by, approved: true, who: output.who, reason: output.reason } };
  }
  if (step.whenLate === 'refuse') return filtered;
  return {
    command: { kind: 'hold', step: step.id, reason: 'unanswered', failure: unanswered(), askAgain: [] },
  };
}

function fallAsleep(
  step: WaitStep | ApproveStep,
  prepared: PreparedStep,
  input: Readonly<Record<string, unknown>>,
  mapping: MappingContext,
): Command {
  const cancelOn = step.cancelOn ?? [];
  const base = { kind: 'sleep', step: step.id, cancels: cancelOn.length > 0 } as const;
  if (step.kind === 'approve') {
    const { ask, role, whenLate } = step;
    const asked: Asked = { kind: 'approve', ask, role, whenLate, cancelOn, show: input as Json };
    return { ...base, after: step.deadline ?? null, until: null, wakes: false, asked };
  }
  const on = step.on ?? [];
  const asked: Asked = { kind: 'wait', on, cancelOn };
  const until = prepared.until === undefined ? null : timeOf(step, prepared.until(mapping), mapping);
  return { ...base, after: step.for ?? step.atMost ?? null, until, wakes: on.length > 0, asked };
}

/** A day without a time of day begins at midnight where the site is. */
function timeOf({ until, before = 0 }: WaitStep, value: unknown, { timeZone }: MappingContext): number {
  const moment = typeof value === 'string' ? readTime(value) : undefined;
  const at =
    moment?.day === undefined ? undefined : instantOf({ ...moment, hour: moment.hour ?? 0 }, timeZone);
  if (at !== undefined) return at - before;
  throw new Failure({
    code: 'WAIT_TIME',
    kind: 'validation',
    message: `"${until}" gives no time to wait for${value === undefined ? ': it has no value' : ''}.`,
    fix: 'Wait for a source that holds a day or a time, or skip the step with "when" where there is none.',
    at: { path: until ?? '' },
  });
}

const unanswered = (): Failure =>
  new Failure({
    code: 'APPROVAL_LATE',
    kind: 'conflict',
    message: 'Nobody answered before the deadline.',
    fix: 'Approve or refuse it; later messages of its lane wait until then.',
    retry: { again: false },
  });

/**
 * What an attempt may take as done: everything remembered, but the answers that a sleeping step with `recheck` wants asked
 * again and that are from before its sleep. Compared with when it fell asleep, since a clock that was set back meanwhile
 * must not make an old answer look young.
 */
export function rememberedOf(flow: Flow, records: readonly StepRecord[]): Map<string, unknown> {
  const remembered = new Map(records.map(({ step, output }) => [step, output]));
  for (const step of everyStep(flow.steps)) {
    if (!isSleeping(step) || step.recheck === undefined) continue;
    const output = remembered.get(step.id) as Slept | undefined;
    if (typeof output?.wokenAt !== 'number') continue;
    for (const id of step.recheck) {
      const record = records.find((each) => each.step === id);
      if (record !== undefined && record.startedAt <= output.since) remembered.delete(id);
    }
  }
  return remembered;
}

/** When the last sleep ended: from then on failures that may pass are tried again for as long as the flow says. */
export function awakeSince(records: readonly StepRecord[]): number {
  return records.reduce((latest, { output }) => {
    const { since, wokenAt } = (output ?? {}) as Partial<Slept>;
    return typeof since === 'number' && typeof wokenAt === 'number' ? Math.max(latest, wokenAt) : latest;
  }, 0);
}
