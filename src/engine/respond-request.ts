/** A CDS Hooks call as it comes: its parts, what of it may be kept, and how it is refused. Pure. */
import type { CdsTrigger } from '../flow/index.ts';
import { asFailure, type Json } from '../std/index.ts';

export interface CdsRequest {
  readonly service: string;
  /** The `Authorization` header as it came. */
  readonly authorization: string | undefined;
  readonly body: unknown;
}

export interface CdsAnswer {
  readonly status: number;
  readonly body: Json;
}

export interface Asked {
  readonly hook: string;
  readonly hookInstance: string;
  readonly context: Readonly<Record<string, unknown>>;
  readonly prefetch: Record<string, unknown>;
  readonly rest: Readonly<Record<string, unknown>>;
  readonly server: string | null;
  /** In memory for as long as the call lasts. */
  readonly token: string | null;
}

/** The parts of a call; a sentence when it is none. The token is taken out here, and nowhere else looked at. */
export function askedOf(body: unknown, trigger: CdsTrigger): Asked | string {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return 'The body is no JSON object.';
  const { fhirAuthorization, ...rest } = body as Record<string, unknown>;
  const { hook, hookInstance, context, prefetch, fhirServer } = rest;
  if (hook !== trigger.hook) return `This service answers ${trigger.hook}; the call is of another hook.`;
  if (typeof hookInstance !== 'string' || hookInstance === '') return 'The call has no hookInstance.';
  if (typeof context !== 'object' || context === null || Array.isArray(context))
    return 'The call has no context.';
  const { patientId, userId } = context as Record<string, unknown>;
  if (typeof patientId !== 'string' || typeof userId !== 'string')
    return 'The context has no patientId or no userId.';
  const sent = typeof prefetch === 'object' && prefetch !== null && !Array.isArray(prefetch) ? prefetch : {};
  const token = (fhirAuthorization as { access_token?: unknown } | null | undefined)?.access_token;
  return {
    hook: trigger.hook,
    hookInstance,
    context: context as Record<string, unknown>,
    prefetch: { ...sent },
    rest,
    server: typeof fhirServer === 'string' ? fhirServer : null,
    token: typeof token === 'string' && token !== '' ? token : null,
  };
}

/** What is kept never holds the token, wherever a sender may have put it. */
export function withoutToken(body: unknown, token: string | null): Json {
  const clean = (value: unknown): unknown => {
    if (typeof value === 'string') return token === null ? value : value.replaceAll(token, '[removed]');
    if (Array.isArray(value)) return value.map(clean);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [String(clean(key)), clean(each)]));
  };
  return clean(JSON.parse(JSON.stringify(body ?? null))) as Json;
}

export function refusalOf(error: unknown): CdsAnswer {
  const failure = asFailure(error);
  const status =
    failure.kind === 'auth'
      ? 401
      : failure.code === 'CDS_SERVICE_UNKNOWN'
        ? 404
        : failure.kind === 'validation'
          ? 400
          : 500;
  return { status, body: { error: failure.message } };
}
