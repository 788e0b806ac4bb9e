import { randomUUID } from 'node:crypto';
import type { GenericBehaviour } from './behaviour.ts';
import {
  type GenericRequest,
  type GenericResponse,
  preferred,
  resourceIn,
  versionHeaders,
  versionOf,
} from './exchange.ts';
import { patched } from './patch.ts';
import { outcome, Refused } from './refused.ts';
import type { Content, Repository, Version } from './repository.ts';
import { search } from './search.ts';

export interface Interactions {
  /** The resource that a conditional create would find, as `Type/id`. */
  existing(type: string, criteria: string): string | undefined;
  read(request: GenericRequest, type: string, id: string): GenericResponse;
  vread(type: string, id: string, number: string): GenericResponse;
  /** `newId` is the id that a transaction has promised. */
  create(request: GenericRequest, type: string, newId?: string): GenericResponse;
  update(request: GenericRequest, type: string, id: string): GenericResponse;
  conditionalUpdate(request: GenericRequest, type: string, newId?: string): GenericResponse;
  patch(request: GenericRequest, type: string, id: string): GenericResponse;
  remove(request: GenericRequest, type: string, id: string): GenericResponse;
  conditionalRemove(request: GenericRequest, type: string): GenericResponse;
}

/** What can be done with one resource. */
export function interactions(
  repository: Repository,
  behaviour: GenericBehaviour,
  base: () => string,
): Interactions {
  function current(type: string, id: string): Version & { resource: Content } {
    const version = repository.readable(type, id);
    if (version?.resource) return version as Version & { resource: Content };
    if (version && behaviour.deleted === '410')
      throw new Refused(410, 'deleted', `${type}/${id} was deleted`);
    throw new Refused(404, 'not-found', `there is no ${type}/${id}`);
  }

  /** The only match of a conditional request; undefined when there is none. */
  function only(type: string, query: string): Version | undefined {
    const criteria = new URLSearchParams(query.replace(/^\?/, ''));
    if (criteria.size === 0) throw new Refused(400, 'required', 'a conditional request needs criteria');
    const { versions } = search(repository, behaviour, type, criteria, true);
    if (versions.length > 1) {
      throw new Refused(412, 'multiple-matches', `${versions.length} resources match the criteria`);
    }
    return versions[0];
  }

  function checkMatch(request: GenericRequest, version: Version | undefined): void {
    const wanted = request.headers['if-match'];
    if (wanted === undefined || !behaviour.versions) return;
    if (String(version?.number) !== versionOf(wanted)) {
      throw new Refused(412, 'conflict', 'the resource has changed since that version');
    }
  }

  function answered(request: GenericRequest, status: number, version: Version): GenericResponse {
    const { type, id, number, resource } = version;
    const address = `${base()}/${type}/${id}${behaviour.versions ? `/_history/${number}` : ''}`;
    const headers = { ...versionHeaders(behaviour, version), location: address };
    const wanted = preferred(request.headers);
    if (wanted === 'minimal' || !resource) return { status, headers };
    if (wanted === 'representation') return { status, headers, body: resource };
    return { status, headers, body: outcome('information', 'informational', 'done') };
  }

  function store(request: GenericRequest, type: string, id: string, content: Content): GenericResponse {
    const before = repository.newest(type, id);
    checkMatch(request, before);
    if (!before && !behaviour.updateCreates) {
      throw new Refused(405, 'not-supported', `there is no ${type}/${id}, and PUT creates none here`);
    }
    const version = repository.write(type, id, 'PUT', content, true);
    return answered(request, before?.resource ? 200 : 201, version);
  }

  return {
    existing(type, criteria) {
      const found = behaviour.conditionalCreate === 'works' ? only(type, criteria) : undefined;
      return found && `${found.type}/${found.id}`;
    },
    read(request, type, id) {
      const version = current(type, id);
      const headers = versionHeaders(behaviour, version);
      if (headers.etag !== undefined && request.headers['if-none-match'] === headers.etag) {
        return { status: 304, headers };
      }
      return { status: 200, headers, body: version.resource };
    },
    vread(type, id, number) {
      const version = repository.history(type, id).find((each) => String(each.number) === number);
      if (!version) throw new Refused(404, 'not-found', `there is no version ${number} of ${type}/${id}`);
      if (!version.resource)
        throw new Refused(410, 'deleted', `version ${number} of ${type}/${id} is its deletion`);
      return { status: 200, headers: versionHeaders(behaviour, version), body: version.resource };
    },
    create(request, type, newId) {
      const content = resourceIn(request.body, type);
      const condition = request.headers['if-none-exist'];
      if (condition !== undefined && behaviour.conditionalCreate === 'refused') {
        throw new Refused(501, 'not-supported', 'conditional create is not supported');
      }
      if (condition !== undefined && behaviour.conditionalCreate === 'works') {
        const existing = only(type, condition);
        if (existing) return answered(request, 200, existing);
      }
      const version = repository.write(type, newId ?? randomUUID(), 'POST', content, true);
      return answered(request, 201, version);
    },
    update(request, type, id) {
      const content = resourceIn(request.body, type);
      if (content.id !== id)
        throw new Refused(400, 'invalid', 'the id in the body must be the one in the address');
      return store(request, type, id, content);
    },
    conditionalUpdate(request, type, newId) {
      const content = resourceIn(request.body, type);
      const existing = only(type, request.query.toString());
      if (existing && content.id !== undefined && content.id !== existing.id) {
        throw new Refused(400, 'invalid', 'the id in the body is not that of the match');
      }
      if (existing) return store(request, type, existing.id, content);
      const id = typeof content.id === 'string' ? content.id : (newId ?? randomUUID());
      return answered(request, 201, repository.write(type, id, 'PUT', content, true));
    },
    patch(request, type, id) {
      const version = current(type, id);
      checkMatch(request, repository.newest(type, id));
      const content = resourceIn(patched(version.resource, request.body), type);
      if (content.id !== id) throw new Refused(422, 'processing', 'a patch cannot change the id');
      return answered(request, 200, repository.write(type, id, 'PUT', content, true));
    },
    remove(request, type, id) {
      const before = repository.newest(type, id);
      checkMatch(request, before);
      if (before?.resource) repository.write(type, id, 'DELETE', undefined, true);
      return { status: 204, headers: {} };
    },
    conditionalRemove(request, type) {
      const existing = only(type, request.query.toString());
      if (existing) repository.write(type, existing.id, 'DELETE', undefined, true);
      return { status: 204, headers: {} };
    },
  };
}
