/** `suture.config.ts`: its settings, and what is wrong with them. */
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import type { Fault } from '../../site/index.ts';
import { nearest } from '../../std/index.ts';

const configSchema = z.strictObject({
  sites: z.string().default('sites'),
  flows: z.string().default('flows'),
  maps: z.string().default('maps'),
  /** Unfinished deliveries of one connection above which its senders are no longer read. */
  backlogLimit: z.number().int().positive().optional(),
  /** `secondApproval`: what touches a production site waits until a second user has approved it. */
  deploy: z.strictObject({ secondApproval: z.boolean().default(false) }).prefault({}),
  dev: z
    .strictObject({
      hospital: z
        .strictObject({
          patients: z.number().int().positive().default(60),
          /** Hospital minutes a real minute. */
          speed: z.number().positive().default(1),
          eventsPerMinute: z.number().positive().default(30),
          /** The MLLP connection that its feeds go to. */
          feed: z.string(),
        })
        .optional(),
      /** Programs of the project that run beside the engine in development. */
      beside: z.array(z.string()).default([]),
    })
    .prefault({}),
});

export type ProjectConfig = z.output<typeof configSchema>;

export async function readConfig(file: string, faults: Fault[]): Promise<ProjectConfig> {
  let value: unknown = {};
  try {
    value = ((await import(pathToFileURL(file).href)) as { default?: unknown }).default;
  } catch (error) {
    faults.push(importFault(file, error));
  }
  const parsed = configSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    const key = issue.code === 'unrecognized_keys' ? (issue.keys[0] ?? '') : '';
    const near = key ? nearest(key, Object.keys(configSchema.shape)) : undefined;
    faults.push({
      file,
      line: 0,
      reason: key
        ? `there is no setting "${key}"`
        : `${issue.path.join('.') || 'the default export'}: ${issue.message}`,
      fix: near ? `did you mean "${near}"?` : 'export default defineConfig({ ... })',
    });
  }
  return configSchema.parse({});
}

/** A file of the project that does not load, with the place in it, or in what it imports, that the stack names. */
export function importFault(file: string, error: unknown): Fault {
  const text = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const { at, line } = placeIn(stack) ?? { at: file, line: 0 };
  return {
    file: at,
    line,
    reason: `cannot be loaded: ${text.replaceAll(GENERATION, '').split('\n')[0]}`,
    fix: /outside a module/.test(text)
      ? 'write "type": "module" into the project’s package.json'
      : 'correct the TypeScript',
  };
}

/** What a module that was loaded again has behind its name. */
const GENERATION = /\?generation=\d+/g;

/** The first place of a stack that is a file of people: not of Node, and not of a package. */
function placeIn(stack: string): { at: string; line: number } | undefined {
  const places = stack
    .replaceAll(GENERATION, '')
    .matchAll(/(?:file:\/\/)?(\/[^\s():]+|[A-Za-z]:[\\/][^\s():]+)\.(ts|mts|js|mjs|json):(\d+)/g);
  for (const [, path = '', extension, line] of places) {
    if (!/[\\/](node_modules|src[\\/]cli|dist[\\/]cli)[\\/]/.test(path)) {
      return { at: `${decodeURI(path)}.${extension}`, line: Number(line) };
    }
  }
  return undefined;
}
