/** The little of FHIR R4's types that a client must know. Everything else of a resource stays as it came. */

export interface FhirResource {
  readonly resourceType: string;
  readonly id?: string;
  readonly [element: string]: unknown;
}

export interface Identifier {
  readonly system?: string;
  readonly value?: string;
}

/** Entries of a list element that are objects; anything else, a list that is none included, is left out. */
export function objectsIn(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'object' && item !== null) : [];
}

/** The resource's business identifiers. */
export function identifiersOf(resource: FhirResource): readonly Identifier[] {
  return objectsIn(resource.identifier).map(({ system, value }) => ({
    ...(typeof system === 'string' ? { system } : {}),
    ...(typeof value === 'string' ? { value } : {}),
  }));
}

/**
 * The id in a reference to `type`: relative, or absolute below `baseUrl`; `undefined` for anything else.
 * @example
 * referencedId('Patient/eq081-VQ', 'Patient') // 'eq081-VQ'
 */
export function referencedId(reference: unknown, type: string, baseUrl?: string): string | undefined {
  if (typeof reference !== 'string') return undefined;
  const relative =
    baseUrl !== undefined && reference.startsWith(`${baseUrl}/`)
      ? reference.slice(baseUrl.length + 1)
      : reference;
  const [found, id, ...more] = relative.split('/');
  if (found !== type || id === undefined || id === '') return undefined;
  // A version may follow: Patient/1/_history/2.
  return more.length === 0 || more[0] === '_history' ? id : undefined;
}
