import { randomUUID } from 'node:crypto';
import type { GenericRequest, GenericResponse } from './exchange.ts';
import { Refused } from './refused.ts';
import type { Content, Repository } from './repository.ts';

interface Entry {
  readonly fullUrl?: string;
  readonly resource?: Content;
  readonly request?: Readonly<Record<string, string | undefined>>;
}

/** Carries out one entry; the id is one that the transaction has promised. */
export type CarryOut = (request: GenericRequest, newId: string | undefined) => GenericResponse;

// The order in which a transaction is carried out, whatever the order of its entries.
const phases = ['DELETE', 'POST', 'PUT', 'PATCH', 'GET', 'HEAD'];

/** The only resource that meets the criteria of a conditional create, as `Type/id`. */
export type Existing = (type: string, criteria: string) => string | undefined;

/** Carries out a transaction (all of it or nothing) or a batch (each entry for itself). */
export function carryOutBundle(
  body: unknown,
  repository: Repository,
  carryOut: CarryOut,
  existing: Existing,
): GenericResponse {
  const {
    resourceType,
    type,
    entry = [],
  } = (body ?? {}) as { resourceType?: unknown; type?: unknown; entry?: Entry[] };
  if (resourceType !== 'Bundle' || (type !== 'transaction' && type !== 'batch') || !Array.isArray(entry)) {
    throw new Refused(400, 'invalid', 'the body must be a Bundle of type transaction or batch');
  }
  const answers =
    type === 'batch' ? batch(entry, carryOut) : transaction(entry, repository, carryOut, existing);
  const bundle = { resourceType: 'Bundle', type: `${type}-response`, entry: answers };
  return { status: 200, headers: {}, body: bundle };
}

function batch(entries: readonly Entry[], carryOut: CarryOut): unknown[] {
  return entries.map((entry) => {
    try {
      return answerOf(carryOut(requestOf(entry), undefined));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return { response: { status: String(error.status), outcome: error.outcome() } };
    }
  });
}

function transaction(
  entries: readonly Entry[],
  repository: Repository,
  carryOut: CarryOut,
  existing: Existing,
): unknown[] {
  const named = new Map<string, string>();
  const promised = entries.map((entry) => {
    const method = entry.request?.method;
    const type = entry.resource?.resourceType;
    if (method !== 'POST' || !type) return undefined;
    const id = randomUUID();
    const condition = entry.request?.ifNoneExist;
    // What exists already keeps its own id, and every entry that refers to it must mean that one.
    const found = condition === undefined ? undefined : existing(type, condition);
    if (entry.fullUrl) named.set(entry.fullUrl, found ?? `${type}/${id}`);
    return id;
  });
  const order = entries.map((_entry, index) => index);
  const phase = (index: number) => phases.indexOf(entries[index]?.request?.method ?? '');
  order.sort((a, b) => phase(a) - phase(b) || a - b);
  const answers: unknown[] = [];
  repository.attempt(() => {
    for (const index of order) {
      const entry = entries[index] as Entry;
      const request = requestOf(entry);
      const answer = carryOut({ ...request, body: linked(request.body, named) }, promised[index]);
      answers[index] = answerOf(answer);
    }
  });
  return answers;
}

function requestOf({ request, resource }: Entry): GenericRequest {
  const { method, url } = request ?? {};
  if (!method || url === undefined)
    throw new Refused(400, 'required', 'an entry needs request.method and request.url');
  const [path = '', query = ''] = url.split('?');
  return {
    method,
    path: path.replace(/^\/+/, ''),
    query: new URLSearchParams(query),
    headers: {
      'if-match': request?.ifMatch,
      'if-none-exist': request?.ifNoneExist,
      'if-none-match': request?.ifNoneMatch,
    },
    ...(resource === undefined ? {} : { body: method === 'PATCH' ? operationsIn(resource) : resource }),
  };
}

/** A JSON Patch travels in a Bundle as a Binary. */
function operationsIn({ resourceType, data }: Content): unknown {
  if (resourceType !== 'Binary' || typeof data !== 'string') {
    throw new Refused(400, 'invalid', 'a PATCH entry carries its JSON Patch in a Binary');
  }
  try {
    return JSON.parse(Buffer.from(data, 'base64').toString('utf8'));
  } catch {
    throw new Refused(400, 'structure', 'the Binary of a PATCH entry holds no JSON');
  }
}

/** References to other entries, by their fullUrl, become references to what they came to be. */
function linked(value: unknown, named: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((each) => linked(each, named));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => {
      const target = name === 'reference' && typeof each === 'string' ? named.get(each) : undefined;
      return [name, target ?? linked(each, named)];
    }),
  );
}

function answerOf({ status, headers, body }: GenericResponse): unknown {
  const { location, etag } = headers;
  const modified = headers['last-modified'];
  return {
    ...(body ? { resource: body } : {}),
    response: {
      status: String(status),
      ...(location === undefined ? {} : { location }),
      ...(etag === undefined ? {} : { etag }),
      ...(modified === undefined ? {} : { lastModified: new Date(modified).toISOString() }),
    },
  };
}
