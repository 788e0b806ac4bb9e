/** What is wrong with a flow as a whole: its name, what starts it, what it promises, the ids of its steps. */
import { compileSource } from '../mapping/index.ts';
import { asFailure } from '../std/index.ts';
import type { Flow, Step, Trigger } from './flow.ts';
import { everyStep, stepsWithin } from './nested.ts';
import { scheduleFault } from './schedule.ts';
import { sitesNamed } from './sites.ts';

type Add = (place: string, reason: string, fix: string) => void;

/** More steps than any flow of a person; a generated one of more would make every attempt slow. */
export const MOST_STEPS = 200;
/** More things than any delivery should do, each item of its lists counted. */
export const MOST_EFFECTS = 20_000;

export const STEP_KINDS: readonly Step['kind'][] = [
  'find',
  'read',
  'map',
  'lookup',
  'filter',
  'create',
  'update',
  'upsert',
  'send',
  'route',
  'for-each',
  'code',
  'wait',
  'approve',
  'respond',
];

const RESERVED = new Set(['event', 'site', 'hl7']);

/** What one delivery could do at the most. */
export function effectsOf(steps: readonly Step[]): number {
  return steps.reduce((sum, step) => {
    const within = stepsWithin(step).map(effectsOf);
    if (step.kind === 'for-each') return sum + step.atMost * (within[0] ?? 0);
    if (step.kind === 'route') return sum + Math.max(0, ...within);
    return sum + ('connection' in step || step.kind === 'code' ? 1 : 0);
  }, 0);
}

function lintRetention({ retention, trigger }: Flow, add: Add): void {
  if (retention === undefined) return;
  const { days, dead } = retention;
  for (const [name, said] of Object.entries({ days, dead }))
    if (said !== undefined && !(Number.isInteger(said) && said > 0))
      add(`retention.${name}`, 'it is no number of days', 'Give a whole number from 1 on.');
  for (const name of Object.keys(retention))
    if (name !== 'days' && name !== 'dead')
      add('retention', `it has no "${name}"`, 'A flow says days and dead; the rest is the site record’s.');
  if (days !== undefined && dead !== undefined && dead < days)
    add(
      'retention.dead',
      'dead letters would leave before what was delivered',
      `Give ${days} or more, or leave it out.`,
    );
  if (trigger.kind === 'cds')
    add('retention', 'no messages are kept of calls', 'Take it out; exchanges go by the site’s retention.');
}

function lintPromises({ late, service, trigger }: Flow, add: Add): void {
  if (late !== undefined) {
    if (!(late.after > 0)) add('late.after', 'it is no length of time', "Give milliseconds, or '2h'.");
    if (!['filter', 'hold', 'dead letter'].includes(late.do))
      add('late.do', `there is no "${String(late.do)}"`, "Write 'filter', 'hold' or 'dead letter'.");
    if (late.since !== undefined) {
      try {
        const { root } = compileSource(late.since);
        if (root !== 'event' && !(root === 'hl7' && trigger.kind === 'hl7'))
          add(
            'late.since',
            `"${late.since}" does not read the event`,
            'It is judged before the first step: use event.…',
          );
      } catch (error) {
        const { message, fix } = asFailure(error);
        add('late.since', message.replace(/\.$/, ''), fix);
      }
    }
    if (trigger.kind === 'cds')
      add('late', 'a call is answered at once or not at all', 'Take it out; the trigger has a deadline.');
  }
  if (service?.endToEnd !== undefined && !(service.endToEnd > 0))
    add('service.endToEnd', 'it is no length of time', "Give milliseconds, or '5m'.");
  if (service?.silence !== undefined && service.silence !== 'learn' && !(service.silence > 0))
    add('service.silence', 'it is no length of time', "Give milliseconds, '2h', or 'learn'.");
  if (service?.silence !== undefined && ['manual', 'schedule', 'cds'].includes(trigger.kind))
    add(
      'service.silence',
      'nothing comes from the site by itself that could fail to come',
      'Take it out; it is for flows that start on messages and records.',
    );
}

