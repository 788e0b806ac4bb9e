import type { GenericBehaviour } from './behaviour.ts';
import type { GenericRequest, GenericResponse } from './exchange.ts';
import { patientKey } from './keys.ts';
import { isServed, servedTypes, valuesAt } from './parameters.ts';
import { Refused } from './refused.ts';
import type { Content, Repository } from './repository.ts';

interface Export {
  readonly begunAt: number;
  readonly request: string;
  /** NDJSON by type. */
  readonly files: ReadonlyMap<string, { readonly text: string; readonly count: number }>;
  looks: number;
}

/** Exports that are kept at once; the oldest goes first. */
const most = 20;

/** Bulk Data of a Group: what searches see at the kick-off, one file of each type. */
export class Exports {
  readonly #repository: Repository;
  readonly #behaviour: GenericBehaviour;
  readonly #base: () => string;
  readonly #exports = new Map<string, Export>();
  #last = 0;

  constructor(repository: Repository, behaviour: GenericBehaviour, base: () => string) {
    this.#repository = repository;
    this.#behaviour = behaviour;
    this.#base = base;
  }

  begin(group: string, query: URLSearchParams, headers: GenericRequest['headers']): GenericResponse {
    if (!this.#behaviour.exports) throw new Refused(404, 'not-supported', 'nothing is exported here');
    if (!/\brespond-async\b/.test(headers.prefer ?? ''))
      throw new Refused(400, 'value', 'an export needs the header Prefer: respond-async');
    const found = this.#repository.readable('Group', group)?.resource;
    if (!found) throw new Refused(404, 'not-found', `there is no Group/${group}`);
    const types = query.get('_type')?.split(',') ?? servedTypes;
    const unknown = types.find((type) => !isServed(type));
    if (unknown !== undefined)
      throw new Refused(400, 'not-supported', `${unknown} is no type that is served here`);
    const members = membersOf(found);
    const files = new Map<string, { text: string; count: number }>();
    for (const type of types) {
      const resources = members.flatMap((id) => this.#of(type, id));
      const text = resources.map((each) => `${JSON.stringify(each)}\n`).join('');
      if (resources.length > 0) files.set(type, { text, count: resources.length });
    }
    const id = String(++this.#last);
    const request = `${this.#base()}/Group/${group}/$export?${query}`;
    this.#exports.set(id, { begunAt: this.#repository.clock(), request, files, looks: 0 });
    const [oldest] = this.#exports.keys();
    if (this.#exports.size > most && oldest !== undefined) this.#exports.delete(oldest);
    return {
      status: 202,
      headers: { 'content-location': `${this.#base()}/_export/${id}`, 'retry-after': '1' },
    };
  }

  /** Of one export: how far it is, a file, or its end. */
  answer(method: string, id: string, file: string | undefined): GenericResponse {
    const found = this.#exports.get(id);
    if (!found) throw new Refused(404, 'not-found', 'there is no such export');
    if (method === 'DELETE') {
      this.#exports.delete(id);
      return { status: 202, headers: {} };
    }
    if (method !== 'GET') throw new Refused(405, 'not-supported', `${method} is not possible here`);
    if (file !== undefined) {
      const held = found.files.get(file);
      if (!held) throw new Refused(404, 'not-found', 'there is no such file');
      return { status: 200, headers: { 'content-type': 'application/fhir+ndjson' }, text: held.text };
    }
    if (found.looks++ < this.#behaviour.exportLooks)
      return { status: 202, headers: { 'x-progress': 'under way', 'retry-after': '1' } };
    const manifest = {
      transactionTime: new Date(found.begunAt).toISOString(),
      request: found.request,
      requiresAccessToken: this.#behaviour.secured,
      output: [...found.files].map(([type, { count }]) => ({
        type,
        url: `${this.#base()}/_export/${id}/${type}`,
        count,
      })),
      error: [],
    };
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      text: JSON.stringify(manifest),
    };
  }

  #of(type: string, patient: string): readonly Content[] {
    const versions =
      type === 'Patient'
        ? [this.#repository.searchableById('Patient', patient)]
        : this.#repository.searchableBy(type, patientKey(patient));
    return versions.flatMap((version) => version?.resource ?? []);
  }
}

/** Patients, by FHIR id. */
function membersOf(group: Content): readonly string[] {
  const ids = valuesAt(group, 'member.entity.reference').map(
    (reference) => /(?:^|\/)Patient\/([^/]+)$/.exec(String(reference))?.[1],
  );
  return [...new Set(ids.filter((id) => id !== undefined))];
}
