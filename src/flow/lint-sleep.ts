/** What is wrong with a step that sleeps. */
import type { ApproveStep, Flow, WaitStep } from './flow.ts';
import { everyStep } from './nested.ts';

type Add = (part: string, reason: string, fix: string) => void;

/** Sources and maps are looked at with those of other steps. */
export function lintSleep(
  flow: Flow,
  step: WaitStep | ApproveStep,
  earlier: readonly string[],
  items: readonly string[],
  add: Add,
): void {
  if (items.length > 0) return; // said of the list
  if (step.kind === 'wait') lintWait(step, add);
  else lintApprove(step, add);
  const patterns = [
    ...(step.kind === 'wait' ? (step.on ?? []).map((each) => ['on', each] as const) : []),
    ...(step.cancelOn ?? []).map((each) => ['cancelOn', each] as const),
  ];
  for (const [part, pattern] of patterns) {
    if (pattern.includes('^') || pattern.includes('.') || pattern.includes('*')) continue;
    add(part, `"${pattern}" matches no message`, 'Write a type: ADT^A11, SIU^*, Appointment.updated.');
  }
  const [first] = patterns;
  if (first !== undefined && flow.order !== 'patient')
    add(
      first[0],
      'a later message of the same patient is meant, but the flow is not ordered by patient',
      "Give the flow order: 'patient'.",
    );
  for (const id of step.recheck ?? []) {
    const named = everyStep(flow.steps).find((each) => each.id === id);
    if (named === undefined || !earlier.includes(id))
      add('recheck', `there is no earlier step "${id}"`, 'Name a find step before this one.');
    else if (named.kind !== 'find' && named.kind !== 'read')
      add(
        'recheck',
        `"${id}" is a ${named.kind} step`,
        'Only finds are asked again; maps and filters are computed anew anyway.',
      );
  }
}

function lintWait(step: WaitStep, add: Add): void {
  const given = [step.for, step.until, step.on].filter((each) => each !== undefined);
  if (given.length !== 1)
    add(
      '',
      given.length === 0 ? 'it waits for nothing' : 'it waits for several things',
      'Give one of for, until and on.',
    );
  if (step.for !== undefined && !(step.for > 0))
    add('for', 'it is no length of time', "Give milliseconds, or '2 hours'.");
  if (step.before !== undefined && (step.until === undefined || !(step.before > 0)))
    add('before', 'it is a length of time before "until"', "Give until too, and before as '1 day'.");
  if (step.on !== undefined && step.on.length === 0) add('on', 'no event is named', 'Name message types.');
  if (step.on !== undefined && !(step.atMost !== undefined && step.atMost > 0))
    add('atMost', 'an event may never come', "Say how long it waits at most: atMost: '7 days'.");
  if (step.on === undefined && step.atMost !== undefined)
    add('atMost', 'it belongs to a wait for an event', 'Give on too, or use for.');
}

function lintApprove(step: ApproveStep, add: Add): void {
  if (step.ask.trim() === '') add('ask', 'nothing is asked', 'Write the question that the person answers.');
  if (step.role !== 'operator' && step.role !== 'admin')
    add('role', `"${String(step.role)}" is no role that may approve`, 'Use operator or admin.');
  if (step.deadline !== undefined && !(step.deadline > 0))
    add('deadline', 'it is no length of time', "Give milliseconds, or '2 days'.");
  if (step.whenLate !== 'hold' && step.whenLate !== 'refuse')
    add('whenLate', 'it is neither hold nor refuse', 'Use hold or refuse.');
}
