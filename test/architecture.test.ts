import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LAYERS } from './layers.ts';

const root = join(import.meta.dirname, '..');
const source = join(root, 'src');
const layers = new Map(LAYERS.map((layer) => [layer.room, layer]));

/** Tests and what only they use: they stand outside, and may enter any room. */
const TEST = /\.(test|suite|fixture)\.tsx?$|[\\/](stories|testing)[\\/]/;

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? files(path) : /\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

/** `import`, `export ... from`, `import()` and `typeof import()` with a literal. */
function imports(source: string): string[] {
  const text = source.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
  const found: string[] = [];
  for (const match of text.matchAll(/(?:^|[\s;])(?:import|export)\b[^'"();]*?\bfrom\s*['"]([^'"]+)['"]/g)) {
    found.push(match[1] as string);
  }
  for (const match of text.matchAll(/(?:^|[\s;])import\s*['"]([^'"]+)['"]/g)) found.push(match[1] as string);
  for (const match of text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)) found.push(match[1] as string);
  return found;
}

/** What is wrong with one file's imports by the table; the sentence a person needs. */
function faults(file: string, text: string): string[] {
  const path = relative(source, file).split(sep);
  if (path.length === 1) return []; // the public doors themselves
  const room = path[0] as string;
  const layer = layers.get(room);
  if (!layer) return [`${file}: "${room}" is no room of the table`];
  const isTest = TEST.test(file);
  const wrong: string[] = [];
  for (const specifier of imports(text)) {
    if (specifier.startsWith('node:')) continue;
    if (!specifier.startsWith('.')) {
      const name = specifier.startsWith('@')
        ? specifier.split('/').slice(0, 2).join('/')
        : (specifier.split('/')[0] as string);
      if (!layer.packages.includes(name) && !isTest) wrong.push(`${room} may not use the package ${name}`);
      continue;
    }
    const target = relative(source, join(dirname(file), specifier)).split(sep);
    const other = target[0] as string;
    if (other === room) continue;
    if (isTest) continue;
    if (!layer.rooms.includes(other)) wrong.push(`${room} may not enter ${other} (${specifier})`);
    else if (target.length !== 2 || !/^(index|types)\.tsx?$/.test(target[1] as string)) {
      wrong.push(`${room} enters ${other} by a side door (${specifier})`);
    }
  }
  return wrong.map((fault) => `${relative(root, file)}: ${fault}`);
}

describe('the house', () => {
  test('imports go only downward, by the front door, and use only the packages of their room', () => {
    const wrong = files(source).flatMap((file) => faults(file, readFileSync(file, 'utf8')));
    expect(wrong).toEqual([]);
  });

  test('the table itself only points down', () => {
    const order = LAYERS.map((layer) => layer.room);
    for (const layer of LAYERS) {
      for (const other of layer.rooms) expect(order.indexOf(other)).toBeLessThan(order.indexOf(layer.room));
    }
  });

  test('a planted upward import, a side door and a foreign package are found', () => {
    const file = join(source, 'hl7', 'planted.ts');
    expect(faults(file, "import { x } from '../engine/index.ts';")).toHaveLength(1);
    expect(
      faults(join(source, 'engine', 'p.ts'), "import type { x } from '../store/sqlite/rows.ts';"),
    ).toHaveLength(1);
    expect(faults(join(source, 'flow', 'p.ts'), "export * from 'undici';")).toHaveLength(1);
    expect(faults(join(source, 'engine', 'p.ts'), "const x = await import('../api/index.ts');")).toHaveLength(
      1,
    );
    expect(faults(join(source, 'engine', 'p.ts'), "import { x } from '../store/index.ts';")).toEqual([]);
  });

  test('every room is a folder, and every folder a room', () => {
    const folders = readdirSync(source).filter((name) => statSync(join(source, name)).isDirectory());
    expect(folders.sort()).toEqual(LAYERS.map((layer) => layer.room).sort());
  });

  test('std stays small', () => {
    const own = readdirSync(join(source, 'std')).filter((name) => !name.endsWith('.test.ts'));
    expect(own.length).toBeLessThanOrEqual(10);
  });

  test('no source file is longer than one sitting: 400 lines', () => {
    const long = files(source)
      .filter((file) => !TEST.test(file) && !file.endsWith('.generated.ts'))
      .map((file) => ({ file: relative(root, file), lines: readFileSync(file, 'utf8').split('\n').length }))
      .filter(({ lines }) => lines > 401);
    expect(long).toEqual([]);
  });

  test('the glossary has a heading for every room and every state', () => {
    const glossary = readFileSync(join(root, 'GLOSSARY.md'), 'utf8').toLowerCase();
    const words = [
      ...LAYERS.map((layer) => layer.room),
      'accepted',
      'rejected',
      'waiting',
      'running',
      'sleeping',
      'held',
      'delivered',
      'filtered',
      'dead',
    ];
    expect(words.filter((word) => !new RegExp(`\\*\\*${word}s?\\*\\*`).test(glossary))).toEqual([]);
  });

  test('ARCHITECTURE shows the table as it is', () => {
    const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
    for (const layer of LAYERS) {
      const row = `| ${layer.room} | ${layer.rooms.join(', ') || '-'} | ${layer.packages.join(', ') || '-'} |`;
      expect(text).toContain(row);
    }
  });
});

describe('the clock and chance are arguments', () => {
  test('no room of the engine reads the machine’s clock, timers or chance but through std', () => {
    const rooms = ['mapping', 'flow', 'connectors', 'engine', 'message', 'fhir', 'store'];
    const found = rooms
      .flatMap((room) => files(join(source, room)))
      .filter((file) => !TEST.test(file))
      .flatMap((file) =>
        readFileSync(file, 'utf8')
          .split('\n')
          .filter((line) =>
            /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bset(Timeout|Interval)\(/.test(line),
          )
          .filter((line) => !/^\s*(\*|\/\/|\/\*)/.test(line))
          .map((line) => `${relative(root, file)}: ${line.trim()}`),
      );
    expect(found).toEqual([]);
  });
});
