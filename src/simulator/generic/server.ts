import { createRandom, type Random } from '../world/random.ts';
import { type GenericBehaviour, GenericSwitchboard } from './behaviour.ts';
import { carryOutBundle } from './bundles.ts';
import { genericCapability } from './capability.ts';
import type { GenericRequest, GenericResponse } from './exchange.ts';
import { Exports } from './exports.ts';
import { type Interactions, interactions } from './interactions.ts';
import { Pages } from './pages.ts';
import { isServed, servedTypes } from './parameters.ts';
import { Refused } from './refused.ts';
import { type Content, Repository, type Version } from './repository.ts';
import { type Found, search } from './search.ts';
import { trouble } from './trouble.ts';

export interface GenericServerOptions {
  readonly behaviour?: Partial<GenericBehaviour>;
  readonly seed?: string;
  /** Real time, milliseconds since 1970. */
  readonly now: () => number;
  /** The base address, without a slash at the end. */
  readonly base: () => string;
  readonly tokenUrl?: () => string;
}

/**
 * A FHIR R4 server that is not Epic: versions, `_lastUpdated`, conditional writes, PATCH, transactions. It answers in
 * process; what carries requests to it (HTTP, a test) is not its concern.
 */
export class GenericServer {
  readonly switchboard: GenericSwitchboard;
  readonly repository: Repository;
  readonly #base: () => string;
  readonly #tokenUrl: () => string;
  readonly #random: Random;
  readonly #pages: Pages;
  readonly #interactions: Interactions;
  readonly #exports: Exports;
  #last: { readonly key: string; readonly found: Found } | undefined;

  constructor({ behaviour, seed = 'generic', now, base, tokenUrl = () => '' }: GenericServerOptions) {
    this.switchboard = new GenericSwitchboard(behaviour);
    const switches = this.switchboard.behaviour;
    this.repository = new Repository(switches, createRandom(seed, 'generic writes'), now);
    this.#random = createRandom(seed, 'generic troubles');
    this.#base = base;
    this.#tokenUrl = tokenUrl;
    this.#pages = new Pages(switches, base, now);
    this.#interactions = interactions(this.repository, switches, base);
    this.#exports = new Exports(this.repository, switches, base);
  }

  get behaviour(): GenericBehaviour {
    return this.switchboard.behaviour;
  }

  /** A change that comes from the hospital itself and not from a client; no content deletes. */
  put(type: string, id: string, content: Content | undefined): Version {
    const method = content === undefined ? 'DELETE' : this.repository.newest(type, id) ? 'PUT' : 'POST';
    return this.repository.write(type, id, method, content, false);
  }

  answer(request: GenericRequest): GenericResponse {
    const spoiled = trouble(this.behaviour, this.#random, this.repository.clock());
    if (spoiled?.instead) return this.#dated(spoiled.instead);
    const answer = this.#dated(this.#answer(request));
    return spoiled?.lost ? { ...answer, lost: true } : answer;
  }

  #dated(response: GenericResponse): GenericResponse {
    const date = new Date(this.repository.clock()).toUTCString();
    return { ...response, headers: { date, ...response.headers } };
  }

