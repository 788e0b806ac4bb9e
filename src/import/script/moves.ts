/** Scripts that only move fields: what they put into the channel’s maps, and which fields of the message they write. */
import type { FieldRule } from '../../flow/index.ts';
import { callOf, declared, isLogging, literalOf, MAPS, nameOf, ruleOf, type Scope } from './meaning.ts';
import { hl7PathOf } from './message-path.ts';
import type { Node } from './parse.ts';

export type Move =
  | { readonly to: 'variable'; readonly name: string; readonly rule: FieldRule }
  | { readonly to: 'message'; readonly path: string; readonly rule: FieldRule };

/** The script of a transformer as moves of fields, in their order. */
export function movesOf(body: readonly Node[], scope: Scope): readonly Move[] | undefined {
  const moves: Move[] = [];
  let locals = new Map(scope.locals);
  const variables = new Map(scope.variables);
  const written = new Map(scope.written);
  for (const statement of body) {
    const here: Scope = { ...scope, locals, variables, written };
    if (statement.type === 'EmptyStatement') continue;
    if (statement.type === 'VariableDeclaration') {
      const more = declared(statement, here);
      if (more === undefined) return undefined;
      locals = more;
      continue;
    }
    if (statement.type === 'ReturnStatement') {
      if (statement.argument !== null || statement !== body.at(-1)) return undefined;
      continue;
    }
    if (statement.type !== 'ExpressionStatement') return undefined;
    const expression = statement.expression as Node;
    if (isLogging(expression)) continue;
    const move = moveOf(expression, here);
    if (move === undefined) return undefined;
    moves.push(move);
    if (move.to === 'variable') variables.set(move.name, move.rule);
    else written.set(move.path, move.rule);
  }
  return moves;
}

function moveOf(node: Node, scope: Scope): Move | undefined {
  const call = callOf(node);
  if (call !== undefined) {
    const isPut =
      call.object === undefined
        ? /^\$co?$/.test(call.method)
        : MAPS.has(nameOf(call.object) ?? '') && call.method === 'put';
    const [key, value] = call.given;
    const name = key === undefined ? undefined : literalOf(key);
    const rule = isPut && value !== undefined && call.given.length === 2 ? ruleOf(value, scope) : undefined;
    return typeof name === 'string' && rule !== undefined ? { to: 'variable', name, rule } : undefined;
  }
  if (node.type !== 'AssignmentExpression' || node.operator !== '=') return undefined;
  return writeOf(node.left as Node, ruleOf(node.right as Node, scope), scope);
}

/** A write of one field of the message. */
export function writeOf(target: Node, rule: FieldRule | undefined, scope: Scope): Move | undefined {
  const path = scope.format === 'HL7V2' ? hl7PathOf(target) : undefined;
  if (path === undefined || !path.leaf || path.root !== 'msg' || rule === undefined) return undefined;
  if (/^MSH-[12]$/.test(path.path)) return undefined;
  for (const other of scope.written.keys())
    if (other !== path.path && (other.startsWith(`${path.path}.`) || path.path.startsWith(`${other}.`)))
      return undefined;
  // Nothing to write empties the field, as it does in Mirth; a map would leave what is there.
  const emptied: FieldRule =
    typeof rule === 'string'
      ? { from: rule, default: '' }
      : 'from' in rule && rule.default === undefined
        ? { ...rule, default: '' }
        : rule;
  return { to: 'message', path: path.path, rule: emptied };
}
