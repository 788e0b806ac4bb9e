/**
 * A case: a message, what the site answers, and what a flow is expected to make of it. It is a folder:
 *
 *     fixtures/<flow>/<case>/in.hl7 | in.json | in.txt    the message, as it is received
 *     fixtures/<flow>/<case>/case.yaml                    what it is about, and the site's answers (optional)
 *     fixtures/<flow>/<case>/expect.yaml                  what is expected; `suture test --update` writes it
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import type { Fault } from '../site/index.ts';
import { type Json, nearest } from '../std/index.ts';

/** Of the files, not of Suture: raised when an older Suture would misread them. */
export const CASE_FORMAT = 1;

const format = z.int().default(CASE_FORMAT);
const json = z.json();

/** An answer that is a failure: `{ fails: { code: EPIC_DOWN, kind: unreachable } }`. */
const caseSchema = z.strictObject({
  format,
  about: z.string().default(''),
  /** Left out: the first site that the flow runs at. */
  site: z.string().exactOptional(),
  /** Of a FHIR resource: `Appointment.updated`. Left out: the first that the flow starts on. */
  type: z.string().exactOptional(),
  /** The connection that received it; only where it matters. */
  connection: z.string().exactOptional(),
  /** What time it is, ISO 8601 with a zone; for flows that sleep. */
  now: z.iso.datetime({ offset: true }).default('2026-01-05T15:00:00Z'),
  /** By step: what its connection answers, or how its sleep ends. */
  answers: z.record(z.string(), json).default({}),
  /** By step: the answers from the first sleep on, where they are others. */
  later: z.record(z.string(), json).default({}),
});

const callSchema = z
  .strictObject({
    step: z.string(),
    /** A find: `epic patient.read`. */
    asks: z.string().exactOptional(),
    /** An effect: `app create`. */
    does: z.string().exactOptional(),
    with: json.default({}),
  })
  .refine((call) => (call.asks === undefined) !== (call.does === undefined), {
    message: 'give asks (a find) or does (an effect)',
  });

const expectSchema = z.strictObject({
  format,
  /** `delivered`, `filtered at <step>`, `held at <step>: <reason>`, `failed at <step>: <code>`, `sleeping at <step>`. */
  end: z.string(),
  /** Every effect, in order; finds only where they are to be looked at. */
  calls: z.array(callSchema).default([]),
  /** Of the steps named here: their values. */
  values: z.record(z.string(), json).default({}),
});

export type CaseSettings = z.output<typeof caseSchema>;
export type Expectation = z.output<typeof expectSchema>;
export type ExpectedCall = z.output<typeof callSchema>;

export interface Case {
  /** The flow’s name: the folder above it. */
  readonly flow: string;
  /** `new-booking`. */
  readonly name: string;
  readonly folder: string;
  readonly input: { readonly file: string; readonly bytes: Uint8Array };
  readonly settings: CaseSettings;
  /** `null`: there is no expect.yaml yet. */
  readonly expected: Expectation | null;
}

/** Every case below a project’s folder of fixtures, and what cannot be read of them. */
export function readCases(folder: string): {
  readonly cases: readonly Case[];
  readonly faults: readonly Fault[];
} {
  const cases: Case[] = [];
  const faults: Fault[] = [];
  for (const flow of foldersIn(folder)) {
    for (const name of foldersIn(join(folder, flow))) {
      const read = readCase(join(folder, flow, name), flow);
      if (read.found) cases.push(read.found);
      faults.push(...read.faults);
    }
  }
  return { cases, faults };
}

/** One case from its folder. */
export function readCase(
  folder: string,
  flow: string,
): { readonly found?: Case; readonly faults: readonly Fault[] } {
  const faults: Fault[] = [];
  const inputs = readdirSync(folder).filter((name) => /^in\.[a-z0-9]+$/i.test(name));
  const [input] = inputs;
  if (input === undefined || inputs.length > 1 || !['.hl7', '.json', '.txt'].includes(extname(input))) {
    const reason =
      inputs.length > 1 ? `has ${inputs.join(' and ')}, and one message is meant` : 'has no message';
    return {
      faults: [{ file: folder, line: 0, reason, fix: 'put one of in.hl7, in.json or in.txt into it' }],
    };
  }
  const file = join(folder, input);
  const settings = readYaml(join(folder, 'case.yaml'), caseSchema, faults) ?? caseSchema.parse({});
  const expectFile = join(folder, 'expect.yaml');
  const expected = existsSync(expectFile) ? (readYaml(expectFile, expectSchema, faults) ?? null) : null;
  if (faults.length > 0) return { faults };
  const found = {
    flow,
    name: basename(folder),
    folder,
    input: { file, bytes: readFileSync(file) },
    settings,
    expected,
  };
  return { found, faults };
}

const foldersIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
        .map((entry) => entry.name)
        .sort()
    : [];

function readYaml<Schema extends z.ZodObject>(
  file: string,
  schema: Schema,
  faults: Fault[],
): z.output<Schema> | undefined {
  if (!existsSync(file)) return undefined;
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(file, 'utf8'), { lineCounter: lines, uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined) {
    const line = lines.linePos(error.pos[0]).line;
    const reason = `not valid YAML: ${error.message.split('\n')[0]?.replace(/ at line .*$/, '') ?? ''}`;
    faults.push({ file, line, reason, fix: 'correct the line; indentation and colons are the usual cause' });
    return undefined;
  }
  const lineOf = (path: readonly PropertyKey[]): number => {
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true) as { range?: readonly number[] } | undefined;
      if (node?.range) return lines.linePos(node.range[0] as number).line;
    }
    return 1;
  };
  const value: unknown = document.toJS({ maxAliasCount: 100 }) ?? {};
  const written = (value as { format?: unknown }).format;
  if (typeof written === 'number' && written !== CASE_FORMAT) {
    faults.push({
      file,
      line: lineOf(['format']),
      reason: `is written in format ${written} of cases, and this Suture reads format ${CASE_FORMAT}`,
      fix:
        written > CASE_FORMAT
          ? 'update Suture, or record the case again'
          : 'record the case again: suture test --record',
    });
    return undefined;
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    const key = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
    const known = Object.keys(schema.shape);
    const near = key === undefined ? undefined : nearest(key, known);
    faults.push({
      file,
      line: lineOf(key === undefined ? issue.path : [...issue.path, key]),
      reason:
        key === undefined ? `${issue.path.join('.') || 'it'}: ${issue.message}` : `there is no "${key}"`,
      fix: near ? `did you mean "${near}"?` : `known are: ${known.join(', ')}`,
    });
  }
  return undefined;
}

export type { Json };
