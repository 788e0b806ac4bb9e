import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ApiFailure } from './failures.ts';

/**
 * The value by its schema, or `API_BAD_REQUEST` naming the fields. What was sent is never repeated in the
 * answer: it may be patient data typed into the wrong field.
 */
export function parsed<T extends z.ZodType>(schema: T, value: unknown, what: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const fields = result.error.issues.map((issue) => {
    const path = issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : String(part))).join('.');
    return `${path === '' ? what : path}: ${issue.code.replaceAll('_', ' ')}`;
  });
  throw new ApiFailure('API_BAD_REQUEST', `The ${what} is not valid (${[...new Set(fields)].join('; ')}).`);
}

/** A request's JSON body by its schema. */
export function bodyOf<T extends z.ZodType>(schema: T, request: FastifyRequest): z.output<T> {
  return parsed(schema, request.body ?? {}, 'body');
}

/** Ids are opaque text to clients. */
export const idSchema = z.string().regex(/^[A-Za-z0-9_-]{1,40}$/);
/** A name that a site record may use. */
export const nameSchema = z.string().min(1).max(200);

/** Leaves out what was not given: an absent filter and an undefined one are not the same to the store. */
export function given<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as never;
}
