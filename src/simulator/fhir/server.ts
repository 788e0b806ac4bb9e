import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { forbidden, unauthorized } from '../oauth/bearer.ts';
import { guardRecord, guardType } from './access.ts';
import { sendBinary } from './binary.ts';
import type { Paging } from './bundle.ts';
import { capabilityStatement } from './capability.ts';
import {
  type AnyDeclaration,
  type Caller,
  type Interaction,
  offers,
  type Query,
  type Version,
  type Write,
} from './declaration.ts';
import { inwardId, inwardParameters } from './dialect.ts';
import type { Edition } from './edition.ts';
import { sendResource } from './format.ts';
import { operationOutcome, Refusal, type Resource, refuse } from './outcome.ts';
import type { DocumentQuota } from './quota.ts';
import { NotGranted, search } from './search.ts';

export interface FhirServerParts {
  readonly edition: Edition;
  readonly paging: Paging;
  readonly quota: DocumentQuota;
  readonly operations: readonly Operation[];
  /** Who a bearer token speaks for; undefined for a token that is none. */
  caller(token: string): Caller | undefined;
  /** Who calls by Basic instead of a token. */
  basicCaller?(headers: IncomingHttpHeaders): Caller | undefined;
  /** Where instances of a client register themselves, when the client may have some. */
  registerUrlFor?(clientId: string | undefined): string | undefined;
  /** Addresses without a slash at the end. They are known once the server listens. */
  addresses(): {
    readonly fhirBase: string;
    readonly authorizeUrl: string;
    readonly tokenUrl: string;
  };
  /** The answers of `.well-known/smart-configuration` and `openid-configuration`. */
  discovery(): unknown;
}

/** An operation on a type: `POST Patient/$match`. */
export interface Operation {
  readonly type: string;
  readonly name: string;
  /** Whether the capability statement lists it. */
  readonly listed: boolean;
  /** What its API counts as in the scopes of the client. */
  readonly interaction: Interaction;
  isOn(version: Version): boolean;
  /** `base` is the FHIR base address. Throws a Refusal. */
  run(write: Write, edition: Edition, base: string): { readonly status: number; readonly resource: Resource };
}

type Params = { readonly type: string; readonly id: string };
type Request = FastifyRequest<{ Params: Params }>;

// Attachments come as base64 in JSON; a document of 50 MB is 67 MB so.
const longestBody = 100 * 1024 * 1024;

