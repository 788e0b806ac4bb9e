/** `suture.config.ts`: its settings, and what is wrong with them. */
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import type { Fault } from '../../site/index.ts';
import { nearest } from '../../std/index.ts';

const configSchema = z.strictObject({
  sites: z.string().default('sites'),
  flows: z.string().default('flows'),
  /** Unfinished deliveries of one connection above which its senders are no longer read. */
  backlogLimit: z.number().int().positive().optional(),
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

/** A file of the project that does not load, with its line where the stack names it. */
export function importFault(file: string, error: unknown): Fault {
  const text = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const line = new RegExp(`${file.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}:(\\d+)`).exec(stack)?.[1];
  return {
    file,
    line: Number(line ?? 0),
    reason: `cannot be loaded: ${text.split('\n')[0]}`,
    fix: 'correct the TypeScript',
  };
}
