/** The programs in the documentation: every ```ts block that imports one of the public doors, run as it stands. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export const root = join(import.meta.dirname, '..');

export interface Snippet {
  readonly file: string;
  /** The line of its fence, from 1. */
  readonly line: number;
  readonly code: string;
  /** What the comments `// prints: ...` say, in order. */
  readonly prints: readonly string[];
}

/** What running one came to: its lines, and what it threw. */
export interface Outcome {
  readonly printed: readonly string[];
  readonly thrown?: string;
}

/** Every document that people read: the README and all pages below docs. */
export function documents(): string[] {
  const below = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' });
  return [
    'README.md',
    ...below.filter((name) => name.endsWith('.md')).map((name) => join('docs', name)),
  ].sort();
}

export function snippetsOf(file: string, text: string): Snippet[] {
  const snippets: Snippet[] = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    if (!/^\s*```(ts|typescript)\b/.test(lines[at] as string)) continue;
    const start = at;
    while (at + 1 < lines.length && !/^\s*```\s*$/.test(lines[at + 1] as string)) at += 1;
    const code = `${lines.slice(start + 1, at + 1).join('\n')}\n`;
    at += 1;
    // A flow file that prints nothing is a part of a project, and looked at there.
    if (!/from 'suture(\/[a-z0-9-]+'|'[\s\S]*\/\/ prints:)/.test(code)) continue;
    const prints = [...code.matchAll(/\/\/ prints: ?(.*)$/gm)].map(([, line = '']) => line.trimEnd());
    snippets.push({ file, line: start + 1, code, prints });
  }
  return snippets;
}

/** A folder within the clone, so that `suture/hl7` is found as it is in a project that has it installed. */
export function writeSnippets(snippets: readonly Snippet[]): {
  folder: string;
  files: string[];
  remove(): void;
} {
  mkdirSync(join(root, 'test-output'), { recursive: true });
  const folder = mkdtempSync(join(root, 'test-output', 'docs-'));
  const files = snippets.map(({ file, line, code }) => {
    const path = join(folder, `${file.replace(/[^A-Za-z0-9]+/g, '-')}-${line}.ts`);
    writeFileSync(path, code);
    return path;
  });
  return { folder, files, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Runs the files one after the other in one process, where a clone's source stands behind the public doors. */
export async function runSnippets(files: readonly string[], timeout = 60_000): Promise<Outcome[]> {
  const runner = join(import.meta.dirname, 'snippet-runner.ts');
  const child = spawn(process.execPath, ['--conditions=suture-source', runner, ...files], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout,
  });
  let out = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const told = out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Outcome);
  return files.map(
    (_, index) =>
      told[index] ?? { printed: [], thrown: `it did not come to its end. ${errors.slice(-2_000)}`.trim() },
  );
}

/** What is wrong with a snippet, with file and line; `undefined` when it does what it says. */
export function fault({ file, line, prints }: Snippet, { printed, thrown }: Outcome): string | undefined {
  const where = `${relative(root, join(root, file))}:${line}`;
  if (thrown !== undefined) return `${where}: it fails: ${thrown}`;
  const count = Math.max(prints.length, printed.length);
  for (let at = 0; at < count; at += 1)
    if (prints[at] !== printed[at]) {
      const told = (text: string | undefined): string =>
        text === undefined ? 'nothing' : JSON.stringify(text);
      return `${where}: line ${at + 1} of what it prints is ${told(printed[at])}, and the page says ${told(prints[at])}`;
    }
  return undefined;
}
