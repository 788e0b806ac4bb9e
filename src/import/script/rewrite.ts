/** Scripts for Rhino rewritten for the sandbox: the forms of E4X as calls that its shim answers. */
import { childrenOf, type Node, type Parsed } from './parse.ts';

export interface Rewriting {
  readonly text: string;
  /** Forms that were rewritten, for the list of work: `for each`, `an XML literal`. */
  readonly forms: ReadonlySet<string>;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** No line is added or taken away, so that line numbers stay those of the script. */
export function rewrite({ body, text }: Parsed): Rewriting {
  const forms = new Set<string>();
  const written = new Writer(text, forms);
  return { text: written.range(body, 0, text.length), forms };
}

class Writer {
  readonly #text: string;
  readonly #forms: Set<string>;

  /** The script makes XML of its own, which it may join with `+`. */
  readonly #adds: boolean;

  constructor(text: string, forms: Set<string>) {
    this.#text = text;
    this.#forms = forms;
    this.#adds = /\bXML(?:List)?\s*\(|=\s*<\w|\(\s*<\w|\+=?\s*<\w/.test(text);
  }

  range(nodes: readonly Node[], start: number, end: number): string {
    const edits: Edit[] = [];
    for (const node of nodes) this.#collect(node, edits);
    edits.sort((a, b) => a.start - b.start || a.end - b.end);
    let text = '';
    let at = start;
    for (const edit of edits) {
      text += this.#text.slice(at, edit.start) + edit.text;
      at = edit.end;
    }
    return text + this.#text.slice(at, end);
  }

  #collect(node: Node, edits: Edit[]): void {
    if (node.type === 'XmlLiteral') {
      this.#forms.add('an XML literal');
      edits.push({ start: node.start, end: node.end, text: this.#literal(node) });
      return;
    }
    const operator = node.operator as number;
    if (node.type === 'XmlDescendants') {
      this.#forms.add('.. (descendants)');
      edits.push({ start: operator, end: node.end, text: `.descendants(${JSON.stringify(node.name)})` });
    } else if (node.type === 'MemberExpression' && typeof node.name === 'string') {
      if (node.name.startsWith('@')) this.#forms.add('.@ (attributes)');
      edits.push({ start: operator, end: node.end, text: `[${JSON.stringify(node.name)}]` });
      this.#collect(node.object as Node, edits);
      return;
    } else if (node.type === 'ForInStatement' && node.each !== undefined) {
      this.#forms.add('for each');
      const each = node.each as { start: number; end: number };
      const [left, right] = [node.left as Node, node.right as Node];
      edits.push({ ...each, text: '' });
      edits.push({ start: left.end, end: right.start, text: ' of mirth.each(' });
      edits.push({ start: right.end, end: right.end, text: ')' });
    } else if (this.#adds && node.type === 'BinaryExpression' && node.operator === '+' && mayBeXml(node)) {
      const [left, right] = [node.left as Node, node.right as Node];
      edits.push({
        start: node.start,
        end: left.start,
        text: `mirth.plus(${this.#text.slice(node.start, left.start)}`,
      });
      edits.push({
        start: left.end,
        end: right.start,
        text: this.#text.slice(left.end, right.start).replace('+', ','),
      });
      edits.push({ start: node.end, end: node.end, text: ')' });
    } else if (
      this.#adds &&
      node.type === 'AssignmentExpression' &&
      node.operator === '+=' &&
      mayBeXml(node)
    ) {
      const [left, right] = [node.left as Node, node.right as Node];
      const to = this.#text.slice(left.start, left.end);
      edits.push({ start: left.end, end: right.start, text: ` = mirth.plus(${to}, ` });
      edits.push({ start: right.end, end: right.end, text: ')' });
    } else if (node.type === 'BinaryExpression' && comparesTypeOfXml(node)) {
      const asked = [node.left, node.right].find((each) => (each as Node).type === 'UnaryExpression') as Node;
      edits.push({ start: asked.start, end: (asked.argument as Node).start, text: 'mirth.typeOf(' });
      edits.push({ start: asked.end, end: asked.end, text: ')' });
    }
    for (const child of childrenOf(node)) this.#collect(child, edits);
  }

  /** `<a b={c}>{d}</a>` as `mirth.xml('<a b="' + mirth.text(c) + '">' + mirth.content(d) + '</a>')`, on as many lines. */
  #literal(node: Node): string {
    const parts = node.parts as readonly (string | { expression: Node; attribute: boolean })[];
    let lines = 0;
    const pieces = parts.map((part, index) => {
      if (typeof part !== 'string') {
        const inner = this.range([part.expression], part.expression.start, part.expression.end);
        return `mirth.${part.attribute ? 'text' : 'content'}(${inner})`;
      }
      lines += part.split('\n').length - 1;
      const before = parts[index - 1];
      const after = parts[index + 1];
      const opens = typeof after === 'object' && after.attribute ? '"' : '';
      const closes = typeof before === 'object' && before.attribute ? '"' : '';
      return JSON.stringify(`${closes}${part}${opens}`);
    });
    return `mirth.xml(${pieces.join(' + ')}${'\n'.repeat(lines)})`;
  }
}

/** Neither side is a text or a number as it stands: then it is no list of elements. */
function mayBeXml({ left, right }: Node): boolean {
  const isPlain = (node: Node): boolean =>
    node.type === 'Literal' ||
    node.type === 'TemplateLiteral' ||
    (node.type === 'BinaryExpression' &&
      node.operator === '+' &&
      (isPlain(node.left as Node) || isPlain(node.right as Node)));
  return !isPlain(left as Node) && !isPlain(right as Node);
}

function comparesTypeOfXml({ left, right }: Node): boolean {
  const [a, b] = [left, right] as [Node, Node];
  const isTypeOf = (each: Node): boolean => each.type === 'UnaryExpression' && each.operator === 'typeof';
  const isXml = (each: Node): boolean => each.type === 'Literal' && each.value === 'xml';
  return (isTypeOf(a) && isXml(b)) || (isXml(a) && isTypeOf(b));
}
