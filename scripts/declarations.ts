/** What a public door exports, read from its source: each name with its signature and what is said about it. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export type Kind = 'function' | 'class' | 'type' | 'value';

export interface Declaration {
  readonly name: string;
  readonly kind: Kind;
  /** As in the source, without bodies and private members. */
  readonly signature: string;
  /** As Markdown; '' where nothing is said. */
  readonly about: string;
}

/** The exports of an index file, with those it passes on from others; sorted by name. Throws for one it cannot find. */
export function declarationsOf(index: string): Declaration[] {
  const found = [...exportedNames(index)].map(([name, { file, own }]) => declaration(file, own, name));
  return found.sort(
    (a, b) => a.name.toLowerCase().localeCompare(b.name.toLowerCase(), 'en') || (a.name < b.name ? -1 : 1),
  );
}

/** The comment at the head of a file. */
export const headOf = (file: string): string =>
  markdown(/^\/\*\*([\s\S]*?)\*\//.exec(source(file))?.[1] ?? '');

interface Found {
  readonly file: string;
  /** The name it has in that file. */
  readonly own: string;
}

const sources = new Map<string, string>();
function source(file: string): string {
  const text = sources.get(file) ?? readFileSync(file, 'utf8');
  sources.set(file, text);
  return text;
}

function exportedNames(file: string): Map<string, Found> {
  const names = new Map<string, Found>();
  const text = source(file);
  const to = (path: string): string => join(dirname(file), path);
  for (const [, path = ''] of text.matchAll(/^export (?:type )?\* from '([^']+)';/gm))
    for (const [name, found] of exportedNames(to(path))) names.set(name, found);
  for (const [, list = '', path] of text.matchAll(/^export (?:type )?\{([^}]*)\}(?: from '([^']+)')?;/gm))
    for (const entry of list.split(',')) {
      const [own, name = own] = entry
        .trim()
        .replace(/^type /, '')
        .split(/ as /);
      if (own === undefined || own === '' || name === undefined) continue;
      names.set(name, path === undefined ? { file, own } : resolved(to(path), own));
    }
  for (const [, name = ''] of text.matchAll(declared)) names.set(name, { file, own: name });
  return names;
}

const declared =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|interface|type|const) ([A-Za-z_$][\w$]*)/gm;

/** Where a name that is passed on is declared. */
function resolved(file: string, own: string): Found {
  const found = exportedNames(file).get(own);
  if (found === undefined) throw new Error(`${file} exports no ${own}`);
  return found;
}

function declaration(file: string, own: string, name: string): Declaration {
  const text = source(file);
  const start = new RegExp(
    `^(?:export )?(?:declare )?(?:abstract )?(?:async )?(function\\*?|class|interface|type|const) ${own.replace('$', '\\$')}\\b`,
    'm',
  ).exec(text);
  if (start === null) throw new Error(`${file} declares no ${own}`);
  const lines = text.slice(start.index).split('\n');
  const word = start[1] as string;
  const kind: Kind = word.startsWith('function')
    ? 'function'
    : word === 'class'
      ? 'class'
      : word === 'const'
        ? 'value'
        : 'type';
  const signature = (
    word.startsWith('function')
      ? overloads(lines, own)
      : word === 'class'
        ? classOutline(lines)
        : word === 'const'
          ? constant(lines)
          : whole(lines)
  ).replace(/^export /gm, '');
  const called = signature.startsWith('function ');
  return { name, kind: called ? 'function' : kind, signature, about: commentBefore(text, start.index) };
}

function commentBefore(text: string, index: number): string {
  const comment = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*$/.exec(text.slice(0, index));
  return comment === null ? '' : markdown(comment[1] as string);
}

/** The text of a comment as Markdown. */
function markdown(comment: string): string {
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\* ?/, '').trimEnd());
  const written: string[] = [];
  let example = false;
  for (const line of lines) {
    const tag = /^@(\w+)\s*(.*)$/.exec(line);
    if (tag !== null && example) {
      written.push('```');
      example = false;
    }
    const [, name, rest = ''] = tag ?? [];
    if (name === 'example') {
      written.push('', '```', ...(rest === '' ? [] : [rest]));
      example = true;
    } else if (name === 'throws') written.push('', `Throws ${rest}`);
    else if (name === 'returns') written.push('', `Gives ${rest}`);
    else if (name === 'param') written.push('', rest.replace(/^(\S+)\s*-?\s*/, '`$1`: '));
    else written.push(example ? line : line.replace(/\{@link ([^}]+)\}/g, '`$1`'));
  }
  if (example) written.push('```');
  return written
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/** A declaration to the line that ends it, outside of all brackets. */
function whole(lines: readonly string[]): string {
  const end = lines.findIndex(
    (line, at) =>
      (line.endsWith(';') || line === '}' || (at === 0 && line.endsWith('{}'))) && closes(lines, at),
  );
  return lines.slice(0, end + 1).join('\n');
}

