/**
 * Reads JavaScript as Mirth Connect runs it (Rhino, with E4X): acorn, with the grammar of E4X added: `for each`, `msg..OBX`,
 * `seg.@id`, `list.(test)`, XML literals and `default xml namespace`. Nothing is run.
 */
import * as acorn from 'acorn';

/** A node of the tree; what is not of E4X is as ESTree has it. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

export interface Parsed {
  readonly body: readonly Node[];
  readonly text: string;
}

export interface ParseFault {
  /** From 1, within the script. */
  readonly line: number;
  readonly reason: string;
}

/** Longer than any script that a person wrote. */
const LONGEST = 1024 * 1024;

// biome-ignore lint/suspicious/noExplicitAny: acorn's parser is extended by overriding methods that it does not declare.
type Open = any;

const AT = 64;
const DOT = 46;
const STAR = 42;
const OPENS = 40;
const NOT_BLANK = /\S/g;

function extended(Base: Open): Open {
  const { tokTypes } = acorn;
  return class E4x extends Base {
    parseForStatement(this: Open, node: Open): Node {
      const each = /^\s*each\s*(?=\()/.exec(this.input.slice(this.pos, this.pos + 200));
      if (each !== null) {
        const start = this.pos + each[0].search(/\S/);
        node.each = { start, end: start + 4 };
        this.pos = start + 4;
      }
      return super.parseForStatement(node);
    }

    parseSubscript(this: Open, base: Node, startPos: number, startLoc: unknown, ...rest: unknown[]): Node {
      if (this.type !== tokTypes.dot) return super.parseSubscript(base, startPos, startLoc, ...rest);
      const operator = this.start;
      NOT_BLANK.lastIndex = this.pos;
      NOT_BLANK.test(this.input);
      const at = NOT_BLANK.lastIndex - 1;
      const code = this.input.charCodeAt(at);
      const node = this.startNodeAt(startPos, startLoc);
      node.object = base;
      node.operator = operator;
      if (code === DOT && at === this.pos) {
        this.pos += 1;
        this.#named(node);
        return this.finishNode(node, 'XmlDescendants');
      }
      if (code === AT || code === STAR) {
        this.#named(node);
        // As `seg['@id']`, which may be written to, and which it is rewritten as.
        node.computed = true;
        node.property = { type: 'Literal', value: node.name, start: operator, end: this.lastTokEnd };
        return this.finishNode(node, 'MemberExpression');
      }
      if (code === OPENS) {
        this.next();
        this.next();
        node.test = this.parseExpression();
        this.expect(tokTypes.parenR);
        return this.finishNode(node, 'XmlFilter');
      }
      return super.parseSubscript(base, startPos, startLoc, ...rest);
    }

    /** Behind `.` or `..`: a name, `*`, or `@` and one of the two. */
    #named(this: Open, node: Open): void {
      NOT_BLANK.lastIndex = this.pos;
      NOT_BLANK.test(this.input);
      const at = NOT_BLANK.lastIndex - 1;
      const isAttribute = this.input.charCodeAt(at) === AT;
      const from = isAttribute ? at + 1 : at;
      const name = /^(?:\*|[\p{L}_$][\p{L}\p{N}_$]*)/u.exec(this.input.slice(from, from + 200))?.[0];
      if (name === undefined) this.raise(at, 'E4X by a name that is computed');
      node.name = `${isAttribute ? '@' : ''}${name}`;
      this.end = from + (name as string).length;
      this.pos = this.end;
      this.exprAllowed = false;
      this.next();
    }

    parseExprAtom(this: Open, ...rest: unknown[]): Node {
      if (this.type !== tokTypes.relational || this.value !== '<') return super.parseExprAtom(...rest);
      const node = this.startNode();
      const literal = readLiteral(this.input, this.start, (reason, at): never => {
        this.raise(at, reason);
        throw new SyntaxError(reason);
      });
      node.parts = literal.parts.map((part) =>
        typeof part === 'string'
          ? part
          : { ...part, expression: acornExpression(this.input, part.start, part.end) },
      );
      this.end = literal.end;
      this.pos = literal.end;
      this.exprAllowed = false;
      this.next();
      return this.finishNode(node, 'XmlLiteral');
    }

    parseStatement(this: Open, ...rest: unknown[]): Node {
      const space =
        this.type === tokTypes._default
          ? /^\s+xml\s+namespace(?=\s*=)/.exec(this.input.slice(this.pos, this.pos + 200))
          : null;
      if (space === null) return super.parseStatement(...rest);
      const node = this.startNode();
      this.pos += space[0].length;
      this.next();
      this.expect(tokTypes.eq);
      node.value = this.parseExpression();
      this.semicolon();
      return this.finishNode(node, 'XmlNamespace');
    }
  };
}

