import { isDeepStrictEqual } from 'node:util';
import type { ChartSource } from '../chart-source.ts';
import { isServed } from './parameters.ts';
import type { Content } from './repository.ts';
import type { GenericServer } from './server.ts';

/** Directory entries that charts refer to. */
const referred = /^(Practitioner|Organization|Location)\/([^/]+)$/;

/**
 * Carries the hospital's truth into the generic server: each chart once, then every change as a new version. It is one
 * way: what a client writes to the generic server stays there.
 */
export class Projection {
  readonly #server: GenericServer;
  readonly #source: ChartSource;
  readonly #most: number;
  #begun = false;
  #unfollow: (() => void) | undefined;
  readonly #patients = new Set<string>();

  /** Carries over the charts of at most so many patients: a larger hospital is not copied whole. */
  constructor(server: GenericServer, source: ChartSource, most: number) {
    this.#most = most;
    this.#server = server;
    this.#source = source;
  }

  /** Fills the server when it is asked for the first time, and follows the hospital from then on. */
  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    for (const patient of this.#source.patients()) {
      if (this.#patients.size >= this.#most) break;
      this.#patients.add(patient.fhirId);
      for (const type of this.#source.types) {
        for (const resource of this.#source.chart(type, patient))
          this.#carry(type, String(resource.id), resource);
      }
    }
    this.#unfollow = this.#source.follow((type, id) => this.#changed(type, id));
  }

  end(): void {
    this.#unfollow?.();
  }

  #changed(type: string, id: string): void {
    if (!isServed(type)) return;
    const resource = this.#source.read(type, id);
    if (resource === undefined) {
      if (this.#server.repository.newest(type, id)?.resource) this.#server.put(type, id, undefined);
      return;
    }
    if (type === 'Patient') {
      if (!this.#patients.has(id) && this.#patients.size >= this.#most) return;
      this.#patients.add(id);
    } else if (!this.#isOfPatient(resource)) {
      return;
    }
    this.#carry(type, id, resource);
  }

  #isOfPatient(resource: Content): boolean {
    const text = JSON.stringify(resource);
    const id = /"reference":"Patient\/([^"]+)"/.exec(text)?.[1];
    return id !== undefined && this.#patients.has(id);
  }

  #carry(type: string, id: string, resource: Content): void {
    if (!isServed(type)) return;
    const { meta: _meta, ...before }: Partial<Content> =
      this.#server.repository.newest(type, id)?.resource ?? {};
    const { meta: _own, ...content } = resource;
    if (isDeepStrictEqual(before, content)) return;
    this.#server.put(type, id, content as Content);
    eachReference(resource, (reference) => {
      const [, kind = '', name = ''] = referred.exec(reference) ?? [];
      if (kind === '' || this.#server.repository.newest(kind, name)) return;
      const other = this.#source.read(kind, name);
      if (other) this.#server.put(kind, name, other);
    });
  }
}

/** Calls back with every reference in a resource. */
function eachReference(value: unknown, found: (reference: string) => void): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, each] of Object.entries(value)) {
    if (name === 'reference' && typeof each === 'string') found(each);
    else eachReference(each, found);
  }
}
