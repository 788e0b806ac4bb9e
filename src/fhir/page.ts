/** One page of a search: what matched, what the server had to say about it, and where it goes on. */
import type { Failure } from '../std/index.ts';
import { type Content, excerpt } from './answer.ts';
import { fhirFailure } from './failures.ts';
import { droppedOf, strayOf } from './filter.ts';
import { type Issue, issuesOf } from './outcome.ts';
import { type FhirResource, objectsIn } from './resource.ts';
import { resourceTexts } from './slices.ts';

export interface SearchEntry {
  readonly resource: FhirResource;
  /** The resource's characters exactly as the server sent them, UTF-8; looked for when they are first asked for. */
  readonly bytes: Uint8Array;
  /** `include` came along with a match. */
  readonly mode: 'match' | 'include';
}

export interface SearchPage {
  readonly entries: readonly SearchEntry[];
  /**
   * From `mode=outcome` entries, which are no results and look like success: parameters that were ignored, data
   * that this client may not see. Whoever searches must look at them.
   */
  readonly issues: readonly Issue[];
  /** 0, and one more each time the search had to be asked anew. */
  readonly restart: number;
  /** Results that were left out, since they do not fulfil a parameter: the server ignored it, or means another thing by it. */
  readonly strays: number;
  /** Parameters that were ignored: found by a stray, or missing in the server's own `self` link. */
  readonly ignored: readonly string[];
  /** Of a history: ids of what was deleted. */
  readonly deleted?: readonly string[];
}

/** What was asked for, so that the answer can be held against it. */
export interface PageOf {
  readonly what: string;
  readonly restart: number;
  readonly params: Readonly<Record<string, string | readonly string[]>>;
  readonly baseUrl: string;
  readonly first: boolean;
}

/** Reads a 2xx answer to a search. Throws `FHIR_UNREADABLE` when it is no result. */
export function pageOf(
  content: Content,
  { what, restart, params, baseUrl, first }: PageOf,
): { readonly page: SearchPage; readonly next: string | undefined } {
  const bundle = content.resource;
  if (bundle?.resourceType !== 'Bundle') throw unreadable(content, what);
  let texts: readonly (string | undefined)[] | undefined;
  const entries: SearchEntry[] = [];
  const issues: Issue[] = [];
  const links = objectsIn(bundle.link);
  const linkTo = (relation: string): string | undefined => {
    const url = links.find((link) => link.relation === relation)?.url;
    return typeof url === 'string' ? url : undefined;
  };
  const ignored = new Set(first ? droppedOf(linkTo('self'), params) : []);
  const deleted: string[] = [];
  let strays = 0;
  const list = Array.isArray(bundle.entry) ? bundle.entry : [];
  list.forEach((item: unknown, index) => {
    const entry = item as {
      resource?: FhirResource;
      search?: { mode?: unknown };
      request?: { method?: unknown; url?: unknown };
    } | null;
    const resource = entry?.resource;
    const { method, url } = entry?.request ?? {};
    if (method === 'DELETE' && typeof url === 'string') deleted.push(url.split('/').at(1) ?? '');
    if (typeof resource?.resourceType !== 'string') return;
    // Servers forget the mode at times: an OperationOutcome is never what was searched for.
    if (entry?.search?.mode === 'outcome' || resource.resourceType === 'OperationOutcome') {
      issues.push(...issuesOf(resource));
      return;
    }
    const mode = entry?.search?.mode === 'include' ? 'include' : 'match';
    const unfit = mode === 'match' ? strayOf(resource, params, baseUrl) : [];
    if (unfit.length > 0) {
      strays += 1;
      for (const name of unfit) ignored.add(name);
      return;
    }
    let bytes: Uint8Array | undefined;
    entries.push({
      resource,
      mode,
      get bytes() {
        texts ??= resourceTexts(content.text);
        bytes ??= Buffer.from(texts[index] ?? JSON.stringify(resource));
        return bytes;
      },
    });
  });
  const page = { entries, issues, restart, strays, ignored: [...ignored] };
  return { page: deleted.length === 0 ? page : { ...page, deleted }, next: linkTo('next') };
}

/** A yes that cannot be read. */
export function unreadable(content: Content, what: string): Failure {
  const form = {
    fhir: `a ${/^[A-Za-z]{1,40}$/.test(content.resource?.resourceType ?? '') ? content.resource?.resourceType : 'resource'}`,
    json: 'JSON that is no resource',
    xml: 'XML',
    html: 'an HTML page',
    empty: 'nothing',
    other: 'something that is not JSON',
  }[content.form];
  return fhirFailure(content.form === 'xml' ? 'FHIR_XML' : 'FHIR_UNREADABLE', {
    message: `The server answered the ${what} with ${form}.`,
    ...(content.text === '' ? {} : { detail: excerpt(content.text) }),
  });
}
