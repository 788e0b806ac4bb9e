/** From a call's arguments to the request: the method, the address below the configured one, the body. */
import { z } from 'zod';
import type { Json } from '../../std/index.ts';
import type { Call, CallContext } from '../contract.ts';
import { webhookFailure } from './failures.ts';

export interface WebhookRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly url: URL;
  readonly contentType: string | undefined;
  readonly body: Uint8Array | string;
}

const path = z.string().optional();
const method = z.enum(['POST', 'PUT', 'PATCH']).optional();
const scalar = z.union([z.string(), z.number(), z.boolean()]);

const forms = {
  send: z.strictObject({ path, method, body: z.json().optional() }),
  create: z.strictObject({ path, method, body: z.json() }),
  update: z.strictObject({ path, method, body: z.json() }),
  find: z.strictObject({ path, query: z.record(z.string(), scalar.nullable()).optional() }),
};

export type WebhookAct = keyof typeof forms;

export const isAct = (name: string): name is WebhookAct => Object.hasOwn(forms, name);

const usualMethod = { send: 'POST', create: 'POST', update: 'PUT' } as const;

/** How a message that is passed on as it was received is labelled. */
const contentTypes = {
  hl7: 'x-application/hl7-v2+er7',
  fhir: 'application/fhir+json',
  json: 'application/json',
  text: 'text/plain; charset=utf-8',
} as const;

/** Throws `WEBHOOK_ARGUMENTS` without repeating a value: it may name a patient. */
export function requestOf(
  act: WebhookAct,
  call: Call,
  base: string,
  message: CallContext['message'],
): WebhookRequest {
  // A step without any arguments maps to null or nothing.
  const args: Json = call.args ?? {};
  if (act === 'find') {
    const asked = read(forms.find, args, act);
    const url = below(base, asked.path);
    for (const [name, value] of Object.entries(asked.query ?? {})) {
      if (value !== null) url.searchParams.set(name, String(value));
    }
    return { method: 'GET', url, contentType: undefined, body: '' };
  }
  const asked = read(forms[act], args, act);
  const url = below(base, asked.path);
  const chosen = asked.method ?? usualMethod[act];
  if (asked.body === undefined) {
    return { method: chosen, url, contentType: contentTypes[message.format], body: message.bytes };
  }
  return { method: chosen, url, contentType: 'application/json', body: JSON.stringify(asked.body) };
}

function read<Schema extends z.ZodType>(schema: Schema, args: Json, act: string): z.output<Schema> {
  const parsed = schema.safeParse(args);
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path[0];
  throw webhookFailure('WEBHOOK_ARGUMENTS', {
    message: `The arguments of ${act} are not right${field === undefined ? '' : `: ${String(field)}`}.`,
  });
}

/** An address below the base, on the base's host: a path from a message cannot lead anywhere else. */
function below(base: string, path: string | undefined): URL {
  const url = new URL(base);
  if (path === undefined || path === '') return url;
  const root = url.pathname.replace(/\/+$/, '');
  const { origin } = url;
  url.pathname = `${root}/${path.replace(/^\/+/, '')}`;
  if (url.origin !== origin || !url.pathname.startsWith(`${root}/`)) {
    throw webhookFailure('WEBHOOK_ARGUMENTS', { message: 'The path leads out of the configured url.' });
  }
  return url;
}