/** Brackets opened so far are all closed; texts and comments do not count. */
function closes(lines: readonly string[], to: number): boolean {
  const text = lines
    .slice(0, to + 1)
    .join('\n')
    .replace(/\/\*[\s\S]*?\*\/|\/\/.*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g, '');
  const count = (pattern: RegExp): number => text.match(pattern)?.length ?? 0;
  return count(/[{([]/g) === count(/[})\]]/g);
}

/** All overloads that callers see; of a function with one signature, that one without its body. */
function overloads(lines: readonly string[], name: string): string {
  const found: string[] = [];
  let at = 0;
  const begins = new RegExp(`^(?:export )?(?:async )?function\\*? ${name}\\b`);
  while (at < lines.length && begins.test(lines[at] as string)) {
    let end = at;
    while (end < lines.length - 1 && !signatureEnds(lines, at, end)) end += 1;
    const text = lines.slice(at, end + 1).join('\n');
    const overload = text.endsWith(';');
    if (overload || found.length === 0) found.push(text.replace(/ \{$/, ';'));
    at = end + 1;
    if (!overload) break;
  }
  return found.join('\n');
}

/** The line opens the body, or ends an overload; a type in braces may open on a line of its own before. */
function signatureEnds(lines: readonly string[], from: number, at: number): boolean {
  const line = lines[at] as string;
  if (line.endsWith(';')) return closes(lines.slice(from), at - from);
  if (!line.endsWith(' {') || /^\)?:? ?\{$/.test(line.replace(/^\)/, ''))) return false;
  return closes([...lines.slice(from, at), line.slice(0, -1)], at - from);
}

/** What a class offers: members that are not private, without bodies, with their comments. */
function classOutline(lines: readonly string[]): string {
  const end = lines.findIndex((line, at) => at > 0 && line === '}');
  const kept: string[] = [];
  let head = 0;
  while (!(lines[head] as string).endsWith('{')) head += 1;
  kept.push(...lines.slice(0, head + 1));
  let comment: string[] = [];
  for (let at = head + 1; at < end; at += 1) {
    const line = lines[at] as string;
    if (/^ {2}\/\*\*/.test(line)) {
      const start = at;
      while (!(lines[at] as string).includes('*/')) at += 1;
      comment = lines.slice(start, at + 1);
      continue;
    }
    if (!/^ {2}[^\s}/]/.test(line)) continue;
    const start = at;
    while (at < end - 1 && !memberEnds(lines, start, at)) at += 1;
    const member = lines.slice(start, at + 1).join('\n');
    if (member.endsWith('{')) while (at < end && lines[at] !== '  }') at += 1;
    if (
      !/^ {2}(?:static )?(?:readonly )?(?:async )?(?:get |set )?(?:\*)?(?:#|private\b|\[Symbol)/.test(member)
    )
      kept.push(
        ...comment,
        member.replace(/ \{.*\}$| \{$/, ';').replace(/(readonly [\w$]+: [^=]+?) = .*;$/, '$1;'),
      );
    comment = [];
  }
  return [...kept, '}'].join('\n');
}

function memberEnds(lines: readonly string[], from: number, at: number): boolean {
  const line = lines[at] as string;
  if (/;$|\}$/.test(line)) return closes(lines.slice(from), at - from);
  return (
    line.endsWith(' {') &&
    !/^ {2}\): \{$/.test(line) &&
    closes([...lines.slice(from, at), line.slice(0, -1)], at - from)
  );
}

/** A constant: its type where it is written, else its value as far as it is short. */
function constant(lines: readonly string[]): string {
  const text = whole(lines);
  const typed = /^(?:export )?const [\w$]+: ((?:[^=]|=>)+?) = /.exec(text);
  if (typed !== null) return `${text.slice(0, typed[0].length - 3)};`;
  const arrow = /^((?:export )?const [\w$]+ = (?:<[^>]*>)?\([\s\S]*?\): [^=]+? =>)/.exec(text);
  if (arrow !== null)
    return `${(arrow[1] as string).replace(/ =>$/, '').replace(/const ([\w$]+) = /, 'function $1')};`;
  const all = text.split('\n');
  return all.length <= 60 ? text : [...all.slice(0, 20), '  // ... as in the source', all.at(-1)].join('\n');
}
