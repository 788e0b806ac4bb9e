/** What is wrong with a flow, before it runs: each finding with its place and what to do. */
import type { Capability } from '../connectors/index.ts';
import {
  type Condition,
  compileFieldMap,
  compilePath,
  compileSource,
  type FieldMap,
  ruleSources,
  type Source,
} from '../mapping/index.ts';
import { asFailure, nearest } from '../std/index.ts';
import type { Flow, OnUnknown, Step, Trigger } from './flow.ts';
import { lintCard, lintCds } from './lint-cds.ts';
import { lintSleep } from './lint-sleep.ts';

export interface FlowFinding {
  /** Where in the flow: `step "patient", args.mrn`. */
  readonly place: string;
  /** What is wrong, without a full stop. */
  readonly reason: string;
  /** What to do first. */
  readonly fix: string;
}

export interface LintOptions {
  /** Of every connector; left out: capabilities are not checked. */
  readonly capabilities?: readonly Capability[];
}

/** More steps than any flow of a person; a generated one of more would make every attempt slow. */
export const MOST_STEPS = 200;

/** Values that are there before the first step, and `hl7`, which is written with a colon. */
const GIVEN = ['event', 'site'];
const RESERVED = new Set([...GIVEN, 'hl7']);
const HL7_EVENT = ['type', 'controlId', 'patient', 'encounter'];
const SITE = ['id', 'name', 'environment', 'timeZone', 'mrnSystem'];

/**
 * Checks a flow as data. A flow of which it finds nothing can be prepared and run; whether it does what was meant, tests
 * with messages say.
 */
export function lint(flow: Flow, options: LintOptions = {}): readonly FlowFinding[] {
  const findings: FlowFinding[] = [];
  const add = (place: string, reason: string, fix: string): void => {
    findings.push({ place, reason, fix });
  };
  lintFlow(flow, add);
  lintTrigger(flow.trigger, add);
  lintCds(flow, add);
  const ids = flow.steps.map(({ id }) => id);
  flow.steps.forEach((step, index) => {
    lintId(step, ids.slice(0, index), add);
    new StepLint(flow, step, ids.slice(0, index), ids.slice(index + 1), options, add).run();
  });
  return findings;
}

type Add = (place: string, reason: string, fix: string) => void;

function lintFlow(flow: Flow, add: Add): void {
  if (!/^[a-z0-9][a-z0-9-]*$/.test(flow.name))
    add(
      'name',
      `"${flow.name}" is no name of a flow`,
      'Use lower-case letters, digits and hyphens: appointment-sync.',
    );
  if (flow.sites !== 'all' && flow.sites.length === 0)
    add('sites', 'the flow runs at no site', "Name sites, or write sites: 'all'.");
  if (!(flow.giveUpAfter > 0))
    add('giveUpAfter', 'it is not a length of time', "Give milliseconds, or '3d'.");
  if (flow.attempts !== undefined && !(Number.isInteger(flow.attempts) && flow.attempts > 0))
    add('attempts', 'it is no number of attempts', 'Give a whole number from 1 on, or leave it out.');
  if (flow.exhausted !== undefined && flow.exhausted !== 'stop lane' && flow.exhausted !== 'dead letter')
    add('exhausted', `there is no "${String(flow.exhausted)}"`, "Write 'stop lane' or 'dead letter'.");
  if (flow.steps.length === 0) add('steps', 'the flow has no steps', 'Add one, such as .send(...).');
  if (flow.steps.length > MOST_STEPS)
    add('steps', `there are ${flow.steps.length} steps`, `Split the flow: ${MOST_STEPS} steps are the most.`);
}

function lintTrigger(trigger: Trigger, add: Add): void {
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
}

function lintId({ id }: Step, earlier: readonly string[], add: Add): void {
  const place = `step "${id}"`;
  if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(id))
    add(place, 'the id is no name', 'Begin with a letter; then letters, digits, _ and - only.');
  if (RESERVED.has(id)) add(place, `"${id}" is taken: sources use it for something else`, 'Rename the step.');
  if (earlier.includes(id))
    add(place, 'an earlier step has the same id', 'Rename one: effects are remembered by id.');
}

