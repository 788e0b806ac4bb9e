/** What steps and rules of a channel mean, as far as a flow can say it without a script. */
import type { Condition } from '../../flow/index.ts';
import { type Answer, ruleOf, type Scope } from '../script/meaning.ts';
import type { Node } from '../script/parse.ts';
import type { BuiltRule, Step } from './export.ts';
import { scriptsOf } from './script-text.ts';
import { foundIn, parsedOf } from './scripts.ts';

/** Steps whose local variables and functions other steps use: all are one function in Mirth. */
export function sharedNames(steps: readonly Step[]): ReadonlySet<Step> {
  const uses = steps.map((step) => {
    const all = scriptsOf(step).flatMap(({ text }) => {
      const parsed = parsedOf(text);
      return 'body' in parsed ? [foundIn(parsed)] : [];
    });
    return {
      step,
      free: new Set(all.flatMap(({ free }) => [...free])),
      defined: new Set(all.flatMap(({ defined }) => [...defined])),
    };
  });
  return new Set(
    uses
      .filter(({ step, defined }) =>
        uses.some((other) => other.step !== step && [...other.free].some((name) => defined.has(name))),
      )
      .map(({ step }) => step),
  );
}

export const usesTemplate = (step: Step): boolean => scriptsOf(step).some(({ text }) => /\btmp\b/.test(text));

export function expression<Result>(
  text: string,
  read: (node: Node) => Result | undefined,
): Result | undefined {
  const parsed = parsedOf(text.trim() === '' ? "''" : text);
  if (!('body' in parsed) || parsed.body.length !== 1) return undefined;
  const [statement] = parsed.body;
  return statement?.type === 'ExpressionStatement' ? read(statement.expression as Node) : undefined;
}

/** The default of a mapper: a text in quotes, or nothing. */
export const literal = (text: string): string | number | boolean | undefined => {
  if (text.trim() === '') return '';
  const rule = expression(text, (node) =>
    ruleOf(node, { format: 'other', variables: new Map(), written: new Map(), locals: new Map() }),
  );
  return rule !== undefined && typeof rule === 'object' && 'value' in rule
    ? (rule.value as string)
    : undefined;
};

export function builtAnswer({ field, test, values }: BuiltRule, scope: Scope): Answer | undefined {
  const rule = expression(field.text, (node) => ruleOf(node, scope));
  if (typeof rule !== 'string') return undefined;
  if (test === 'EXISTS' || test === 'NOT_EXIST') return { path: rule, exists: test === 'EXISTS' };
  if (test === 'CONTAINS' || test === 'NOT_CONTAIN') return undefined;
  const texts = values.map(({ text }) => literal(text));
  if (texts.length === 0 || texts.some((text) => typeof text !== 'string' || text === '')) return undefined;
  const among: Condition =
    texts.length === 1 ? { path: rule, equals: texts[0] as string } : { path: rule, in: texts as string[] };
  return test === 'EQUALS' ? among : { not: among };
}