  #answer(request: GenericRequest): GenericResponse {
    try {
      return this.#carryOut(request, undefined);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return { status: error.status, headers: {}, body: error.outcome() };
    }
  }

  #carryOut(request: GenericRequest, newId: string | undefined): GenericResponse {
    const { method, path, query } = request;
    const [type = '', id, third, number] = path.split('/').filter(Boolean);
    if (type === '') return this.#onBase(request);
    if (type === 'metadata') {
      return ok(genericCapability(this.behaviour, this.#base(), this.#tokenUrl()));
    }
    if (type === '_export' && id !== undefined) return this.#exports.answer(method, id, third);
    if (type === '_history') return this.#history(servedTypes, '_history', query);
    if (!isServed(type)) throw new Refused(404, 'not-supported', `${type} is no type that is served here`);
    if (id === undefined) return this.#onType(request, type, newId);
    if (id === '_history') return this.#history([type], `${type}/_history`, query);
    if (id === '_search' && method === 'POST') return this.#search(request, type, bodyQuery(request.body));
    if (third === undefined) return this.#onInstance(request, type, id);
    if (third === '$export' && type === 'Group' && method === 'GET')
      return this.#exports.begin(id, query, request.headers);
    if (third === '_history' && method === 'GET' && this.behaviour.versions) {
      if (number !== undefined) return this.#interactions.vread(type, id, number);
      return this.#instanceHistory(type, id, query);
    }
    throw new Refused(404, 'not-supported', 'nothing is served at this address');
  }

  #onBase({ method, query, body }: GenericRequest): GenericResponse {
    const page = query.get('_page');
    if (method === 'GET' && page) return ok(this.#pages.next(page));
    if (method === 'POST') {
      return carryOutBundle(
        body,
        this.repository,
        (request, newId) => this.#carryOut(request, newId),
        (type, criteria) => this.#interactions.existing(type, criteria),
      );
    }
    throw new Refused(404, 'not-supported', 'nothing is served at this address');
  }

  #onType(request: GenericRequest, type: string, newId: string | undefined): GenericResponse {
    switch (request.method) {
      case 'GET':
        return this.#search(request, type, request.query);
      case 'POST':
        return this.#interactions.create(request, type, newId);
      case 'PUT':
        return this.#interactions.conditionalUpdate(request, type, newId);
      case 'DELETE':
        return this.#interactions.conditionalRemove(request, type);
      default:
        throw notAllowed(request.method);
    }
  }

  #onInstance(request: GenericRequest, type: string, id: string): GenericResponse {
    switch (request.method) {
      case 'GET':
        return this.#interactions.read(request, type, id);
      case 'PUT':
        return this.#interactions.update(request, type, id);
      case 'PATCH':
        return this.#interactions.patch(request, type, id);
      case 'DELETE':
        return this.#interactions.remove(request, type, id);
      default:
        throw notAllowed(request.method);
    }
  }

  #search(request: GenericRequest, type: string, query: URLSearchParams): GenericResponse {
    const handling = /\bhandling\s*=\s*(strict|lenient)\b/.exec(request.headers.prefer ?? '')?.[1];
    const strict = handling === undefined ? this.behaviour.strict : handling === 'strict';
    const { versions, understood } = this.#found(type, query, strict);
    return ok(this.#pages.first({ kind: 'searchset', versions, path: type, query: understood }));
  }

  /** Pages that ask again from an offset, while nothing has changed and no time has passed, are one search. */
  #found(type: string, query: URLSearchParams, strict: boolean): Found {
    const asked = new URLSearchParams(query);
    asked.delete('_offset');
    const key = `${type}?${asked}\n${strict}\n${this.repository.moment()}\n${JSON.stringify(this.behaviour)}`;
    if (this.#last?.key !== key) {
      this.#last = { key, found: search(this.repository, this.behaviour, type, asked, strict) };
    }
    const { versions, understood } = this.#last.found;
    const offset = query.get('_offset');
    const self = new URLSearchParams(understood);
    if (offset !== null) self.set('_offset', offset);
    return { versions, understood: self };
  }

  #history(types: readonly string[], path: string, query: URLSearchParams): GenericResponse {
    if (!this.behaviour.versions) throw new Refused(404, 'not-supported', 'no history is kept here');
    const versions = this.repository.changes(types, sinceIn(query));
    return ok(this.#pages.first({ kind: 'history', versions, path, query }));
  }

  #instanceHistory(type: string, id: string, query: URLSearchParams): GenericResponse {
    const since = sinceIn(query);
    const all = this.repository.history(type, id);
    if (all.length === 0) throw new Refused(404, 'not-found', `there is no ${type}/${id}`);
    const versions = all.filter(({ stamp }) => since === undefined || stamp >= since);
    return ok(this.#pages.first({ kind: 'history', versions, path: `${type}/${id}/_history`, query }));
  }
}

function ok(body: Content): GenericResponse {
  return { status: 200, headers: {}, body };
}

function notAllowed(method: string): Refused {
  return new Refused(405, 'not-supported', `${method} is not possible here`);
}

function bodyQuery(body: unknown): URLSearchParams {
  return body instanceof URLSearchParams ? body : new URLSearchParams();
}

function sinceIn(query: URLSearchParams): number | undefined {
  const text = query.get('_since');
  if (text === null) return undefined;
  const since = Date.parse(text);
  if (Number.isNaN(since)) throw new Refused(400, 'value', '_since is no instant');
  return since;
}