/** One version's FHIR endpoint. What it does not serve is answered as the web server in front of Epic answers. */
export function fhirServer(app: FastifyInstance, parts: FhirServerParts): void {
  const { edition, paging } = parts;
  const { site, version } = edition;

  app.setErrorHandler((error: { statusCode?: number }, request, reply) => {
    const unreadable = (error.statusCode ?? 500) < 500;
    return sendRefusal(request, reply, refuse(unreadable ? 59105 : 59177));
  });
  app.addHook('onRequest', async (_request, reply) => {
    const served = version === 'R4' || site.behaviour[version === 'STU3' ? 'stu3' : 'dstu2'];
    if (!served) return webServerNotFound(reply);
  });
  app.get('/metadata', (request, reply) => {
    const statement = capabilityStatement(edition, parts.operations, {
      ...parts.addresses(),
      registerUrl: parts.registerUrlFor?.(request.headers['epic-client-id'] as string | undefined),
    });
    return sendResource(request, reply, 200, edition.say(statement));
  });
  for (const name of ['smart-configuration', 'openid-configuration'] as const) {
    app.get(`/.well-known/${name}`, (_request, reply) => {
      if (!site.behaviour.smartConfiguration) return webServerNotFound(reply);
      return reply.send(parts.discovery());
    });
  }

  app.get<{ Params: Params }>('/:type/:id', (request, reply) =>
    serve(request, reply, 'read', (declaration, caller) => {
      const record = reach(declaration, request.params.id);
      guardRecord(site, declaration, record, caller);
      const categories = declaration.categoriesOf?.(record);
      if (categories && !categories.some((each) => caller.allows(declaration.type, 'read', each))) {
        throw new NotGranted();
      }
      if (declaration.type === 'Binary') {
        parts.quota.count(caller.clientId);
        return sendBinary(request, reply, declaration, record, edition);
      }
      return sendResource(request, reply, 200, edition.show(declaration, record));
    }),
  );
  app.get<{ Params: Params }>('/:type', (request, reply) =>
    serve(request, reply, 'search', (declaration, caller) =>
      answerSearch(request, reply, declaration, caller, addressOf(request)),
    ),
  );
  app.post<{ Params: Params }>('/:type/_search', (request, reply) =>
    serve(request, reply, 'search', (declaration, caller) => {
      const body = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
      const address = addressOf(request);
      // From February 2026 the query string, except _format, is ignored; before, the body when both were sent.
      const asked = [...address.keys()].some((name) => name !== '_format');
      const counts = site.behaviour.postSearch === 'query' && asked ? address : body;
      return answerSearch(request, reply, declaration, caller, counts);
    }),
  );
  app.post<{ Params: Params }>('/:type', { bodyLimit: longestBody }, (request, reply) =>
    serve(request, reply, 'create', (declaration, caller) => {
      const write = { resource: sentResource(request, declaration), caller, version };
      const api = declaration.creates?.find((each) => each.accepts(write.resource));
      if (!api) throw notForAnyApi(declaration, 'creates');
      if (!caller.allows(declaration.type, 'create', api.category)) throw new NotGranted();
      const id = api.file(write);
      reply.header('location', `${declaration.type}/${edition.idOf(id)}`);
      if (!/\breturn=representation\b/.test(String(request.headers.prefer ?? '')))
        return reply.code(201).send();
      return sendResource(request, reply, 201, edition.show(declaration, declaration.find(id)));
    }),
  );
  app.put<{ Params: Params }>('/:type/:id', { bodyLimit: longestBody }, (request, reply) =>
    serve(request, reply, 'update', (declaration, caller) => {
      const record = reach(declaration, request.params.id);
      guardRecord(site, declaration, record, caller);
      const write = { resource: sentResource(request, declaration), caller, version };
      const api = declaration.updates?.find((each) => each.accepts(write.resource));
      if (!api) throw notForAnyApi(declaration, 'updates');
      if (!caller.allows(declaration.type, 'update', api.category)) throw new NotGranted();
      api.file(write, record);
      return reply.code(200).send();
    }),
  );
  for (const operation of parts.operations) {
    app.post(`/${operation.type}/$${operation.name}`, { bodyLimit: longestBody }, (request, reply) => {
      if (!operation.isOn(version)) return webServerNotFound(reply);
      return withCaller(request, reply, (caller) => {
        if (!caller.allows(operation.type, operation.interaction)) throw new NotGranted();
        const resource = sentJson(request);
        const { status, resource: answer } = operation.run(
          { resource, caller, version },
          edition,
          parts.addresses().fhirBase,
        );
        return sendResource(request, reply, status, edition.say(answer));
      });
    });
  }

  function answerSearch(
    request: Request,
    reply: FastifyReply,
    declaration: AnyDeclaration,
    caller: Caller,
    sent: URLSearchParams,
  ): FastifyReply {
    guardType(site, declaration, caller);
    if (declaration.type === 'DocumentReference') parts.quota.count(caller.clientId);
    const page = { edition, declaration, caller, parameters: sent, base: parts.addresses().fhirBase };
    const session = sent.get(version === 'DSTU2' ? 'session' : 'sessionID');
    if (session) return sendResource(request, reply, 200, paging.next(page, session));
    const query: Query = { parameters: inwardParameters(sent, version, site), issues: [], caller, version };
    return sendResource(request, reply, 200, paging.first(page, search(declaration, query, site)));
  }

  /** The record that an id in an address names. */
  function reach(declaration: AnyDeclaration, given: string): unknown {
    const id = inwardId(given, version, site);
    const record = declaration.find(id);
    if (record !== undefined) return record;
    throw refuse(59008, { diagnostics: 'Invalid FHIR ID provided', element: 'id' });
  }

  function sentJson(request: FastifyRequest): Resource {
    const { body } = request;
    const parsed = typeof body === 'string' ? parse(body) : body;
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw refuse(59105);
    return edition.take(parsed as Resource);
  }

  function sentResource(request: FastifyRequest, declaration: AnyDeclaration): Resource {
    const resource = sentJson(request);
    if (resource.resourceType !== declaration.type) {
      const diagnostics = `The resource is not of type ${declaration.type}`;
      throw refuse(59105, { diagnostics, element: 'resourceType' });
    }
    return declaration.older?.[version]?.from?.(resource) ?? resource;
  }

  function serve(
    request: Request,
    reply: FastifyReply,
    interaction: Interaction,
    answer: (declaration: AnyDeclaration, caller: Caller) => FastifyReply,
  ): FastifyReply {
    const declaration = edition.declaration(request.params.type);
    if (!declaration || !offers(declaration, version, interaction)) return webServerNotFound(reply);
    return withCaller(request, reply, (caller) => {
      if (!caller.allows(declaration.type, interaction)) throw new NotGranted();
      return answer(declaration, caller);
    });
  }

  function withCaller(
    request: FastifyRequest,
    reply: FastifyReply,
    answer: (caller: Caller) => FastifyReply,
  ): FastifyReply {
    const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const caller = parts.caller(token) ?? parts.basicCaller?.(request.headers);
    if (!caller) return unauthorized(reply);
    try {
      return answer(caller);
    } catch (error) {
      if (error instanceof NotGranted) return forbidden(reply);
      if (error instanceof Refusal) return sendRefusal(request, reply, error);
      throw error;
    }
  }

  function sendRefusal(request: FastifyRequest, reply: FastifyReply, refusal: Refusal): FastifyReply {
    const { fhirBase } = parts.addresses();
    if (refusal.location) reply.header('location', `${fhirBase}/${edition.relative(refusal.location)}`);
    return sendResource(request, reply, refusal.status, edition.say(operationOutcome(refusal.issues)));
  }
}

function addressOf(request: FastifyRequest): URLSearchParams {
  return new URLSearchParams(request.url.split('?')[1] ?? '');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Several APIs share an address, and this content is for none of them. */
function notForAnyApi(declaration: AnyDeclaration, kind: 'creates' | 'updates'): Refusal {
  const names = (declaration[kind] ?? []).map(({ name }) => name).join(', ');
  const diagnostics = `The content is for no API of this site${names ? `: ${names}` : ''}`;
  return refuse(59102, { diagnostics, element: 'category' });
}

/** An unknown type or address never reaches FHIR: the web server's own page says so, in HTML. */
export function webServerNotFound(reply: FastifyReply): FastifyReply {
  const page = [
    '<!DOCTYPE html>',
    '<html><head><title>404 - File or directory not found.</title></head>',
    '<body><h1>Server Error</h1><h2>404 - File or directory not found.</h2>',
    '<p>The resource you are looking for might have been removed, or is temporarily unavailable.</p>',
    '</body></html>',
  ];
  return reply.code(404).type('text/html').send(page.join('\n'));
}