class StepLint {
  readonly #flow: Flow;
  readonly #step: Step;
  readonly #earlier: readonly string[];
  readonly #later: readonly string[];
  readonly #capabilities: readonly Capability[] | undefined;
  readonly #add: Add;

  constructor(
    flow: Flow,
    step: Step,
    earlier: readonly string[],
    later: readonly string[],
    options: LintOptions,
    add: Add,
  ) {
    this.#flow = flow;
    this.#step = step;
    this.#earlier = earlier;
    this.#later = later;
    this.#capabilities = options.capabilities;
    this.#add = (part, reason, fix) =>
      add(part === '' ? `step "${step.id}"` : `step "${step.id}", ${part}`, reason, fix);
  }

  run(): void {
    const step = this.#step;
    if (step.when) this.#condition('when', step.when);
    switch (step.kind) {
      case 'map':
        this.#map('fields', step.fields);
        return;
      case 'filter':
        this.#condition('that', step.that);
        return;
      case 'code':
        if (typeof step.run !== 'function')
          this.#add('run', 'it is no function', 'Give the code as a function.');
        for (const [name, source] of Object.entries(step.reads)) this.#source(`reads.${name}`, source);
        return;
      case 'find':
        for (const [path, source] of Object.entries(step.verify ?? {})) {
          this.#attempt(`verify.${path}`, () => compilePath(path));
          this.#source(`verify.${path}`, source);
        }
        this.#capability(step.do, false);
        this.#map('args', step.args);
        return;
      case 'wait':
        if (step.until !== undefined) this.#source('until', step.until);
        lintSleep(this.#flow, step, this.#earlier, this.#add);
        return;
      case 'respond':
        if (typeof step.cards === 'string') this.#source('cards', step.cards);
        else
          step.cards.forEach((each, index) => {
            if (each.when) this.#condition(`cards[${index}].when`, each.when);
            this.#map(`cards[${index}]`, each.card);
            lintCard(each, `cards[${index}]`, this.#add);
          });
        return;
      case 'approve':
        this.#map('show', step.show);
        lintSleep(this.#flow, step, this.#earlier, this.#add);
        return;
      case 'create':
      case 'update':
      case 'send':
        this.#capability(step.do, true);
        this.#map('args', step.args);
        this.#onUnknown(step.onUnknown);
        return;
      default: {
        const { kind } = step as { kind?: unknown };
        this.#add(
          'kind',
          `there is no step of the kind "${String(kind)}"`,
          'Use find, map, filter, create, update, send, code, wait, approve or respond.',
        );
      }
    }
  }

  #capability(name: string, effect: boolean): void {
    const known = this.#capabilities;
    if (known === undefined) return;
    const capability = known.find((each) => each.name === name);
    if (capability === undefined) {
      const near = nearest(
        name,
        known.map((each) => each.name),
      );
      this.#add(
        'do',
        `no connector can do "${name}"`,
        near
          ? `Did you mean "${near}"?`
          : `There are: ${[...new Set(known.map((each) => each.name))].join(', ')}.`,
      );
    } else if (capability.effect !== effect) {
      const fix = effect ? 'Use .find(...) for it.' : 'Use .create(...), .update(...) or .send(...) for it.';
      this.#add(
        'do',
        `"${name}" ${capability.effect ? 'changes' : 'only reads'} something at the other side`,
        fix,
      );
    }
  }

  #onUnknown(policy: OnUnknown | undefined): void {
    if (policy === undefined || policy === 'resend' || policy === 'hold') return;
    const id = (policy as { findFirst?: unknown } | null)?.findFirst;
    if (typeof id !== 'string') {
      const fix = "Write 'resend', 'hold', or { findFirst: 'id of an earlier find' }.";
      this.#add('onUnknown', 'it is none of the three', fix);
      return;
    }
    const { steps } = this.#flow;
    const found = steps.find((each) => each.id === id);
    if (found?.kind !== 'find' || !this.#earlier.includes(id)) {
      const reason = `"${id}" is no find step before this one`;
      this.#add(
        'onUnknown.findFirst',
        reason,
        'Name a find step above, which looks for what this step makes.',
      );
      return;
    }
    // Found, and made again all the same: then asking first would change nothing.
    const heeds = new RegExp(`"path":"${id}["[.]`).test(JSON.stringify(this.#step.when ?? null));
    if (this.#step.kind !== 'update' && !heeds) {
      const fix = `Add when: { path: '${id}', exists: false }.`;
      this.#add('onUnknown.findFirst', `the step is done whether or not "${id}" finds it`, fix);
    }
  }

  #map(part: string, map: FieldMap): void {
    let faultless = true;
    for (const [target, rule] of Object.entries(map)) {
      const place = `${part}.${target}`;
      // Each alone, so that one fault does not hide the next; then together, for two rules of one field.
      if (!this.#attempt(place, () => compileFieldMap({ [target]: rule }))) faultless = false;
      else for (const source of ruleSources(rule)) this.#root(place, source);
    }
    if (faultless) this.#attempt(part, () => compileFieldMap(map));
  }

  #condition(part: string, condition: Condition): void {
    if ('all' in condition || 'any' in condition) {
      const [word, parts] =
        'all' in condition ? (['all', condition.all] as const) : (['any', condition.any] as const);
      if (parts.length === 0)
        this.#add(part, `"${word}" of nothing is always ${word === 'all'}`, 'Name conditions in it.');
      parts.forEach((each, index) => {
        this.#condition(`${part}.${word}[${index}]`, each);
      });
      return;
    }
    if ('not' in condition) {
      this.#condition(`${part}.not`, condition.not);
      return;
    }
    this.#source(part, condition.path);
    if ('in' in condition && condition.in.length === 0)
      this.#add(part, 'nothing is "in" an empty list', 'Name the values.');
    if ('equals' in condition && condition.equals === null)
      this.#add(part, 'nothing equals null', 'Write exists: false.');
  }

  #source(place: string, source: Source): void {
    if (this.#attempt(place, () => compileSource(source))) this.#root(place, source);
  }

  /** Where a source begins: known, and before this step. */
  #root(place: string, source: Source): void {
    const { root, steps } = compileSource(source);
    const isHl7 = this.#flow.trigger.kind === 'hl7';
    if (root === 'hl7') {
      if (isHl7) return;
      const reason = `"${source}" reads HL7, but the flow does not start with an HL7 message`;
      this.#add(place, reason, 'Use event.… here.');
    } else if (root === this.#step.id || this.#later.includes(root)) {
      const reason = `"${source}" reads the step "${root}", which is not done before this one`;
      this.#add(place, reason, 'Move that step up.');
    } else if (!GIVEN.includes(root) && !this.#earlier.includes(root)) {
      const near = nearest(root, [...GIVEN, ...this.#earlier]);
      const first = near ? `Did you mean "${near}"?` : 'Begin with event, site, hl7: or an earlier step.';
      const fix = `${first} A text as it stands is written { value: … }.`;
      this.#add(place, `"${source}" begins with "${root}", which there is not`, fix);
    } else {
      const [first] = steps;
      const known = root === 'site' ? SITE : root === 'event' && isHl7 ? HL7_EVENT : undefined;
      if (first?.kind !== 'key' || known === undefined || known.includes(first.key)) return;
      const where = root === 'event' ? ' in an HL7 flow' : '';
      this.#add(place, `${root} has no "${first.key}"${where}`, `It has ${known.join(', ')}.`);
    }
  }

  /** Compiles; a failure becomes a finding. */
  #attempt(place: string, compile: () => unknown): boolean {
    try {
      compile();
      return true;
    } catch (error) {
      const { message, fix } = asFailure(error);
      this.#add(place, message.replace(/\.$/, ''), fix);
      return false;
    }
  }
}
