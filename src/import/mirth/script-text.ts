/** Filters and transformers as the text of a script for the sandbox, in the order in which Mirth ran them. */
import type { BuiltRule, Replacement, Rule, Script, Step } from './export.ts';

const quoted = (text: string): string => JSON.stringify(text);

/** One line that says where what follows stood. */
export const remark = (text: string): string => `// ${text.replace(/\s+/g, ' ')}`;

export const isOn = (each: { readonly enabled: boolean }): boolean => each.enabled;

/** A question of a rule builder, as an expression. */
export function builtText({ field, test, values }: BuiltRule): string {
  const asked = `String(${field.text})`;
  const each = (compare: (value: string) => string, joint: string): string =>
    values.length === 0 ? 'true' : values.map((value) => compare(`String(${value.text})`)).join(joint);
  switch (test) {
    case 'EXISTS':
      return `(${asked}.length > 0)`;
    case 'NOT_EXIST':
      return `(${asked}.length === 0)`;
    case 'EQUALS':
      return `(${each((value) => `${asked} === ${value}`, ' || ')})`;
    case 'NOT_EQUAL':
      return `(${each((value) => `${asked} !== ${value}`, ' && ')})`;
    case 'CONTAINS':
      return `(${each((value) => `${asked}.indexOf(${value}) >= 0`, ' || ')})`;
    case 'NOT_CONTAIN':
      return `(${each((value) => `${asked}.indexOf(${value}) < 0`, ' && ')})`;
  }
}

/** `rewritten` gives a script of the export as it runs in the sandbox. */
export function filterText(rules: readonly Rule[], rewritten: (text: string) => string): string {
  const text = rules
    .filter(isOn)
    .map((rule, index) => {
      const joint = index === 0 ? '' : rule.operator === 'OR' ? '|| ' : '&& ';
      return `  ${joint}${ruleText(rule, rewritten)}`;
    })
    .join('\n');
  return text === '' ? 'true' : `(\n${text}\n)`;
}

function ruleText(rule: Rule, rewritten: (text: string) => string): string {
  switch (rule.kind) {
    case 'built':
      return rewritten(builtText(rule));
    case 'script':
      return `((function () {\n${rewritten(rule.script.text)}\n})() === true)`;
    case 'iterator':
      return `((function () {\n  for (var i = 0; i < getArrayOrXmlLength(${rewritten(rule.target.text)}); i++) if (${filterText(rule.children, rewritten)}) return true;\n  return false;\n})())`;
    default:
      return `(function () { throw new Error(${quoted(`the rule "${rule.name}" was not carried over`)}); })()`;
  }
}

const pairs = (replacements: readonly Replacement[]): string =>
  `[${replacements.map(([pattern, replacement]) => `[${pattern || quoted('')}, ${replacement || quoted('')}]`).join(', ')}]`;

const checked = (mapping: string, fallback: string, replacements: readonly Replacement[]): string =>
  `validate(${mapping.trim() || quoted('')}, ${fallback || quoted('')}, ${pairs(replacements)})`;

export function stepText(step: Step, rewritten: (text: string) => string): string {
  switch (step.kind) {
    case 'mapper': {
      const map = step.scope === 'CONNECTOR' ? 'connectorMap' : 'channelMap';
      const value = checked(rewritten(step.mapping.text), step.fallback, step.replacements);
      return `${map}.put(${quoted(step.variable)}, ${value});`;
    }
    case 'builder': {
      const value = checked(rewritten(step.mapping.text), step.fallback, step.replacements);
      return `${rewritten(step.segment.text.trim())} = ${value};`;
    }
    case 'script':
      return rewritten(step.script.text);
    case 'iterator':
      return iteratorText(step, rewritten);
    case 'destination set':
      return `if (${rewritten(builtText(step))}) destinationSet.${setCall(step)};`;
    default:
      return `throw new Error(${quoted(`the step "${step.name}" was not carried over`)});`;
  }
}

function setCall({ behavior, destinations }: Extract<Step, { kind: 'destination set' }>): string {
  if (behavior === 'REMOVE_ALL') return 'removeAll()';
  return `${behavior === 'REMOVE' ? 'remove' : 'removeAllExcept'}([${destinations.join(', ')}])`;
}

/** Variables made in a loop are lists of what each turn gave. */
function iteratorText(
  step: Extract<Step, { kind: 'iterator' }>,
  rewritten: (text: string) => string,
): string {
  const on = step.children.filter(isOn);
  const lists = on.flatMap((child) => (child.kind === 'mapper' ? [child] : []));
  const listName = (index: number): string => `_list${step.line}_${index}`;
  const body = on.map((child) => {
    if (child.kind !== 'mapper') return stepText(child, rewritten);
    const value = checked(rewritten(child.mapping.text), child.fallback, child.replacements);
    return `${listName(lists.indexOf(child))}.push(${value});`;
  });
  const index = /^[A-Za-z_$][\w$]*$/.test(step.index) ? step.index : 'i';
  return [
    ...lists.map((_, at) => `var ${listName(at)} = [];`),
    `for (var ${index} = 0; ${index} < getArrayOrXmlLength(${rewritten(step.target.text)}); ${index}++) {`,
    ...body,
    '}',
    ...lists.map((child, at) => `channelMap.put(${quoted(child.variable)}, ${listName(at)});`),
  ].join('\n');
}

/** Every script of a step, those within iterators included, with its line in the export. */
export function scriptsOf(step: Step | Rule): readonly Script[] {
  switch (step.kind) {
    case 'script':
      return [step.script];
    case 'mapper':
      return [step.mapping];
    case 'builder':
      return [step.segment, step.mapping];
    case 'built':
    case 'destination set':
      return [step.field, ...step.values];
    case 'iterator':
      return [step.target, ...step.children.flatMap(scriptsOf)];
    default:
      return [];
  }
}
