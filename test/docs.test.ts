import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { documents, fault, root, runSnippets, snippetsOf, writeSnippets } from './snippets.ts';

describe('the programs in the documentation', () => {
  const snippets = documents().flatMap((file) => snippetsOf(file, readFileSync(join(root, file), 'utf8')));
  let written: ReturnType<typeof writeSnippets>;

  beforeAll(() => {
    written = writeSnippets(snippets);
  });
  afterAll(() => written.remove());

  test('are there', () => {
    expect(snippets.map(({ file }) => file)).toContain(join('docs', 'hl7', 'README.md'));
  });

  test('print what the page says', async () => {
    const outcomes = await runSnippets(written.files);
    const wrong = snippets.flatMap((snippet, at) => fault(snippet, outcomes[at] ?? { printed: [] }) ?? []);
    expect(wrong).toEqual([]);
  }, 90_000);

  test('are right by the compiler', () => {
    const config = join(written.folder, 'tsconfig.json');
    const settings = { extends: join(root, 'tsconfig.json'), include: ['*.ts'], exclude: [] };
    writeFileSync(config, JSON.stringify(settings));
    const { stdout } = spawnSync(
      join(root, 'node_modules', '.bin', 'tsc'),
      ['-p', config, '--pretty', 'false'],
      {
        cwd: written.folder,
        encoding: 'utf8',
      },
    );
    const wrong = stdout.split('\n').flatMap((line) => {
      const [, name, at, text] = /([^/\\]+\.ts)\((\d+),\d+\): (.*)$/.exec(line) ?? [];
      const index = written.files.findIndex((file) => name !== undefined && file.endsWith(name));
      const snippet = snippets[index];
      return snippet === undefined ? [] : [`${snippet.file}:${snippet.line + Number(at)}: ${text}`];
    });
    expect(wrong).toEqual([]);
  }, 90_000);
});

describe('a page that is wrong is found', () => {
  const page = [
    '# A page',
    '```ts',
    "import { parse } from 'suture/hl7';",
    "console.log(parse('MSH|^~\\\\&|A').get('MSH-3'), { a: 1 }); // prints: A { a: 1 }",
    "console.log('two\\nlines');",
    '// prints: two',
    '// prints: lines',
    '```',
    '```ts',
    "import { parse } from 'suture/hl7';",
    'console.log(typeof parse); // prints: object',
    '```',
    '```ts',
    "import { parse } from 'suture/hl7';",
    "parse('').get('PID-');",
    '```',
    '```ts',
    "import { nothing } from 'suture/no-such-door';",
    'console.log(nothing);',
    '```',
    '```ts',
    "import { parse } from 'suture/hl7';",
    'console.log(typeof parse);',
    '```',
    '```ts',
    "import { other } from 'somewhere';",
    '```',
    '```json',
    '{}',
    '```',
  ].join('\n');

  test('with its file and line, whether it prints something else, throws, or is not to be loaded', async () => {
    const snippets = snippetsOf('page.md', page);
    expect(snippets.map(({ line }) => line)).toEqual([2, 9, 13, 17, 21]);
    const { files, remove } = writeSnippets(snippets);
    try {
      const outcomes = await runSnippets(files);
      const [fine, other, throws, unloadable, unsaid] = snippets.map((each, at) =>
        fault(each, outcomes[at] ?? { printed: [] }),
      );
      expect(fine).toBeUndefined();
      expect(other).toBe('page.md:9: line 1 of what it prints is "function", and the page says "object"');
      expect(throws).toMatch(/^page\.md:13: it fails: PathError: "PID-" is not an HL7 path/);
      expect(unloadable).toMatch(/^page\.md:17: it fails: .*no-such-door/);
      expect(unsaid).toBe('page.md:21: line 1 of what it prints is "function", and the page says nothing');
    } finally {
      remove();
    }
  }, 60_000);

  test('and so is one that ends the process, or never ends', async () => {
    for (const code of ['process.exit(0);\n', 'await new Promise(() => undefined);\n']) {
      const { files, remove } = writeSnippets([{ file: 'page.md', line: 1, code, prints: [] }]);
      try {
        const [outcome] = await runSnippets(files);
        expect(outcome?.thrown).toMatch(/did not come to its end/);
      } finally {
        remove();
      }
    }
  });
});
