import type { GenericBehaviour } from './behaviour.ts';
import { Refused } from './refused.ts';
import type { Content, Version } from './repository.ts';

/** One request as the server sees it, whatever carried it. */
export interface GenericRequest {
  readonly method: string;
  /** Below the base address, without a slash in front: `Patient/1`; empty for the base itself. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Parsed JSON. */
  readonly body?: unknown;
}

export interface GenericResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A resource, or nothing. */
  readonly body?: Content;
  /** In place of a resource: what is not FHIR's JSON, with its type in the headers. */
  readonly text?: string;
  /** It was carried out, and the answer never arrives. */
  readonly lost?: true;
}

/** `W/"3"` or `"3"` as 3. Throws a Refused for what is no such thing. */
export function versionOf(etag: string): string {
  const number = /^\s*(?:W\/)?"?([^"]+)"?\s*$/.exec(etag)?.[1];
  if (number === undefined) throw new Refused(400, 'value', 'the version in If-Match cannot be read');
  return number;
}

/** The headers that go with a version of a resource. */
export function versionHeaders(behaviour: GenericBehaviour, version: Version): Record<string, string> {
  return {
    'last-modified': new Date(version.stamp).toUTCString(),
    ...(behaviour.versions ? { etag: `W/"${version.number}"` } : {}),
  };
}

/** What `Prefer: return=` asks for. */
export function preferred(
  headers: GenericRequest['headers'],
): 'minimal' | 'representation' | 'OperationOutcome' {
  const match = /\breturn\s*=\s*(minimal|representation|OperationOutcome)\b/.exec(headers.prefer ?? '');
  return (match?.[1] as 'minimal' | undefined) ?? 'representation';
}

/** A body that must be a resource of this type. */
export function resourceIn(body: unknown, type: string): Content {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Refused(400, 'structure', 'the body is no resource');
  }
  const { resourceType } = body as { resourceType?: unknown };
  if (resourceType !== type) throw new Refused(400, 'invalid', `the body must be a ${type}`);
  return body as Content;
}
