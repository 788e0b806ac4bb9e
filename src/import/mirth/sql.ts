/** What a text of SQL reads and writes, as far as it says so itself. Nothing is run, nothing is guessed. */

import { withoutBlocks } from './remarks.ts';

/** Longer ones are not looked through for their columns. */
const LONGEST = 50_000;

/** Without remarks and texts in quotes, which may hold anything. */
const bare = (sql: string): string =>
  withoutBlocks(sql.replace(/--[^\n]*/g, ' ')).replace(/'(?:[^']|'')*'/g, "''");

/** The first SELECT’s columns, by the names that rows have; none where it reads `*` or cannot be told. */
export function columnsOf(sql: string): readonly string[] {
  if (sql.length > LONGEST) return [];
  const text = bare(sql);
  const start = /\bselect\b(?:\s+(?:distinct|all)\b)?(?:\s+top\s*\(?\s*\d+\s*\)?)?/i.exec(text);
  if (start === null) return [];
  const parts: string[] = [''];
  let depth = 0;
  for (const [word] of text
    .slice(start.index + start[0].length)
    .matchAll(/[\w$#@]+|"[^"]*"|\[[^\]]*\]|`[^`]*`|\s+|[\s\S]/g)) {
    if (word === '(') depth += 1;
    else if (word === ')') depth -= 1;
    if (depth < 0 || (depth === 0 && (/^(from|into|where|union|order|limit)$/i.test(word) || word === ';')))
      break;
    if (depth === 0 && word === ',') parts.push('');
    else parts[parts.length - 1] += word;
  }
  const names = parts.map((part) => {
    const [, name] = /(?:^|[\s.)])("[^"]+"|\[[^\]]+\]|`[^`]+`|[A-Za-z_][\w$#]*)$/.exec(part.trim()) ?? [];
    return name?.replace(/^["[`]|["\]`]$/g, '');
  });
  return names.every((name) => name !== undefined) ? (names as string[]) : [];
}

/** Variables that Mirth puts in as parameters, and expressions that it computes first. */
export function variablesOf(sql: string): {
  readonly fields: readonly string[];
  readonly others: readonly string[];
} {
  const fields = new Set<string>();
  const others = new Set<string>();
  for (const [whole, inner = ''] of sql.matchAll(/\$!?\{([^{}]*)\}/g)) {
    const name = inner.trim();
    if (/^[A-Za-z_][\w.-]*$/.test(name)) fields.add(name);
    else others.add(whole);
  }
  return { fields: [...fields], others: [...others] };
}
