/**
 * What a script means as data: reads and writes of fields as rules of a map, questions as conditions. What it cannot say so
 * it leaves (`undefined`), and that stays a script. Nothing is run, nothing is guessed.
 */
import type { Condition, FieldRule } from '../../flow/index.ts';
import type { Json } from '../../std/index.ts';
import { hl7PathOf, jsonPathOf, type MessagePath } from './message-path.ts';
import type { Node } from './parse.ts';

/** What names stand for where a script is read. */
export interface Scope {
  /** What `msg` is: HL7 by its paths, JSON by its keys, or nothing that a map can read. */
  readonly format: 'HL7V2' | 'JSON' | 'other';
  /** For JSON: what stands in front of each path in a script and is not there in the event, such as `row`. */
  readonly under?: string;
  /** Variables of the channel’s maps, as rules. */
  readonly variables: ReadonlyMap<string, FieldRule>;
  /** Fields that were written before, by path. */
  readonly written: ReadonlyMap<string, FieldRule>;
  /** Local variables of the script. */
  readonly locals: ReadonlyMap<string, FieldRule>;
}

export const sourceOf = (rule: FieldRule): string | undefined =>
  typeof rule === 'string' ? rule : undefined;

export const literalOf = (node: Node): string | number | boolean | undefined =>
  node.type === 'Literal' &&
  (typeof node.value === 'string' || typeof node.value === 'number' || typeof node.value === 'boolean')
    ? node.value
    : node.type === 'UnaryExpression' &&
        node.operator === '-' &&
        typeof (node.argument as Node).value === 'number'
      ? -((node.argument as Node).value as number)
      : undefined;

/** Of a call: `object.method(...)`, or `name(...)`. */
export function callOf(
  node: Node,
): { readonly object?: Node; readonly method: string; readonly given: readonly Node[] } | undefined {
  if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return undefined;
  const callee = node.callee as Node;
  const given = node.arguments as readonly Node[];
  if (callee.type === 'Identifier') return { method: callee.name as string, given };
  if (callee.type !== 'MemberExpression' || callee.computed) return undefined;
  return { object: callee.object as Node, method: (callee.property as Node).name as string, given };
}

export const nameOf = (node: Node | undefined): string | undefined =>
  node?.type === 'Identifier' ? (node.name as string) : undefined;

/** Without what only makes a text of it: `.toString()`, `String(…)`, `'' + …`. */
export function unwrapped(node: Node): Node {
  const call = callOf(node);
  if (call?.object !== undefined && /^(toString|valueOf|text)$/.test(call.method) && call.given.length === 0)
    return unwrapped(call.object);
  if (call !== undefined && call.object === undefined && call.method === 'String' && call.given.length === 1)
    return unwrapped(call.given[0] as Node);
  if (node.type === 'BinaryExpression' && node.operator === '+') {
    const [left, right] = [node.left as Node, node.right as Node];
    if (literalOf(left) === '') return unwrapped(right);
    if (literalOf(right) === '') return unwrapped(left);
  }
  return node;
}

export function pathIn(node: Node, scope: Scope): MessagePath | undefined {
  return scope.format === 'HL7V2' ? hl7PathOf(node) : scope.format === 'JSON' ? jsonPathOf(node) : undefined;
}

export const MAPS = new Set(['channelMap', 'connectorMap']);
const SHORT_MAPS = new Set(['$', '$c', '$co']);

/** The key that `channelMap.get('x')`, `$c('x')` or `$('x')` reads. */
function variableOf(node: Node): string | undefined {
  const call = callOf(node);
  if (call === undefined || call.given.length !== 1) return undefined;
  const key = literalOf(call.given[0] as Node);
  if (typeof key !== 'string') return undefined;
  if (call.object === undefined) return SHORT_MAPS.has(call.method) ? key : undefined;
  return MAPS.has(nameOf(call.object) ?? '') && call.method === 'get' ? key : undefined;
}

const TRANSFORMS: Readonly<Record<string, string>> = {
  toUpperCase: 'upper',
  toLowerCase: 'lower',
  trim: 'trim',
};

/** An expression as a rule: a source, a text as it stands, a source with a transform or a default. */
export function ruleOf(given: Node, scope: Scope): FieldRule | undefined {
  const node = unwrapped(given);
  const value = literalOf(node);
  if (value !== undefined) return { value };
  const read = readOf(node, scope);
  if (read !== undefined) return read;
  const call = callOf(node);
  if (call?.object !== undefined && Object.hasOwn(TRANSFORMS, call.method) && call.given.length === 0) {
    const source = ruleOf(call.object, scope);
    return source === undefined || sourceOf(source) === undefined
      ? undefined
      : { from: source as string, transform: TRANSFORMS[call.method] as string };
  }
  if (call !== undefined && nameOf(call.object) === 'DateUtil' && call.method === 'convertDate')
    return dateRule(call.given, scope);
  if (call !== undefined && call.object === undefined && call.method === 'validate') {
    const [mapping, fallback, replacements] = call.given;
    if (mapping === undefined || fallback === undefined) return undefined;
    const none =
      replacements === undefined ||
      (replacements.type === 'ArrayExpression' && (replacements.elements as []).length === 0) ||
      (callOf(replacements)?.method === 'Array' && callOf(replacements)?.given.length === 0);
    return none ? withFallback(ruleOf(mapping, scope), literalOf(fallback)) : undefined;
  }
  if (node.type === 'LogicalExpression' && node.operator === '||')
    return withFallback(ruleOf(node.left as Node, scope), literalOf(node.right as Node));
  return undefined;
}

