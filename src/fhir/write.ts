/** Creating, updating and operations: what a write that was answered gave, and what one that was not means. */
import type { Failure } from '../std/index.ts';
import { excerpt } from './answer.ts';
import type { Answered } from './exchange.ts';
import { fhirFailure } from './failures.ts';
import { codesOf, type Issue } from './outcome.ts';
import { type FhirResource, referencedId } from './resource.ts';

export interface Written {
  /** 201: made. 200 to a create: it was there already, or the server does not tell the two apart. */
  readonly status: number;
  /** From `Location`, or from the resource in the body. */
  readonly id: string | undefined;
  /** Only where the server sends it back: `Prefer: return=representation`. */
  readonly resource: FhirResource | undefined;
  readonly version: string | undefined;
  /** Codes of warnings that came along with the yes: `4122`. */
  readonly codes: readonly string[];
  readonly issues: readonly Issue[];
}

export interface WriteOptions {
  readonly signal: AbortSignal;
  /** Ask for the stored resource back. */
  readonly representation?: boolean;
}

export interface CreateOptions extends WriteOptions {
  /**
   * A conditional create: the query that finds it if it is there (`identifier=urn:x|7`). Only for a server that has
   * been proved to honour it: others ignore the header, and make a second one.
   */
  readonly ifNoneExist?: string;
}

export interface UpdateOptions extends WriteOptions {
  /** The version that was read; the server answers 412 when it is no longer that. */
  readonly ifMatch?: string;
}

/** Headers of a write with a FHIR body. */
export function writeHeaders(options: CreateOptions & UpdateOptions): Record<string, string> {
  return {
    'content-type': 'application/fhir+json',
    ...(options.representation ? { prefer: 'return=representation' } : {}),
    ...(options.ifNoneExist === undefined ? {} : { 'if-none-exist': options.ifNoneExist }),
    ...(options.ifMatch === undefined ? {} : { 'if-match': `W/"${options.ifMatch}"` }),
  };
}

/**
 * Reads a 2xx answer to a create or an update. Epic's is 201 with a relative `Location` and no body.
 * Throws `FHIR_WRITE_UNKNOWN` when it is no FHIR answer: a gateway's page with 200 says nothing about the write.
 */
export function writtenOf(
  { content, reply }: Answered,
  type: string,
  baseUrl: string,
  what: string,
): Written {
  const resource = content.resource?.resourceType === type ? content.resource : undefined;
  const { location } = reply.headers;
  const id = idIn(location, type, baseUrl) ?? resource?.id;
  const strange = content.form === 'html' || content.form === 'other' || content.form === 'json';
  if (id === undefined && strange) throw writeUnknown(what, `with ${reply.status} and no FHIR`, content.text);
  const version =
    /^(?:W\/)?"([^"]*)"$/.exec(reply.headers.etag ?? '')?.[1] ??
    /_history\/([^/?#]+)/.exec(location ?? '')?.[1];
  return {
    status: reply.status,
    id,
    resource,
    version,
    issues: content.issues,
    codes: codesOf(content.issues),
  };
}

/** `Patient/e1`, `https://host/R4/Patient/e1/_history/2`: below our base or not, the type and id stand at the end. */
function idIn(location: string | undefined, type: string, baseUrl: string): string | undefined {
  if (location === undefined) return undefined;
  const direct = referencedId(location, type, baseUrl);
  if (direct !== undefined) return direct;
  const path = URL.parse(location, `${baseUrl}/`)?.pathname.split('/') ?? [];
  const at = path.lastIndexOf(type);
  const id = at < 0 ? undefined : path[at + 1];
  return id === '' ? undefined : id;
}

/** It was sent, and nobody can say whether it was done. */
export function writeUnknown(what: string, how: string, text = '', cause?: unknown): Failure {
  return fhirFailure('FHIR_WRITE_UNKNOWN', {
    message: `The ${what} was answered ${how}: it may have been done.`,
    ...(text === '' ? {} : { detail: excerpt(text) }),
    ...(cause === undefined ? {} : { cause }),
  });
}