/** Effects are remembered by id, and values are read by it: one id, one step, whatever it stands in. */
export function lintIds({ steps }: Pick<Flow, 'steps'>, add: Add): void {
  const seen = new Set<string>();
  for (const { id } of everyStep(steps)) {
    const place = `step "${id}"`;
    if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(id))
      add(place, 'the id is no name', 'Begin with a letter; then letters, digits, _ and - only.');
    if (RESERVED.has(id))
      add(place, `"${id}" is taken: sources use it for something else`, 'Rename the step.');
    if (seen.has(id))
      add(place, 'an earlier step has the same id', 'Rename one: effects are remembered by id.');
    seen.add(id);
  }
}

export function lintFlow(flow: Flow, add: Add): void {
  if (!/^[a-z0-9][a-z0-9-]*$/.test(flow.name))
    add(
      'name',
      `"${flow.name}" is no name of a flow`,
      'Use lower-case letters, digits and hyphens: appointment-sync.',
    );
  if (flow.sites !== 'all')
    for (const { length } of sitesNamed(flow.sites).tags)
      if (length === 0) add('sites', '"tag:" names no tag', "Write it as 'tag:cardiology'.");
  if (flow.sites !== 'all' && flow.sites.length === 0)
    add('sites', 'the flow runs at no site', "Name sites, or write sites: 'all'.");
  if (!(flow.giveUpAfter > 0))
    add('giveUpAfter', 'it is not a length of time', "Give milliseconds, or '3d'.");
  if (flow.attempts !== undefined && !(Number.isInteger(flow.attempts) && flow.attempts > 0))
    add('attempts', 'it is no number of attempts', 'Give a whole number from 1 on, or leave it out.');
  if (flow.exhausted !== undefined && flow.exhausted !== 'stop lane' && flow.exhausted !== 'dead letter')
    add('exhausted', `there is no "${String(flow.exhausted)}"`, "Write 'stop lane' or 'dead letter'.");
  if (flow.steps.length === 0) add('steps', 'the flow has no steps', 'Add one, such as .send(...).');
  const { length } = everyStep(flow.steps);
  if (length > MOST_STEPS)
    add('steps', `there are ${length} steps`, `Split the flow: ${MOST_STEPS} steps are the most.`);
  const effects = effectsOf(flow.steps);
  if (effects > MOST_EFFECTS)
    add(
      'steps',
      `one delivery could do ${effects} things`,
      `Lower atMost of its lists: ${MOST_EFFECTS} are the most.`,
    );
  lintRetention(flow, add);
  lintPromises(flow, add);
}

export function lintTrigger(trigger: Trigger, add: Add): void {
  if (trigger.kind === 'hl7' && !trigger.type.includes('^') && trigger.type !== '*')
    add(
      'trigger',
      `"${trigger.type}" matches no message`,
      `Write type and event, such as "${trigger.type}^*".`,
    );
  if (trigger.kind === 'event' && trigger.changes.length === 0)
    add('trigger', `no change of ${trigger.resource} is named`, 'Name created, updated, or both.');
  if (trigger.kind === 'event' && !/^[A-Z][A-Za-z]+$/.test(trigger.resource))
    add('trigger', `"${trigger.resource}" is no FHIR resource`, 'Write it as FHIR does: Appointment.');
  if (trigger.kind === 'bulk' && !/^[A-Z][A-Za-z]+$/.test(trigger.resource))
    add('trigger', `"${trigger.resource}" is no FHIR resource`, 'Write it as FHIR does: Patient.');
  if ((trigger.kind === 'file' || trigger.kind === 'webhook') && trigger.connection === '')
    add('trigger', 'no connection is named', 'Name one of the site record.');
  if (trigger.kind === 'schedule') {
    const wrong = scheduleFault(trigger);
    if (wrong !== undefined) add('trigger', wrong.reason, wrong.fix);
    if (!['latest', 'all', 'skip'].includes(trigger.missed))
      add('trigger', `missed: there is no "${String(trigger.missed)}"`, 'Write latest, all or skip.');
  }
}
