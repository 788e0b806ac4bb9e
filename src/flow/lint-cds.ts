/** What is wrong with a flow that answers CDS Hooks calls. */
import type { FieldMap } from '../mapping/index.ts';
import type { CardSpec } from './cds.ts';
import { CDS_HOOKS } from './cds.ts';
import type { Flow, Step } from './flow.ts';
import { everyStep } from './nested.ts';

type Add = (place: string, reason: string, fix: string) => void;

/** It answers in the request: no lane, no retry, nothing that must not be done twice. */
const ALLOWED: readonly Step['kind'][] = [
  'find',
  'read',
  'map',
  'lookup',
  'filter',
  'route',
  'for-each',
  'code',
  'respond',
];
const LONGEST = 10_000;
const MOST_SUMMARY = 140;
const INDICATORS = ['info', 'warning', 'critical'];

export function lintCds(flow: Flow, add: Add): void {
  const { trigger } = flow;
  const responds = everyStep(flow.steps).filter((step) => step.kind === 'respond');
  if (trigger.kind !== 'cds') {
    for (const step of responds) {
      add(
        `step "${step.id}"`,
        'nobody waits for an answer: the flow does not start with a CDS Hooks call',
        'Begin with .on(cds.patientView(...)), or take the step out.',
      );
    }
    return;
  }
  if (!/^[a-z0-9][a-z0-9-]*$/.test(trigger.service)) {
    add(
      'trigger',
      `"${trigger.service}" is no id of a service`,
      'Use lower-case letters, digits and hyphens.',
    );
  }
  if (!CDS_HOOKS.includes(trigger.hook)) {
    add('trigger', `there is no hook "${trigger.hook}"`, `Use one of: ${CDS_HOOKS.join(', ')}.`);
  }
  if (!(trigger.deadline > 0 && trigger.deadline <= LONGEST)) {
    add('trigger', 'the deadline is not between 1 ms and 10 s', "Write it as '500ms'.");
  }
  if (trigger.description.trim() === '') {
    add('trigger', 'there is no description', 'Say in one sentence what the service does.');
  }
  for (const [key, template] of Object.entries(trigger.prefetch)) {
    if (!/^[A-Za-z][A-Za-z0-9]*$/.test(key)) {
      add('trigger', `the prefetch key "${key}" is no name`, 'Use letters and digits.');
    }
    if (!/^[A-Z][A-Za-z]+([/?].*)$/.test(template)) {
      add(
        'trigger',
        `the prefetch "${key}" is neither a read nor a search`,
        "Write it as 'Patient/{{context.patientId}}' or 'Observation?patient={{context.patientId}}'.",
      );
    }
  }
  if (responds.length === 0) {
    add('steps', 'nothing answers the call', 'Add .respond(...): it gives the cards.');
  }
  for (const step of everyStep(flow.steps)) {
    if (!ALLOWED.includes(step.kind)) {
      add(
        `step "${step.id}"`,
        `a flow that answers in the request has no ${step.kind} step: what is sent there could not be repeated safely`,
        'Read and answer here; do the rest in a flow that starts with the event.',
      );
    }
  }
}

/** One card of a respond step. */
export function lintCard({ card }: CardSpec, place: string, add: Add): void {
  for (const [target, example] of [
    ['summary', 'a sentence of at most 140 characters'],
    ['indicator', 'info, warning or critical'],
    ['source.label', 'who says so'],
  ] as const) {
    if (!(target in card)) add(place, `the card has no ${target}`, `Give it: ${example}.`);
  }
  const summary = fixed(card, 'summary');
  if (typeof summary === 'string' && summary.length > MOST_SUMMARY) {
    add(
      place,
      `the summary has ${summary.length} characters`,
      `Say it in ${MOST_SUMMARY}; the rest in detail.`,
    );
  }
  const indicator = fixed(card, 'indicator');
  if (indicator !== undefined && !INDICATORS.includes(String(indicator))) {
    add(place, `"${String(indicator)}" is no indicator`, `Use one of: ${INDICATORS.join(', ')}.`);
  }
}

function fixed(card: FieldMap, target: string): unknown {
  const rule = card[target];
  return typeof rule === 'object' && rule !== null && 'value' in rule ? rule.value : undefined;
}
