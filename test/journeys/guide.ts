/** A guide, read as a newcomer reads it: files to write, lines to type, what is seen then, and what is done in a browser. */
import { readFileSync } from 'node:fs';

export type GuideStep =
  | { readonly kind: 'file'; readonly line: number; readonly path: string; readonly text: string }
  | {
      readonly kind: 'change';
      readonly line: number;
      readonly path: string;
      readonly from: string;
      readonly to: string;
    }
  | {
      readonly kind: 'command';
      readonly line: number;
      readonly command: string;
      readonly shows: readonly string[];
    }
  | { readonly kind: 'browser'; readonly line: number; readonly does: string };

/**
 * Reads ```ts and ```yaml blocks whose first line is a comment with a path, ```diff blocks of the same, blocks without a language as
 * what is typed (`$ `, `> `) and seen, and `<!-- browser: ... -->`. Any other block is passed over.
 */
export function readGuide(file: string): readonly GuideStep[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  const steps: GuideStep[] = [];
  for (let at = 0; at < lines.length; at++) {
    const text = lines[at] as string;
    const browser = /^<!-- browser: (.+) -->$/.exec(text)?.[1];
    if (browser !== undefined) steps.push({ kind: 'browser', line: at + 1, does: browser });
    const fence = /^```(\w*)$/.exec(text);
    if (fence === null) continue;
    const end = lines.indexOf('```', at + 1);
    const block = lines.slice(at + 1, end);
    steps.push(...stepsOf(fence[1] ?? '', block, at + 2));
    at = end;
  }
  return steps;
}

function stepsOf(language: string, block: readonly string[], line: number): readonly GuideStep[] {
  if (language === '') return typed(block, line);
  const path = /^(?:\/\/|#) (\S+\.\w+)$/.exec(block[0] ?? '')?.[1];
  if (path === undefined) return [];
  if (language !== 'diff') return [{ kind: 'file', line, path, text: `${block.join('\n')}\n` }];
  const marked = (mark: string): string =>
    block.flatMap((one) => (one.startsWith(mark) ? [one.slice(1)] : [])).join('\n');
  return [{ kind: 'change', line, path, from: marked('-'), to: marked('+') }];
}

function typed(block: readonly string[], line: number): readonly GuideStep[] {
  const steps: { kind: 'command'; line: number; command: string; shows: string[] }[] = [];
  for (const [at, text] of block.entries()) {
    const last = steps.at(-1);
    if (text.startsWith('$ '))
      steps.push({ kind: 'command', line: line + at, command: text.slice(2), shows: [] });
    else if (last === undefined) throw new Error(`line ${line + at}: nothing was typed before it`);
    else if (text.startsWith('> ') && last.shows.length === 0) last.command += `\n${text.slice(2)}`;
    else last.shows.push(text);
  }
  return steps;
}

/** What differs from one newcomer to the next: times, ids, keys, durations, the width of columns. */
const VARYING: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?/y, String.raw`\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?`],
  [/(?<=by cli:)[^\s,]+/y, String.raw`[^\s,]+`],
  [/\d+ ms/y, String.raw`\d+ ms`],
  [/[\d.]+ s\b/y, String.raw`[\d.]+ s`],
  [/(?<=(?:delivery|message|patient) )\d+/y, String.raw`\d+`],
  [/(?<=^| {2})\d+(?= {2}|$)/y, String.raw`\d+`],
  [/(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{12,}/y, String.raw`[\w-]+`],
  [/\.\.\./y, '.*'],
  [/ {2,}/y, ' +'],
];

/** The lines of a guide as a pattern; a line of three dots stands for any lines, or none. */
export function patternOf(shows: readonly string[]): RegExp {
  const lines = shows.map((line) => (line === '...' ? String.raw`(?:.*\n)*?` : `${linePattern(line)} *\\n`));
  return new RegExp(`^${lines.join('')}$`);
}

function linePattern(line: string): string {
  let pattern = '';
  for (let at = 0; at < line.length; ) {
    const found = VARYING.flatMap(([varying, stands]) => {
      varying.lastIndex = at;
      const length = varying.exec(line)?.[0].length ?? 0;
      return length > 0 ? [{ length, stands }] : [];
    })[0];
    pattern += found?.stands ?? (line[at] as string).replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
    at += found?.length ?? 1;
  }
  return pattern;
}