function dateRule([from, to, value]: readonly Node[], scope: Scope): FieldRule | undefined {
  const source = value === undefined ? undefined : ruleOf(value, scope);
  const isDate = /^yyyyMMdd(HHmm(ss)?)?$/.test(String(from === undefined ? '' : literalOf(from)));
  if (
    !isDate ||
    to === undefined ||
    literalOf(to) !== 'yyyy-MM-dd' ||
    source === undefined ||
    sourceOf(source) === undefined
  )
    return undefined;
  return { from: source as string, transform: 'dateOnly' };
}

/** `''` is what a map gives for nothing, too. */
export function withFallback(
  rule: FieldRule | undefined,
  fallback: string | number | boolean | undefined,
): FieldRule | undefined {
  if (rule === undefined || fallback === undefined) return undefined;
  if (fallback === '') return rule;
  if (typeof rule === 'string') return { from: rule, default: fallback };
  return 'from' in rule && rule.default === undefined ? { ...rule, default: fallback } : undefined;
}

/** What `msg[…]`, a variable of a map or a local variable reads. */
function readOf(node: Node, scope: Scope): FieldRule | undefined {
  const key = variableOf(node);
  if (key !== undefined) return scope.variables.get(key);
  const local = nameOf(node);
  if (local !== undefined) return scope.locals.get(local);
  const path = pathIn(node, scope);
  if (path === undefined || path.root !== 'msg' || !path.leaf) return undefined;
  const written = scope.written.get(path.path);
  if (written !== undefined) return written;
  // Part of it, or what it is part of, was written: only the message itself could say.
  for (const other of scope.written.keys())
    if (other.startsWith(`${path.path}.`) || path.path.startsWith(`${other}.`)) return undefined;
  if (scope.format === 'HL7V2') return `hl7:${path.path}`;
  if (scope.under === undefined) return `event.${path.path}`;
  return path.path.startsWith(`${scope.under}.`)
    ? `event.${path.path.slice(scope.under.length + 1)}`
    : undefined;
}

// ---------------------------------------------------------------- questions

export type Answer = Condition | boolean;

const not = (answer: Answer): Answer =>
  typeof answer === 'boolean'
    ? !answer
    : 'exists' in answer
      ? { path: answer.path, exists: !answer.exists }
      : 'not' in answer
        ? answer.not
        : { not: answer };

export function both(a: Answer, b: Answer): Answer {
  if (typeof a === 'boolean') return a ? b : false;
  if (typeof b === 'boolean') return b ? a : false;
  return { all: [...('all' in a ? a.all : [a]), ...('all' in b ? b.all : [b])] };
}

export const either = (a: Answer, b: Answer): Answer => {
  if (typeof a === 'boolean') return a ? true : b;
  if (typeof b === 'boolean') return b ? true : a;
  return simplest([...('any' in a ? a.any : [a]), ...('any' in b ? b.any : [b])]);
};

/** Several values of one field are one question. */
function simplest(any: readonly Condition[]): Condition {
  const [first] = any;
  const path = first !== undefined && 'path' in first ? first.path : undefined;
  const values: (Json | undefined)[] = any.flatMap((each): readonly (Json | undefined)[] => {
    if (!('path' in each) || each.path !== path) return [undefined];
    return 'equals' in each ? [each.equals] : 'in' in each ? each.in : [undefined];
  });
  if (path === undefined || values.some((value) => value === undefined)) return { any };
  return { path, in: [...new Set(values)] as Json[] };
}

export function conditionOf(node: Node, scope: Scope): Answer | undefined {
  if (node.type === 'Literal' && typeof node.value === 'boolean') return node.value;
  if (node.type === 'LogicalExpression') {
    const [left, right] = [conditionOf(node.left as Node, scope), conditionOf(node.right as Node, scope)];
    if (left === undefined || right === undefined) return undefined;
    return node.operator === '&&'
      ? both(left, right)
      : node.operator === '||'
        ? either(left, right)
        : undefined;
  }
  if (node.type === 'UnaryExpression' && node.operator === '!') {
    const asked = conditionOf(node.argument as Node, scope);
    return asked === undefined ? undefined : not(asked);
  }
  if (node.type === 'BinaryExpression') return comparison(node, scope);
  const among = amongOf(node, scope, 'includes');
  if (among !== undefined) return among;
  const rule = isText(node) ? ruleOf(node, scope) : undefined;
  return rule === undefined || sourceOf(rule) === undefined
    ? undefined
    : { path: rule as string, exists: true };
}

/** An element by itself is always true; only a text of it is a question. */
const isText = (node: Node): boolean =>
  unwrapped(node) !== node || variableOf(node) !== undefined || node.type === 'Identifier';

