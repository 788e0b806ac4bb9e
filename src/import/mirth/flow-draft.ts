/**
 * A channel’s way to one destination, made a flow: stage by stage in the order in which Mirth ran them. What can be said as
 * conditions and maps becomes filter and map steps; from the first stage that cannot, a script does the rest.
 */
import type { Condition, FieldRule, Step as FlowStep } from '../../flow/index.ts';
import { type Answer, both, either, filterOf, ruleOf, type Scope, withFallback } from '../script/meaning.ts';
import { type Move, movesOf, writeOf } from '../script/moves.ts';
import { delimitedOf } from './delimited.ts';
import type { DataType, Rule, Script, Step, Transformer } from './export.ts';
import type { Arrival } from './made.ts';
import { fieldName } from './names.ts';
import { filterText, isOn, remark, scriptsOf, stepText } from './script-text.ts';
import { FlowScript, foundIn, parsedOf, rewritten, type ScriptContext } from './scripts.ts';
import { LEFT_OUT } from './secrets.ts';
import { builtAnswer, expression, literal, sharedNames, usesTemplate } from './step-meaning.ts';
import type { Place } from './work.ts';

const FORMATS: Readonly<Record<string, string>> = {
  HL7V2: 'HL7V2',
  XML: 'XML',
  HL7V3: 'XML',
  JSON: 'JSON',
  RAW: 'RAW',
  DELIMITED: 'DELIMITED',
};
/** What a schedule’s flow calls each message that its reader made. */
export const ITEM = 'raw';
const SITE_NEVER: Condition = { path: 'site.id', equals: '' };

export class FlowDraft {
  readonly #filters: Condition[] = [];
  readonly #values: Record<string, FieldRule> = {};
  readonly #variables = new Map<string, FieldRule>();
  readonly #written = new Map<string, FieldRule>();
  readonly #put = new Set<string>();
  /** The message is no longer what a map could read. */
  #changed = false;
  readonly script: FlowScript;
  readonly #arrival: Arrival;

  /** Where a script reads the message that came. */
  readonly #whole: string;

  constructor(arrival: Arrival, context: ScriptContext) {
    const { trigger, inbound, row } = arrival;
    this.#arrival = arrival;
    const isJson = row !== undefined || (trigger === 'webhook' && inbound === 'JSON');
    this.#whole =
      trigger === 'hl7'
        ? 'hl7:*'
        : trigger === 'schedule'
          ? ITEM
          : isJson || trigger === 'webhook'
            ? 'event'
            : 'event.text';
    this.script = new FlowScript(context);
    this.script.isText = trigger === 'webhook' && !isJson;
  }

