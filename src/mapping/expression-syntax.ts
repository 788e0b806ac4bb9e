/** FHIRPath as text to its parts: the grammar of expressions, without knowing what functions do. */
import { FORBIDDEN_KEYS, forbidden, invalid } from './path.ts';

export type Expression =
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  | { readonly kind: 'this' }
  | { readonly kind: 'index of' }
  /** A name at the beginning: of the whole, a root; in a function's argument a field of the item. */
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'field'; readonly of: Expression; readonly name: string }
  | { readonly kind: 'item'; readonly of: Expression; readonly index: number }
  | { readonly kind: 'every'; readonly of: Expression }
  | {
      readonly kind: 'call';
      /** `null`: the call stands at the beginning. */
      readonly of: Expression | null;
      readonly name: string;
      readonly args: readonly Expression[];
      /** Where its name begins; for faults. */
      readonly at: number;
    }
  | {
      readonly kind: 'binary';
      readonly operator: Operator;
      readonly left: Expression;
      readonly right: Expression;
    };

export type Operator =
  | 'or'
  | 'and'
  | '='
  | '!='
  | '~'
  | '<'
  | '<='
  | '>'
  | '>='
  | 'in'
  | 'contains'
  | 'is'
  | 'as'
  | '|'
  | '&'
  | '+';

const LONGEST = 1_000;
const MOST_PARTS = 200;
const DEEPEST = 20;

/** Lowest first: what stands further down binds more closely. */
const LEVELS: readonly (readonly Operator[])[] = [
  ['or'],
  ['and'],
  ['in', 'contains'],
  ['=', '!=', '~'],
  ['<=', '>=', '<', '>'],
  ['|'],
  ['is', 'as'],
  ['&', '+'],
];
const WORDS: ReadonlySet<string> = new Set(['or', 'and', 'in', 'contains', 'is', 'as']);
/** Operators of FHIRPath that are not done. */
const NOT_DONE = /(?:xor|implies|div|mod)\b|!~|[*/-]/y;

/** @throws Failure `config`, PATH_INVALID or PATH_FORBIDDEN. */
export function parseExpression(text: string): Expression {
  if (text.length > LONGEST) throw invalid(text.slice(0, 60), LONGEST, `at most ${LONGEST} characters`);
  return new Reader(text).read();
}

class Reader {
  readonly #text: string;
  #at = 0;
  #parts = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Expression {
    const whole = this.#level(0);
    this.#blank();
    if (this.#at < this.#text.length) {
      const left = this.#match(NOT_DONE);
      this.fail(
        left === undefined ? 'an operator, "." or the end' : `another operator: "${left}" is not done`,
      );
    }
    return whole;
  }

  #level(level: number): Expression {
    if (level === LEVELS.length) return this.#path();
    this.#depth += 1;
    if (this.#depth > DEEPEST * LEVELS.length) this.fail(`parentheses nested at most ${DEEPEST} deep`);
    let left = this.#level(level + 1);
    for (let operator = this.#operator(level); operator !== undefined; operator = this.#operator(level)) {
      this.#count();
      left = { kind: 'binary', operator, left, right: this.#level(level + 1) };
    }
    this.#depth -= 1;
    return left;
  }

  #operator(level: number): Operator | undefined {
    this.#blank();
    for (const operator of LEVELS[level] as readonly Operator[]) {
      if (!this.#text.startsWith(operator, this.#at)) continue;
      const after = this.#text[this.#at + operator.length] ?? '';
      if (WORDS.has(operator) && /[\w(]/.test(after) && after !== '(') continue;
      this.#at += operator.length;
      return operator;
    }
    return undefined;
  }

  #path(): Expression {
    let of = this.#primary();
    for (;;) {
      this.#count();
      if (this.#text[this.#at] === '.') {
        this.#at += 1;
        const at = this.#at;
        const name = this.#name();
        of =
          this.#text[this.#at] === '('
            ? { kind: 'call', of, name, args: this.#args(), at }
            : { kind: 'field', of, name };
      } else if (this.#text[this.#at] === '[') of = this.#brackets(of);
      else return of;
    }
  }

  #brackets(of: Expression): Expression {
    this.#at += 1;
    if (this.#take('*')) return this.#close({ kind: 'every', of });
    const digits = this.#match(/\d{1,4}(?=\])/y);
    if (digits !== undefined) return this.#close({ kind: 'item', of, index: Number(digits) });
    this.fail("an index, or *; in FHIRPath a condition is written where(system = '…')");
  }

  #close(made: Expression): Expression {
    if (!this.#take(']')) this.fail('"]"');
    return made;
  }

  #primary(): Expression {
    this.#blank();
    const at = this.#at;
    const quoted = this.#match(/'(?:[^'\\]|\\.)*'/y);
    if (quoted !== undefined) return { kind: 'literal', value: unescaped(quoted.slice(1, -1)) };
    const number = this.#match(/-?\d+(?:\.\d+)?/y);
    if (number !== undefined) return { kind: 'literal', value: Number(number) };
    const date = this.#match(/@T?[0-9][0-9TZ:.+-]*/y);
    if (date !== undefined) return { kind: 'literal', value: date.replace(/^@T?/, '') };
    if (this.#match(/\{\s*\}/y) !== undefined) return { kind: 'literal', value: null };
    if (this.#take('(')) {
      const inside = this.#level(0);
      this.#blank();
      if (!this.#take(')')) this.fail('")"');
      return inside;
    }
    if (this.#match(/\$this\b/y) !== undefined) return { kind: 'this' };
    if (this.#match(/\$index\b/y) !== undefined) return { kind: 'index of' };
    const variable = this.#match(/[%$]\w*/y);
    if (variable !== undefined)
      this.fail(`a name: "${variable}" is not done; begin with event, site or an earlier step`, at);
    const name = this.#name();
    if (this.#text[this.#at] === '(') return { kind: 'call', of: null, name, args: this.#args(), at };
    if (name === 'true' || name === 'false') return { kind: 'literal', value: name === 'true' };
    return { kind: 'name', name };
  }

  #args(): readonly Expression[] {
    this.#at += 1;
    this.#blank();
    const args: Expression[] = [];
    if (this.#take(')')) return args;
    do args.push(this.#level(0));
    while (this.#comma());
    if (!this.#take(')')) this.fail('"," or ")"');
    return args;
  }

  #comma(): boolean {
    this.#blank();
    return this.#take(',');
  }

  #name(): string {
    const start = this.#at;
    const quoted = this.#match(/`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*"/y);
    const name =
      quoted === undefined ? this.#match(/[\p{L}_][\p{L}\p{N}_-]*/uy) : unescaped(quoted.slice(1, -1));
    if (name === undefined || name === '') this.fail('a name, a text in single quotation marks, or a number');
    if (FORBIDDEN_KEYS.has(name)) throw forbidden(this.#text, start + 1);
    return name;
  }

  #count(): void {
    this.#parts += 1;
    if (this.#parts > MOST_PARTS) this.fail(`at most ${MOST_PARTS} parts`);
  }

  #blank(): void {
    this.#match(/\s+/y);
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  fail(expected: string, at = this.#at): never {
    throw invalid(this.#text, at + 1, expected);
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f' };
const unescaped = (text: string): string =>
  text.replace(/\\(.)/gs, (_, each: string) => ESCAPES[each] ?? each);