/** `['A01', 'A04'].includes(x)`, and `.indexOf(x)` where the comparison with -1 is made by the caller. */
function amongOf(node: Node, scope: Scope, method: 'includes' | 'indexOf'): Condition | undefined {
  const call = callOf(node);
  if (call?.object?.type !== 'ArrayExpression' || call.method !== method || call.given.length !== 1)
    return undefined;
  const values = (call.object.elements as Node[]).map(literalOf);
  const rule = ruleOf(call.given[0] as Node, scope);
  if (rule === undefined || sourceOf(rule) === undefined || values.some((each) => typeof each !== 'string'))
    return undefined;
  return { path: rule as string, in: values as string[] };
}

function comparison(node: Node, scope: Scope): Answer | undefined {
  const operator = node.operator as string;
  const [left, right] = [node.left as Node, node.right as Node];
  const value = literalOf(right) ?? (right.type === 'Literal' && right.value === null ? null : undefined);
  if (value === undefined) {
    const turned = literalOf(left) !== undefined && /^[!=]==?$/.test(operator);
    return turned ? comparison({ ...node, left: right, right: left }, scope) : undefined;
  }
  if (value === -1 || value === 0) {
    const among = amongOf(left, scope, 'indexOf');
    const isIn = `${operator}${value}`;
    if (among !== undefined && /^(>-1|!==?-1|>=0)$/.test(isIn)) return among;
    if (among !== undefined && /^(===?-1|<0)$/.test(isIn)) return not(among);
    const length = value === 0 ? lengthOf(left, scope) : undefined;
    if (length !== undefined && /^(>|!==?)$/.test(operator)) return length;
    if (length !== undefined && /^===?$/.test(operator)) return not(length);
  }
  if (!/^[!=]==?$/.test(operator)) return undefined;
  const rule = ruleOf(left, scope);
  const source = rule === undefined ? undefined : sourceOf(rule);
  if (source === undefined) return undefined;
  const equal: Answer =
    value === '' || value === null
      ? { path: source, exists: false }
      : { path: source, equals: operator.length === 2 && scope.format === 'HL7V2' ? String(value) : value };
  return operator.startsWith('!') ? not(equal) : equal;
}

/** `x.length`, `x.length()`: whether there is something. */
function lengthOf(node: Node, scope: Scope): Condition | undefined {
  const member =
    node.type === 'CallExpression' && (node.arguments as []).length === 0 ? (node.callee as Node) : node;
  if (member.type !== 'MemberExpression' || (member.property as Node).name !== 'length') return undefined;
  const of = unwrapped(member.object as Node);
  const path = pathIn(of, scope);
  if (path?.root === 'msg' && scope.format === 'HL7V2' && scope.written.size === 0)
    return { path: `hl7:${path.path}`, exists: true };
  const rule = ruleOf(of, scope);
  return rule === undefined || sourceOf(rule) === undefined
    ? undefined
    : { path: rule as string, exists: true };
}

/** More branches than this make a condition that nobody reads. */
const DEEPEST = 8;

/** The script of a filter as one condition: whether it ends with `return true`. */
export function filterOf(body: readonly Node[], scope: Scope, depth = 0): Answer | undefined {
  if (depth > DEEPEST) return undefined;
  let locals = new Map(scope.locals);
  for (let index = 0; index < body.length; index += 1) {
    const statement = body[index] as Node;
    const here: Scope = { ...scope, locals };
    const rest = body.slice(index + 1);
    switch (statement.type) {
      case 'EmptyStatement':
        continue;
      case 'BlockStatement':
        return filterOf([...(statement.body as Node[]), ...rest], here, depth + 1);
      case 'VariableDeclaration': {
        const more = declared(statement, here);
        if (more === undefined) return undefined;
        locals = more;
        continue;
      }
      case 'ExpressionStatement':
        if (isLogging(statement.expression as Node)) continue;
        return undefined;
      case 'ReturnStatement':
        return statement.argument === null ? false : conditionOf(statement.argument as Node, here);
      case 'IfStatement': {
        const asked = conditionOf(statement.test as Node, here);
        const yes = filterOf([statement.consequent as Node, ...rest], here, depth + 1);
        const other = statement.alternate as Node | null;
        const no = filterOf(other === null ? rest : [other, ...rest], here, depth + 1);
        if (asked === undefined || yes === undefined || no === undefined) return undefined;
        if (yes === true && no === false) return asked;
        return either(both(asked, yes), both(not(asked), no));
      }
      default:
        return undefined;
    }
  }
  return false;
}

export function declared(statement: Node, scope: Scope): Map<string, FieldRule> | undefined {
  const locals = new Map(scope.locals);
  for (const each of statement.declarations as Node[]) {
    const name = nameOf(each.id as Node);
    const rule = each.init === null ? undefined : ruleOf(each.init as Node, { ...scope, locals });
    if (name === undefined || rule === undefined) return undefined;
    locals.set(name, rule);
  }
  return locals;
}

export const isLogging = (node: Node): boolean => nameOf(callOf(node)?.object) === 'logger';