interface Hole {
  readonly start: number;
  readonly end: number;
  readonly attribute: boolean;
}

/** The extent of an XML literal: its texts, and the places between `{` and `}`. */
function readLiteral(
  text: string,
  start: number,
  fail: (reason: string, at: number) => never,
): { readonly parts: readonly (string | Hole)[]; readonly end: number } {
  const parts: (string | Hole)[] = [];
  let depth = 0;
  let from = start;
  let at = start;
  const hole = (attribute: boolean): void => {
    parts.push(text.slice(from, at));
    const end = closing(text, at + 1);
    if (end < 0) fail('an XML literal whose { is not closed', at);
    parts.push({ start: at + 1, end, attribute });
    at = end + 1;
    from = at;
  };
  while (at < text.length) {
    if (text.startsWith('<!--', at) || text.startsWith('<![CDATA[', at)) {
      const end = text.indexOf(text[at + 2] === '-' ? '-->' : ']]>', at);
      if (end < 0) fail('an XML literal that does not end', at);
      at = end + 3;
    } else if (text[at] === '<' && text[at + 1] === '/') {
      at = text.indexOf('>', at) + 1;
      if (at === 0) fail('an XML literal that does not end', start);
      depth -= 1;
    } else if (text[at] === '<') {
      depth += 1;
      at += 1;
      if (text[at] === '{') fail('an XML literal with a computed name', at);
      while (at < text.length && text[at] !== '>') {
        const sign = text[at];
        if (sign === '{') hole(true);
        else if (sign === '"' || sign === "'") {
          const end = text.indexOf(sign, at + 1);
          if (end < 0) fail('an XML literal that does not end', at);
          at = end + 1;
        } else at += 1;
      }
      if (text[at - 1] === '/') depth -= 1;
      at += 1;
    } else if (text[at] === '{') hole(false);
    else at += 1;
    if (depth === 0) {
      parts.push(text.slice(from, at));
      return { parts, end: at };
    }
  }
  return fail('an XML literal that does not end', start);
}

function closing(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at += 1) {
    const sign = text[at];
    if (sign === '{') depth += 1;
    else if (sign === '}') {
      depth -= 1;
      if (depth === 0) return at;
    } else if (sign === '"' || sign === "'") {
      const end = text.indexOf(sign, at + 1);
      if (end < 0) return -1;
      at = end;
    }
  }
  return -1;
}

const E4xParser: Open = (acorn.Parser as Open).extend(extended);

const OPTIONS: acorn.Options = {
  ecmaVersion: 'latest',
  sourceType: 'script',
  allowReturnOutsideFunction: true,
  allowReserved: true,
  allowHashBang: true,
};

function acornExpression(text: string, start: number, end: number): Node {
  // Cut off behind the end, so that positions stay those of the script.
  return E4xParser.parseExpressionAt(text.slice(0, end), start, OPTIONS);
}

/** What a script says, or why it cannot be read. */
export function parseScript(text: string): Parsed | ParseFault {
  if (text.length > LONGEST) return { line: 1, reason: 'it is longer than a script may be' };
  try {
    const program = E4xParser.parse(text, OPTIONS) as unknown as { body: readonly Node[] };
    return { body: program.body, text };
  } catch (error) {
    const { message, loc } = error as { message?: string; loc?: { line: number } };
    if (loc === undefined) return { line: 1, reason: 'it is nested deeper than can be read' };
    return { line: loc.line, reason: (message ?? '').replace(/ \(\d+:\d+\)$/, '') };
  }
}

export const lineOf = (text: string, at: number): number => {
  let line = 1;
  for (let next = text.indexOf('\n'); next >= 0 && next < at; next = text.indexOf('\n', next + 1)) line += 1;
  return line;
};

/** The nodes directly below one. */
export function* childrenOf(node: Node): Generator<Node> {
  for (const [key, value] of Object.entries(node)) {
    if (key === 'each') continue;
    if (Array.isArray(value)) {
      for (const each of value) {
        if (isNode(each)) yield each;
        else if (isNode((each as { expression?: unknown } | null)?.expression))
          yield (each as { expression: Node }).expression;
      }
    } else if (isNode(value)) yield value;
  }
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
