/**
 * What a site's server said when a person asked it (`suture probe`, `suture sites draft`), and how the HL7 messages of a connection
 * were seen to look: `sites/<site>/observed/<connection>-<part>.json`, reviewed and versioned like the record. Facts about servers
 * and feeds alone: no patient data, no tokens, no secrets.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Fault } from './load.ts';

const texts = z.array(z.string());

const said = {
  /** When it was asked: `2026-11-21T10:00:00Z`. */
  observedAt: z.iso.datetime(),
  /** The address that was asked, without a query; of a shape what the messages were. */
  from: z.string(),
};

/** `works`: honoured. `ignored`: taken, and two records came to be, or an older version was overwritten. `unclear`: no answer. */
const honoured = z.enum(['works', 'ignored', 'refused', 'unclear']);

const observedResource = z.strictObject({
  /** FHIR's names: `read`, `search-type`, `create`, `update`, `vread`. */
  interactions: texts,
  /** Search parameters in the server's own order: Epic lists those that it searches by before those that it only filters by. */
  search: texts,
  operations: texts.default([]),
  /** True only where the server says so; a claim, not a proof. */
  conditionalCreate: z.boolean().default(false),
  versioning: z.string().optional(),
});

export const observedParts = {
  /** The CapabilityStatement, shortened to what decides. */
  metadata: z.strictObject({
    ...said,
    fhirVersion: z.string(),
    software: z.strictObject({
      name: z.string().optional(),
      version: z.string().optional(),
      releaseDate: z.string().optional(),
    }),
    formats: texts,
    systemOperations: texts.default([]),
    resources: z.record(z.string(), observedResource),
  }),
  /** The SMART configuration. */
  smart: z.strictObject({
    ...said,
    tokenEndpoint: z.string().optional(),
    capabilities: texts,
    grants: texts,
    authMethods: texts,
    scopesNamed: texts,
  }),
  /** Scopes of a token, each as the server spelled it. The token itself is not kept. */
  scopes: z.strictObject({
    ...said,
    /** False: the token came without a list of scopes, which says nothing. */
    told: z.boolean(),
    scopes: texts,
  }),
  /** Harmless questions about nobody, and how they were answered. */
  trials: z.strictObject({
    ...said,
    trials: z.array(
      z.strictObject({
        /** `Patient (read)`, `Appointment (search)`. */
        what: z.string(),
        /** `unclear`: nothing can be concluded from the answer. */
        answer: z.enum(['allowed', 'not granted', 'user may not', 'no such thing', 'unclear']),
        status: z.int().nullable(),
        /** Issue codes of the answer, such as Epic's 59108. */
        codes: texts.default([]),
      }),
    ),
  }),
  /** Records about nobody that were made to see which headers are honoured (`suture probe --try-writes`), and removed again. */
  writes: z.strictObject({
    ...said,
    /** By type. */
    types: z.record(
      z.string(),
      z.strictObject({
        /** `If-None-Exist`: two creates gave one record. */
        conditionalCreate: honoured,
        /** `If-Match`: an update of an older version was refused. */
        versions: honoured,
      }),
    ),
    /** What could not be removed: `Observation/e1`. */
    leftBehind: texts,
  }),
  /** Of the server’s certificate what decides when it has to be another. */
  certificate: z.strictObject({
    ...said,
    validTo: z.iso.datetime(),
    issuer: z.string().optional(),
  }),
  /** What HL7 messages of a connection showed: message types, segments, fields, versions, how ids are spelled. */
  shape: z.strictObject({
    ...said,
    /** How many messages. */
    messages: z.int().min(0),
    /** By kind (`segment`) and by value (`ADT^A08 ZPD`), in how many of them. */
    facts: z.record(z.string(), z.record(z.string(), z.int().min(1))),
  }),
} as const;

export type ObservedPart = keyof typeof observedParts;
/** What one connection's server said. */
export type Observed = { readonly [Part in ObservedPart]?: z.output<(typeof observedParts)[Part]> };
/** By connection. */
export type ObservedSite = Readonly<Record<string, Observed>>;

/** @example observedTime(0) // '1970-01-01T00:00:00Z' */
export const observedTime = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

const PARTS = Object.keys(observedParts) as ObservedPart[];

/** @example observedFile('epic', 'metadata') // 'epic-metadata.json' */
export const observedFile = (connection: string, part: ObservedPart): string => `${connection}-${part}.json`;

/** As it is written: keys in a fixed order, one value a line, so that two of them can be laid side by side. */
export function observedText(part: ObservedPart, value: unknown): string {
  return `${JSON.stringify(sorted(observedParts[part].parse(value)), null, 2)}\n`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, sorted(each)]),
  );
}

/** Everything in `<site's folder>/observed`; nothing there is no fault. */
export function loadObserved(siteFolder: string): {
  readonly observed: ObservedSite;
  readonly faults: readonly Fault[];
} {
  const folder = join(siteFolder, 'observed');
  const observed: Record<string, { -readonly [Part in ObservedPart]?: Observed[Part] }> = {};
  const faults: Fault[] = [];
  for (const name of filesIn(folder)) {
    const file = join(folder, name);
    const part = PARTS.find((each) => name.endsWith(`-${each}.json`));
    if (part === undefined) {
      const known = PARTS.map((each) => `<connection>-${each}.json`).join(', ');
      faults.push({
        file,
        line: 0,
        reason: 'is no file of observed facts',
        fix: `move it away; known: ${known}`,
      });
      continue;
    }
    const parsed = observedParts[part].safeParse(jsonOf(file));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const reason = `${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'cannot be read'}`;
      faults.push({
        file,
        line: 0,
        reason,
        fix: 'bring back the last version, or ask again with suture probe',
      });
      continue;
    }
    const connection = name.slice(0, -`-${part}.json`.length);
    observed[connection] = { ...observed[connection], [part]: parsed.data };
  }
  return { observed, faults };
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort();
  } catch {
    return [];
  }
}

function jsonOf(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
