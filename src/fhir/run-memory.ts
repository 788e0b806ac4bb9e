/**
 * What one run (one attempt at one delivery) has read already: a step that reads the patient again gets the answer that the
 * step before got, so a flow sees one state of things, and the site one request.
 */
import type { FhirClient, SearchParams } from './client.ts';
import type { SearchPage } from './page.ts';
import type { FhirResource } from './resource.ts';

/** Made for a run, thrown away with it. Keys are addresses: it is never stored or shown. */
export type RunMemory = Map<string, Promise<unknown>>;

/** More than this is not kept: a run that reads so much needs it once. */
const MOST_KEPT = 200;

/**
 * The client with reads remembered in `memory`. A failure is not remembered, and a write forgets all: what was read before it
 * may be old. Whoever must know the present state (find before create) uses the client itself.
 */
export function rememberingReads(client: FhirClient, memory: RunMemory): FhirClient {
  function once<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const known = memory.get(key) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const asked = ask();
    if (memory.size < MOST_KEPT) {
      memory.set(key, asked);
      asked.catch(() => memory.get(key) === asked && memory.delete(key));
    }
    return asked;
  }
  async function writing<T>(write: () => Promise<T>): Promise<T> {
    memory.clear();
    try {
      return await write();
    } finally {
      memory.clear();
    }
  }
  const at = (text: string): string => `${client.baseUrl} ${text}`;
  return {
    ...client,
    read: (type, id, signal): Promise<FhirResource> =>
      once(at(`${type}/${id}`), () => client.read(type, id, signal)),
    searchAll: (type, params: SearchParams, signal): Promise<SearchPage> =>
      once(at(`${type}?${JSON.stringify(params)}`), () => client.searchAll(type, params, signal)),
    create: (type, resource, options) => writing(() => client.create(type, resource, options)),
    update: (type, id, resource, options) => writing(() => client.update(type, id, resource, options)),
    operation: (path, options) =>
      options.effect ? writing(() => client.operation(path, options)) : client.operation(path, options),
  };
}
