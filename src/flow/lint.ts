/** What is wrong with a flow, before it runs: each finding with its place and what to do. */
import type { Capability } from '../connectors/index.ts';
import {
  type Condition,
  compileFieldMap,
  compilePath,
  compileSource,
  type FieldMap,
  type FieldRule,
  ruleSources,
  type Source,
  siteFields,
} from '../mapping/index.ts';
import { asFailure, nearest } from '../std/index.ts';
import type { Flow, OnUnknown, Step } from './flow.ts';
import { lintCard, lintCds } from './lint-cds.ts';
import { lintFlow, lintIds, lintTrigger, STEP_KINDS } from './lint-flow.ts';
import { lintCode, lintForEach, lintLookup, lintMapStep, lintRoute } from './lint-nested.ts';
import { lintSleep } from './lint-sleep.ts';
import { everyStep, stepsWithin } from './nested.ts';
import { eventShape, itemShape, type Shape, siteShape, stepShape, walk } from './shape.ts';

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
  /** Names of value set maps; left out: they are not checked. */
  readonly valueSets?: readonly string[];
  /**
   * Paths are checked for elements that FHIR R4 has not, as the builder's types do. Not asked where a flow is run: what
   * a project was deployed with goes on.
   */
  readonly types?: boolean;
}

/** Values that are there before the first step, and `hl7`, which is written with a colon. */
const GIVEN = ['event', 'site'];

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
  lintIds(flow, add);
  const shapes = new Map([
    ['event', eventShape(flow.trigger, options.types)],
    ['site', siteShape],
  ]);
  lintSteps(flow.steps, { flow, options, add, earlier: [], items: [], shapes });
  return findings;
}

type Add = (place: string, reason: string, fix: string) => void;

/** Where steps stand. */
interface Place {
  readonly flow: Flow;
  readonly options: LintOptions;
  readonly add: Add;
  /** Steps that are done before them and that they see. */
  readonly earlier: readonly string[];
  /** What the lists that they stand in call their items. */
  readonly items: readonly string[];
  /** What is known of the values that they see, by name. */
  readonly shapes: ReadonlyMap<string, Shape>;
}

function lintSteps(steps: readonly Step[], place: Place): void {
  const ids = steps.map(({ id }) => id);
  const shapes = new Map(place.shapes);
  steps.forEach((step, index) => {
    const here = { ...place, shapes, earlier: [...place.earlier, ...ids.slice(0, index)] };
    new StepLint(step, here).run();
    if (step.kind === 'for-each') {
      const inner = new Map(shapes).set(step.as, place.options.types ? itemOf(step.in, shapes) : undefined);
      lintSteps(step.steps, { ...here, items: [...here.items, step.as], shapes: inner });
    } else for (const list of stepsWithin(step)) lintSteps(list, here);
    if (place.options.types) shapes.set(step.id, stepShape(step));
  });
}

function itemOf(source: Source, shapes: ReadonlyMap<string, Shape>): Shape {
  try {
    return itemShape(source, shapes);
  } catch {
    return undefined; // no path at all: said of the step
  }
}

class StepLint {
  readonly #flow: Flow;
  readonly #step: Step;
  readonly #earlier: readonly string[];
  readonly #items: readonly string[];
  readonly #options: LintOptions;
  readonly #shapes: ReadonlyMap<string, Shape>;
  readonly #add: Add;

  constructor(step: Step, { flow, options, add, earlier, items, shapes }: Place) {
    this.#flow = flow;
    this.#step = step;
    this.#earlier = earlier;
    this.#items = items;
    this.#options = options;
    this.#shapes = shapes;
    this.#add = (part, reason, fix) =>
      add(part === '' ? `step "${step.id}"` : `step "${step.id}", ${part}`, reason, fix);
  }

