import type { Content } from './repository.ts';

/** Where the patient of a resource stands. */
const patientElements = ['subject', 'patient', 'beneficiary'] as const;

/**
 * Finds the resources of an identifier or a patient without walking all. Entries are never taken out: whoever asks
 * looks at the resource as it is now.
 */
export class Keys {
  readonly #ids = new Map<string, Set<string>>();

  add(resource: Content, id: string): void {
    for (const key of keysOf(resource)) {
      let ids = this.#ids.get(key);
      if (!ids) {
        ids = new Set();
        this.#ids.set(key, ids);
      }
      ids.add(id);
    }
  }

  ids(key: string): ReadonlySet<string> {
    return this.#ids.get(key) ?? none;
  }
}

const none: ReadonlySet<string> = new Set();

export function identifierKey(value: string): string {
  return `i${value}`;
}
export function patientKey(id: string): string {
  return `p${id}`;
}

function* keysOf(resource: Content): Generator<string> {
  const identifiers = Array.isArray(resource.identifier) ? resource.identifier : [resource.identifier];
  for (const identifier of identifiers) {
    const value = (identifier as { value?: unknown } | undefined)?.value;
    if (typeof value === 'string') yield identifierKey(value);
  }
  const references = patientElements.map((name) => resource[name]);
  const participants = Array.isArray(resource.participant) ? resource.participant : [];
  for (const reference of [
    ...references,
    ...participants.map((each) => (each as { actor?: unknown }).actor),
  ]) {
    const text = (reference as { reference?: unknown } | undefined)?.reference;
    const id = typeof text === 'string' ? /(?:^|\/)Patient\/([^/]+)/.exec(text)?.[1] : undefined;
    if (id) yield patientKey(id);
  }
}