  #scope({ inbound }: Pick<Transformer, 'inbound'>): Scope {
    const { trigger, row } = this.#arrival;
    const isHl7 = trigger === 'hl7' && inbound.name === 'HL7V2';
    const isRow =
      (row === 'result' && inbound.name === 'XML') || (row === 'row' && inbound.name === 'DELIMITED');
    const isJson = isRow || (trigger === 'webhook' && row === undefined && inbound.name === 'JSON');
    return {
      format: this.#changed ? 'other' : isHl7 ? 'HL7V2' : isJson ? 'JSON' : 'other',
      ...(row === 'row' ? { under: 'row' } : {}),
      variables: this.#variables,
      written: this.#written,
      locals: new Map(),
    };
  }

  // ---------------------------------------------------------------- filters

  filter(rules: readonly Rule[], transformer: Transformer, place: Place): void {
    const on = rules.filter(isOn);
    for (const rule of on) this.#unable(rule, place);
    if (on.length === 0) return;
    this.#known({ ...transformer, outbound: transformer.inbound }, place);
    const asked = this.#answer(on, this.#scope(transformer));
    if (asked !== undefined) {
      if (asked === false) {
        place.lookAt(on[0]?.line ?? 0, 'the filter lets nothing through', 'Look whether that is meant.');
        this.#filters.push(SITE_NEVER);
      } else if (asked !== true) this.#filters.push(asked);
      return;
    }
    for (const [index, rule] of on.entries())
      for (const script of scriptsOf(rule))
        this.script.take(script, place.of(`${place.part}, rule ${index + 1}${named(rule)}`));
    this.script.filters = true;
    this.script.add(
      '',
      remark(`${place.part}`),
      `if (!mirth.filter(${this.#stage(transformer)}, function () { return ${filterText(on, rewritten)}; })) return mirth.done();`,
    );
  }

  /** Rules joined as JavaScript joins them: AND before OR. */
  #answer(rules: readonly Rule[], scope: Scope): Answer | undefined {
    let whole: Answer = false;
    let group: Answer | undefined;
    for (const [index, rule] of rules.entries()) {
      const asked = this.#question(rule, scope);
      if (asked === undefined) return undefined;
      if (index > 0 && rule.operator === 'OR') {
        whole = either(whole, group as Answer);
        group = asked;
      } else group = group === undefined ? asked : both(group, asked);
    }
    return group === undefined ? true : either(whole, group);
  }

  #question(rule: Rule, scope: Scope): Answer | undefined {
    if (holdsLeftOut(rule)) return undefined;
    if (rule.kind === 'script') {
      if (rule.script.elsewhere !== undefined) return undefined;
      const parsed = parsedOf(rule.script.text);
      return 'body' in parsed && foundIn(parsed).refusals.length === 0
        ? filterOf(parsed.body, scope)
        : undefined;
    }
    return rule.kind === 'built' ? builtAnswer(rule, scope) : undefined;
  }

  // ---------------------------------------------------------------- transformers

  transform(transformer: Transformer, place: Place): void {
    const on = transformer.steps.filter(isOn);
    for (const step of on) this.#unable(step, place);
    const converts = transformer.inbound.name !== transformer.outbound.name;
    if (on.length > 0 || converts) this.#known(transformer, place);
    const isMade = transformer.template !== '' && on.some(usesTemplate);
    if (on.length === 0 && !converts) return;
    const left: Step[] = [];
    const shared = sharedNames(on);
    for (const [index, step] of on.entries()) {
      const scope = this.#scope(transformer);
      const moves = isMade || shared.has(step) || holdsLeftOut(step) ? undefined : this.#moves(step, scope);
      const isHoistable = moves?.every((move) => move.to === 'variable' && !this.#put.has(move.name));
      if (moves !== undefined && (left.length === 0 && this.script.isEmpty ? true : isHoistable)) {
        for (const move of moves) this.#apply(move);
        continue;
      }
      left.push(step);
      for (const script of scriptsOf(step)) {
        const uses = this.script.take(script, place.of(`${place.part}, step ${index + 1}${named(step)}`));
        if (uses === undefined || uses.writes) this.#changed = true;
        for (const [, name = ''] of script.text.matchAll(/['"]([^'"]+)['"]/g)) this.#put.add(name);
      }
      if (step.kind === 'mapper') this.#put.add(step.variable);
      if (step.kind === 'builder' || step.kind === 'iterator') this.#changed = true;
      if (step.kind === 'destination set') this.script.filters = true;
    }
    if (left.length === 0 && !converts) return;
    if (converts || isMade) this.#changed = true;
    if (isMade && transformer.template !== '')
      place.lookAt(
        transformer.line,
        'the message is made from a pattern in the export',
        'It went into the script: look that it holds no patient’s data.',
      );
    if (left.length === 0 && converts && !['HL7V2', 'JSON'].includes(transformer.inbound.name))
      this.#changed = true;
    this.script.add(
      '',
      remark(place.part),
      `mirth.transform(${this.#stage(transformer, isMade)}, function () {`,
      ...left.flatMap((step) => [
        remark(`${step.name || step.kind} (line ${step.line})`),
        stepText(step, rewritten),
      ]),
      '});',
      'if (!mirth.accepted()) return mirth.done();',
    );
  }

  #moves(step: Step, scope: Scope): readonly Move[] | undefined {
    switch (step.kind) {
      case 'mapper': {
        if ((step.scope !== 'CHANNEL' && step.scope !== 'CONNECTOR') || step.replacements.length > 0)
          return undefined;
        const rule = expression(step.mapping.text, (node) => ruleOf(node, scope));
        const checked = withFallback(rule, literal(step.fallback));
        return checked === undefined ? undefined : [{ to: 'variable', name: step.variable, rule: checked }];
      }
      case 'builder': {
        if (step.replacements.length > 0) return undefined;
        const rule = withFallback(
          expression(step.mapping.text, (node) => ruleOf(node, scope)),
          literal(step.fallback),
        );
        const move = expression(step.segment.text.trim(), (node) => writeOf(node, rule, scope));
        return move === undefined ? undefined : [move];
      }
      case 'script': {
        if (step.script.elsewhere !== undefined) return undefined;
        const parsed = parsedOf(step.script.text);
        if (!('body' in parsed) || foundIn(parsed).refusals.length > 0) return undefined;
        return movesOf(parsed.body, scope);
      }
      default:
        return undefined;
    }
  }

  #apply(move: Move): void {
    if (move.to === 'message') this.#written.set(move.path, move.rule);
    else {
      this.#variables.set(move.name, move.rule);
      this.#values[fieldName(move.name)] = move.rule;
    }
  }

  /** Parts of a transformer or filter that no script can be made of. */
  #unable(part: Rule | Step, place: Place): void {
    const here = place.of(`${place.part}${named(part)}`);
    if (part.kind === 'external') {
      this.script.broken = true;
      here.toDo(
        part.line,
        `it runs a script from the file ${part.path || '(none)'}, which is not in the export`,
        'Put the file’s text into a JavaScript step and import again, or write it as a code step.',
      );
    } else if (part.kind === 'xslt') {
      this.script.broken = true;
      here.toDo(part.line, 'it is an XSLT step', 'Write it as a map or as a code step.');
    } else if (part.kind === 'unknown') {
      this.script.broken = true;
      here.toDo(
        part.line,
        `it is a ${part.type}, which is not known`,
        'Write it as a map or as a code step.',
      );
    } else if (part.kind === 'mapper' && /^(GLOBAL|GLOBAL_CHANNEL)$/.test(part.scope)) {
      this.script.broken = true;
      here.toDo(
        part.line,
        `it keeps "${part.variable}" from one message to the next`,
        'Put what is fixed into the flow or a value set map.',
      );
    } else if (part.kind === 'mapper' && part.scope === 'RESPONSE') {
      here.toDo(
        part.line,
        `it answers the sender with "${part.variable}"`,
        'Suture answers when the message is kept.',
      );
    } else if (part.kind === 'iterator')
      for (const each of part.children as readonly (Rule | Step)[]) this.#unable(each, place);
  }

  preprocess(script: Script, place: Place): void {
    this.script.take(script, place);
    this.#changed = true;
    this.script.add(
      '',
      remark(place.part),
      'mirth.preprocess(function (message) {',
      rewritten(script.text),
      '});',
    );
  }

  #stage(transformer: Transformer, isMade = false): string {
    const { inbound, outbound, template } = transformer;
    const format = (name: string): string => FORMATS[name] ?? 'RAW';
    const rows = (side: string, { name, properties }: DataType) =>
      name === 'DELIMITED' ? { [side]: delimitedOf(properties) } : {};
    return JSON.stringify({
      inbound: format(inbound.name),
      ...(outbound.name === inbound.name ? {} : { outbound: format(outbound.name) }),
      ...rows('reads', inbound),
      ...rows('writes', outbound),
      ...(isMade ? { template } : {}),
    });
  }

  /** Data types that scripts of Mirth see as XML, and that nothing here makes XML of. */
  #known({ inbound, outbound, line }: Transformer, place: Place): void {
    for (const name of new Set([inbound.name, outbound.name])) {
      if (name in FORMATS) continue;
      this.script.broken = true;
      place.toDo(
        line,
        `it reads or writes ${name}`,
        'Read the text in a code step of your own, or have the application do it: HL7, XML, JSON, rows and plain text are known here.',
      );
    }
  }

  /** What goes on is the text that Mirth had, where the row came as JSON. */
  asText(transformer: Transformer, place: Place): void {
    if (this.#arrival.row === undefined || this.isChanged) return;
    this.#changed = true;
    this.script.add('', remark(place.part), `mirth.transform(${this.#stage(transformer)}, function () {});`);
  }

  /** A variable that a template names, as a rule. */
  variable(name: string): FieldRule | undefined {
    return this.#put.has(name) ? undefined : this.#variables.get(name);
  }

  /** What goes on is no longer the message that came. */
  changed(): void {
    this.#changed = true;
  }

  get isChanged(): boolean {
    return this.#changed || this.#written.size > 0;
  }

  // ---------------------------------------------------------------- the flow’s steps

  /** Pure steps first, then the script, then what it lets through; `message` is what a later step sends. */
  steps(file: string): { readonly steps: readonly FlowStep[]; readonly message: string | undefined } {
    const steps: FlowStep[] = this.#filters.map((that, index) => ({
      kind: 'filter',
      id: `accepted${index === 0 ? '' : index + 1}`,
      that,
    }));
    const hasValues = Object.keys(this.#values).length > 0;
    if (hasValues) steps.push({ kind: 'map', id: 'values', fields: this.#values });
    let message: string | undefined;
    if (this.#written.size > 0) {
      // As Mirth, which sends the message on under the number and time that it came with.
      const kept = { 'MSH-7': 'hl7:MSH-7', 'MSH-10': 'hl7:MSH-10' };
      steps.push({
        kind: 'map',
        id: 'message',
        hl7: { copy: true, fields: { ...kept, ...Object.fromEntries(this.#written) } },
      });
      message = 'message';
    }
    if (!this.script.isEmpty) {
      const reads = { message: message ?? this.#whole, ...(hasValues ? { values: 'values' } : {}) };
      steps.push({ kind: 'code', id: 'script', reads, script: file });
      if (this.script.filters)
        steps.push({ kind: 'filter', id: 'let-through', that: { path: 'script.accepted', equals: true } });
      if (this.#changed || this.script.result)
        message = this.script.result ? 'script.result' : 'script.message';
    }
    // An occurrence of a schedule is no message; what its reader made is.
    return { steps, message: message ?? (this.#arrival.trigger === 'schedule' ? ITEM : undefined) };
  }
}

/** A secret was taken out of it: its script tells so, and does not run. */
const holdsLeftOut = (part: Rule | Step): boolean =>
  scriptsOf(part).some(({ text }) => text.includes(LEFT_OUT));

const named = ({ name }: { readonly name: string }): string => (name === '' ? '' : ` "${name}"`);