  run(): void {
    const step = this.#step;
    if (step.when) this.#condition('when', step.when);
    switch (step.kind) {
      case 'map':
        lintMapStep(step, this.#add);
        this.#map('fields', step.fields ?? {});
        step.hl7?.write?.forEach((source, index) => {
          this.#source(`hl7.write[${index}]`, source);
        });
        for (const [target, rule] of Object.entries(step.hl7?.fields ?? {}))
          this.#rule(`hl7.fields.${target}`, JSON.stringify(target), rule);
        if (step.hl7?.copy && this.#flow.trigger.kind !== 'hl7')
          this.#add('hl7.copy', 'the flow does not start with an HL7 message', 'Give a type for a new one.');
        return;
      case 'lookup':
        this.#source('code', step.code);
        lintLookup(step, this.#options.valueSets, this.#add);
        return;
      case 'route':
        lintRoute(step, this.#add);
        for (const { name, when } of step.branches) this.#condition(`branches.${name}.when`, when);
        return;
      case 'for-each':
        this.#source('in', step.in);
        lintForEach(step, [...GIVEN, ...this.#earlier, ...this.#items], this.#flow, this.#add);
        return;
      case 'filter':
        this.#condition('that', step.that);
        return;
      case 'code':
        lintCode(step, this.#add);
        for (const [name, source] of Object.entries(step.reads)) this.#source(`reads.${name}`, source);
        return;
      case 'find':
      case 'read':
        for (const [path, source] of Object.entries(step.verify ?? {})) {
          this.#attempt(`verify.${path}`, () => {
            const { steps } = compilePath(path);
            const end = walk(this.#options.types ? stepShape(step) : undefined, steps);
            if ('fault' in end) this.#add(`verify.${path}`, end.fault.reason, end.fault.fix);
          });
          this.#source(`verify.${path}`, source);
        }
        this.#capability(step.do, false);
        this.#map('args', step.args);
        return;
      case 'wait':
        if (step.until !== undefined) this.#source('until', step.until);
        lintSleep(this.#flow, step, this.#earlier, this.#items, this.#add);
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
        lintSleep(this.#flow, step, this.#earlier, this.#items, this.#add);
        return;
      case 'create':
      case 'update':
      case 'upsert':
      case 'send':
        this.#capability(step.do, true);
        this.#map('args', step.args);
        this.#onUnknown(step.onUnknown);
        return;
      default: {
        const kind = String((step as { kind?: unknown }).kind);
        const near = nearest(kind, STEP_KINDS);
        const fix = near ? `Did you mean "${near}"?` : `Use one of: ${STEP_KINDS.join(', ')}.`;
        this.#add('kind', `there is no step of the kind "${kind}"`, fix);
      }
    }
  }

  #capability(name: string, effect: boolean): void {
    const known = this.#options.capabilities;
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
      const fix = effect
        ? 'Use a find or a read for it.'
        : 'Use a create, an update, an upsert or a send for it.';
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
    const found = everyStep(this.#flow.steps).find((each) => each.id === id);
    if ((found?.kind !== 'find' && found?.kind !== 'read') || !this.#earlier.includes(id)) {
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
    if (this.#step.kind !== 'update' && this.#step.kind !== 'upsert' && !heeds) {
      const fix = `Add when: { path: '${id}', exists: false }.`;
      this.#add('onUnknown.findFirst', `the step is done whether or not "${id}" finds it`, fix);
    }
  }

  #map(part: string, map: FieldMap): void {
    let faultless = true;
    for (const [target, rule] of Object.entries(map)) {
      // Each alone, so that one fault does not hide the next; then together, for two rules of one field.
      if (!this.#rule(`${part}.${target}`, target, rule)) faultless = false;
    }
    if (faultless) this.#attempt(part, () => compileFieldMap(map));
  }

  #rule(place: string, target: string, rule: FieldRule): boolean {
    if (!this.#attempt(place, () => compileFieldMap({ [target]: rule }))) return false;
    for (const source of ruleSources(rule)) this.#root(place, source);
    return true;
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
    } else if (!GIVEN.includes(root) && !this.#earlier.includes(root) && !this.#items.includes(root)) {
      const elsewhere = everyStep(this.#flow.steps).map(({ id }) => id);
      if (elsewhere.includes(root)) {
        const isBefore = elsewhere.indexOf(root) < elsewhere.indexOf(this.#step.id);
        const reason = isBefore
          ? `"${source}" reads the step "${root}", which stands in a branch or a list and is not seen outside of it`
          : `"${source}" reads the step "${root}", which is not done before this one`;
        this.#add(
          place,
          reason,
          isBefore ? 'Read it where it stands, or move it out.' : 'Move that step up.',
        );
        return;
      }
      const near = nearest(root, [...GIVEN, ...this.#items, ...this.#earlier]);
      const first = near ? `Did you mean "${near}"?` : 'Begin with event, site, hl7: or an earlier step.';
      const fix = `${first} A text as it stands is written { value: … }.`;
      this.#add(place, `"${source}" begins with "${root}", which there is not`, fix);
    } else {
      const end = walk(this.#shapes.get(root), steps);
      if ('fault' in end) this.#add(place, `"${source}": ${end.fault.reason}`, end.fault.fix);
      for (const name of siteFields(steps)) {
        const there = walk(siteShape, [{ kind: 'key', key: name }]);
        if ('fault' in there) this.#add(place, `"${source}": ${there.fault.reason}`, there.fault.fix);
      }
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
