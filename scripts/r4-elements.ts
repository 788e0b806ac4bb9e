/**
 * Writes src/mapping/r4-elements.generated.ts: the elements of the R4 types in src/mapping/r4.ts as data, so that paths are
 * checked by the same declarations whether a flow is TypeScript or YAML. `--check` writes nothing and ends with 1 when it is
 * not as it would be written.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '..', 'src', 'mapping');
const file = join(folder, 'r4-elements.generated.ts');

/** Elements by type: the type that each has, '' for a text, number or truth value. Inline types are named by their path. */
type Elements = Map<string, Map<string, string>>;

/** Reads the little of TypeScript that r4.ts is written in. */
class Reader {
  readonly #text: string;
  #at = 0;
  readonly types: Elements = new Map();
  readonly above = new Map<string, string>();

  constructor(source: string) {
    this.#text = source.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  }

  read(): void {
    const interfaces = /(?:export )?interface (\w+)(?: extends (\w+))? \{/g;
    for (const found of this.#text.matchAll(interfaces)) {
      const [whole, name = '', base] = found;
      if (base !== undefined) this.above.set(name, base);
      this.#at = found.index + whole.length;
      this.#members(name);
    }
  }

  /** Up to the brace that ends them. */
  #members(name: string): void {
    const members = new Map<string, string>();
    this.types.set(name, members);
    for (;;) {
      this.#space();
      if (this.#take('}')) return;
      const [all, member = ''] = this.#match(/(?:readonly )?(\w+)\??:\s*/y);
      this.#at += all.length;
      members.set(member, this.#type(`${name}.${member}`));
      this.#space();
      // The last one of a line has none.
      this.#take(';');
    }
  }

  #type(path: string): string {
    let named = '';
    for (;;) {
      this.#space();
      const [word] = this.#match(/readonly |\||\[\]|'[^']*'|\{|<|\w+|/y);
      if (word === '') return named;
      this.#at += word.length;
      if (word === '{') {
        this.#members(path);
        named = path;
      } else if (word === '<') this.#generic();
      else if (/^[A-Z]/.test(word)) named = word;
    }
  }

  #generic(): void {
    for (let depth = 1; depth > 0; this.#at++) {
      const character = this.#text[this.#at];
      if (character === "'") this.#at = this.#text.indexOf("'", this.#at + 1);
      else if (character === '<') depth++;
      else if (character === '>') depth--;
    }
  }

  #space(): void {
    this.#at += this.#match(/\s*/y)[0].length;
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #match(pattern: RegExp): RegExpExecArray {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null)
      throw new Error(`r4.ts: not understood: ${this.#text.slice(this.#at, this.#at + 40)}`);
    return found;
  }
}

export function r4ElementsText(): string {
  const reader = new Reader(readFileSync(join(folder, 'r4.ts'), 'utf8'));
  reader.read();
  const { types, above } = reader;
  const all = (name: string): [string, string][] => [
    ...(above.has(name) ? all(above.get(name) as string) : []),
    ...(types.get(name) ?? []),
  ];
  const lines = [...types.keys()]
    .filter((name) => name !== 'Resources')
    .sort()
    .map((name) => {
      const elements = new Map(all(name));
      const words = [...elements].map(([element, type]) =>
        types.has(type) ? `${element}:${type}` : element,
      );
      const key = /\W/.test(name) ? `'${name}'` : name;
      const line = `  ${key}: '${words.join(' ')}',\n`;
      // As the formatter breaks it.
      return line.length <= 111 ? line : line.replace(': ', ':\n    ');
    });
  return [
    '// Made by scripts/r4-elements.ts from r4.ts. Do not edit.\n',
    '/** By type its elements, those of inline types by path; what has elements itself is followed by its type. */\n',
    `export const r4Elements: Readonly<Record<string, string>> = {\n${lines.join('')}};\n`,
  ].join('');
}

if (import.meta.filename === process.argv[1]) {
  const text = r4ElementsText();
  if (!process.argv.includes('--check')) writeFileSync(file, text);
  else if (readFileSync(file, 'utf8') !== text) {
    process.stderr.write(`${file} is not as scripts/r4-elements.ts would write it\n`);
    process.exitCode = 1;
  }
}
