import { isDeepStrictEqual } from 'node:util';
import type { ChartSource } from '../chart-source.ts';
import { patientKey } from './keys.ts';
import { isServed } from './parameters.ts';
import type { Content } from './repository.ts';
import type { GenericServer } from './server.ts';

/** The type of which an empty chart shows a placeholder. */
const placeheld = 'AllergyIntolerance';
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
      if (type === 'Patient') this.#placeholder(id);
      return;
    }
    if (type === 'Patient') {
      if (!this.#patients.has(id) && this.#patients.size >= this.#most) return;
      this.#patients.add(id);
      this.#placeholder(id);
    } else {
      const patient = patientOf(resource);
      if (patient === undefined || !this.#patients.has(patient)) return;
      if (type === placeheld) this.#placeholder(patient);
    }
    this.#carry(type, id, resource);
  }

  /** A chart without allergies shows one that says so. Nobody announces when it comes or goes. */
  #placeholder(patientId: string): void {
    const type = placeheld;
    const patient = this.#source.patient(patientId);
    const shown = new Map<string, Content>();
    for (const each of patient ? this.#source.chart(type, patient) : []) shown.set(String(each.id), each);
    for (const [id, resource] of shown) this.#carry(type, id, resource);
    for (const { id } of this.#server.repository.searchableBy(type, patientKey(patientId))) {
      const resource = this.#server.repository.newest(type, id)?.resource;
      if (!shown.has(id) && resource && patientOf(resource) === patientId)
        this.#server.put(type, id, undefined);
    }
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

/** The id of the patient that a resource of a chart is about. */
function patientOf(resource: Content): string | undefined {
  return /"reference":"Patient\/([^"]+)"/.exec(JSON.stringify(resource))?.[1];
}

/** Calls back with every reference in a resource. */
function eachReference(value: unknown, found: (reference: string) => void): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, each] of Object.entries(value)) {
    if (name === 'reference' && typeof each === 'string') found(each);
    else eachReference(each, found);
  }
}
