import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { declarationsOf } from '../scripts/declarations.ts';
import { referencePages, stalePages } from '../scripts/reference.ts';
import { failureRows } from '../scripts/reference-failures.ts';
import { writeFailures } from '../src/connectors/index.ts';
import * as hl7 from '../src/hl7/index.ts';
import * as fhir from '../src/mapping/hl7-fhir/index.ts';
import { STORE_FAILURES } from '../src/store/failures.ts';

describe('the generated reference', () => {
  test('is up to date: run node scripts/reference.ts', () => {
    expect(stalePages()).toEqual([]);
  });

  test('has every export of both doors, and says something about each function and class', () => {
    for (const [door, file] of [
      [hl7, 'src/hl7/index.ts'],
      [fhir, 'src/mapping/hl7-fhir/index.ts'],
    ] as const) {
      const declared = declarationsOf(join(import.meta.dirname, '..', file));
      const names = new Set(declared.map(({ name }) => name));
      expect(Object.keys(door).filter((name) => !names.has(name))).toEqual([]);
      const silent = declared.filter(
        ({ kind, about }) => about === '' && (kind === 'function' || kind === 'class'),
      );
      expect(silent.map(({ name }) => name)).toEqual([]);
    }
  });

  test('has every failure once, with what to do first', () => {
    const rows = failureRows();
    const codes = rows.map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes).toEqual(expect.arrayContaining(Object.keys({ ...STORE_FAILURES, ...writeFailures })));
    expect(rows.find(({ code }) => code === 'NOTHING_FOUND')).toMatchObject({
      kind: 'validation',
      about: '"…" at "…" found nothing.',
      fix: expect.stringMatching(/^See whether the record is there/),
    });
    expect(
      rows.filter(({ kind, about, fix }) => kind !== '' && about === '' && fix === '').length,
    ).toBeLessThan(10);
  });

  test('has every command with its exit codes', () => {
    const page = referencePages().get('docs/reference/cli.md') ?? '';
    expect(page).toContain('## suture hl7 to-fhir\n');
    expect(page).toContain('| `--time-zone <name>` |');
    expect(page.match(/^Exit code 1: /gm)?.length).toBeGreaterThan(15);
  });
});

test('declarations are read without their bodies and their private parts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'suture-declarations-'));
  try {
    writeFileSync(
      join(folder, 'door.ts'),
      `/** Adds.\n *\n *     add(1, 2)   // 3\n */\nexport function add(a: number, b: number): number {\n  return a + b;\n}\n
export function pick(a: string): string;\nexport function pick(a: number): number;\nexport function pick(a: unknown): unknown {\n  return a;\n}\n
export function shape(\n  a: { b: string },\n): { c: string } {\n  return { c: a.b };\n}\n
/** Holds. */\nexport class Holder {\n  readonly #secret = 1;\n  /** What is shown. */\n  readonly shown: string;\n\n  constructor(shown: string) {\n    this.shown = shown;\n  }\n\n  /** Half. */\n  get half(): number {\n    return this.#secret / 2;\n  }\n\n  #hidden(): void {\n    this.half;\n  }\n}\n
export type Either =\n  | { readonly a: string }\n  /** Or. */\n  | {\n      readonly b: string;\n    };\n\ntype Hidden = string;\n
export const named = 'x';\n\nexport const half = (n: number): number => n / 2;\n`,
    );
    writeFileSync(
      join(folder, 'index.ts'),
      "export { add as plus, type Either, Holder, half, named, pick, shape } from './door.ts';\n",
    );
    const [either, half, holder, named, pick, plus, shape] = declarationsOf(join(folder, 'index.ts'));
    expect(plus).toEqual({
      name: 'plus',
      kind: 'function',
      signature: 'function add(a: number, b: number): number;',
      about: 'Adds.\n\n    add(1, 2)   // 3',
    });
    expect(either?.signature).toBe(
      'type Either =\n  | { readonly a: string }\n  /** Or. */\n  | {\n      readonly b: string;\n    };',
    );
    expect(half).toMatchObject({ kind: 'function', signature: 'function half(n: number): number;' });
    expect(named).toMatchObject({ kind: 'value', signature: "const named = 'x';" });
    expect(pick?.signature).toBe('function pick(a: string): string;\nfunction pick(a: number): number;');
    expect(shape?.signature).toBe('function shape(\n  a: { b: string },\n): { c: string };');
    expect(holder?.signature).toBe(
      'class Holder {\n  /** What is shown. */\n  readonly shown: string;\n  constructor(shown: string);\n  /** Half. */\n  get half(): number;\n}',
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
