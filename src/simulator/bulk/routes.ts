import { Transform } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { operationOutcome, Refusal } from '../fhir/outcome.ts';
import { webServerNotFound } from '../fhir/server.ts';
import { forbidden, unauthorized } from '../oauth/bearer.ts';
import { type BulkCaller, exportedTypes, type JobParts } from './export-job.ts';
import type { FileRoom } from './files.ts';
import { refused } from './refuse.ts';
import type { BulkRequest, BulkRequests } from './requests.ts';
import { wantedIn } from './wanted.ts';

export interface BulkRouteParts extends Pick<JobParts, 'behaviour' | 'source'> {
  readonly requests: BulkRequests;
  readonly room: FileRoom;
  /** Who calls; undefined when the token is not in force. */
  caller(token: string): BulkCaller | undefined;
  /** `http://127.0.0.1:4610/epic/api/FHIR`. */
  root(): string;
}

const ndjson = 'application/fhir+ndjson';
type Call = (request: FastifyRequest, reply: FastifyReply, caller: BulkCaller) => unknown;

/** Group export below `/epic/api/FHIR`: kick-off, status, files, deletion. */
export function bulkRoutes(app: FastifyInstance, parts: BulkRouteParts): void {
  const { requests, behaviour } = parts;
  // Neither the whole hospital nor all patients can be exported, and the kick-off is GET.
  for (const url of ['/R4/$export', '/R4/Patient/$export'])
    app.get(url, (_request, reply) => webServerNotFound(reply));
  app.get(
    '/R4/Group/:id/$export',
    guarded((request, reply, caller) => kickOff(request, reply, caller, parts)),
  );
  app.get(
    '/BulkRequest/:id',
    guarded((request, reply, caller) => status(own(request, caller), reply, parts)),
  );
  app.delete(
    '/BulkRequest/:id',
    guarded((request, reply, caller) => {
      requests.remove(own(request, caller));
      return reply.code(202).send();
    }),
  );
  app.get(
    '/BulkRequest/:id/:file',
    guarded((request, reply, caller) => {
      const { file: name } = request.params as { file: string };
      const file = own(request, caller).files?.find((each) => each.name === name);
      if (!file) throw gone();
      return sendFile(name, reply, parts);
    }),
  );

  function guarded(call: Call) {
    return (request: FastifyRequest, reply: FastifyReply): unknown => {
      if (!behaviour.bulk) return webServerNotFound(reply);
      const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
      const caller = parts.caller(token);
      if (!caller) return unauthorized(reply);
      if (!caller.allows('Group', 'read')) return forbidden(reply);
      try {
        return call(request, reply, caller);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        return reply
          .code(error.status)
          .type('application/fhir+json; charset=utf-8')
          .send(JSON.stringify(operationOutcome(error.issues)));
      }
    };
  }

  /** The request named in the address, if it is the caller's own. */
  function own(request: FastifyRequest, caller: BulkCaller): BulkRequest {
    const found = requests.get((request.params as { id: string }).id);
    if (found?.clientId !== caller.clientId) throw gone();
    return found;
  }
}

function kickOff(
  request: FastifyRequest,
  reply: FastifyReply,
  caller: BulkCaller,
  parts: BulkRouteParts,
): unknown {
  const { requests, behaviour, source, root } = parts;
  const prefer = String(request.headers.prefer ?? '');
  if (!/\brespond-async\b/.test(prefer)) {
    throw refused(400, 59108, { diagnostics: 'An export needs the header Prefer: respond-async.' });
  }
  if (!/application\/(fhir\+)?json/.test(String(request.headers.accept ?? ''))) {
    throw refused(400, 59108, { diagnostics: 'An export needs the header Accept: application/fhir+json.' });
  }
  const group = requests.groups.get((request.params as { id: string }).id);
  if (!group) throw refused(404, 59008, { diagnostics: 'Invalid FHIR ID provided', element: 'id' });
  const query = new URLSearchParams(request.url.split('?')[1] ?? '');
  const wanted = wantedIn(query, exportedTypes(source), behaviour);
  const address = `${root()}${request.url.slice(request.url.indexOf('/R4/'))}`;
  const begun = requests.begin(caller, group, wanted, address);
  askAgain(reply, behaviour);
  return reply.code(202).header('content-location', `${root()}/BulkRequest/${begun.id}`).send();
}

function askAgain(reply: FastifyReply, { bulkRetryAfterSeconds }: BulkRouteParts['behaviour']): void {
  if (bulkRetryAfterSeconds > 0) reply.header('retry-after', String(bulkRetryAfterSeconds));
}

function status(request: BulkRequest, reply: FastifyReply, { behaviour, root }: BulkRouteParts): unknown {
  if (request.failed) {
    return reply.code(500).type('application/fhir+json; charset=utf-8').send(JSON.stringify(request.failed));
  }
  const { files, progress } = request;
  if (!files) {
    reply.header('x-progress', `Searched ${progress.searched} of ${progress.of} patients`);
    askAgain(reply, behaviour);
    return reply.code(202).send();
  }
  const entries = (isError: boolean) =>
    files
      .filter(({ type }) => (type === 'OperationOutcome') === isError)
      .map(({ name, type, count }) => ({ type, url: `${root()}/BulkRequest/${request.id}/${name}`, count }));
  const kept = request.begun + behaviour.bulkKeptDays * 86_400_000;
  return reply
    .code(200)
    .header('expires', new Date(kept).toUTCString())
    .type('application/json')
    .send({
      transactionTime: new Date(request.begun).toISOString(),
      request: request.address,
      requiresAccessToken: behaviour.bulkTokenFlag === 'text' ? 'true' : true,
      output: entries(false),
      error: entries(true),
    });
}

async function sendFile(
  name: string,
  reply: FastifyReply,
  { room, requests }: BulkRouteParts,
): Promise<unknown> {
  const stream = await room.open(name);
  const { times, bytes } = requests.cutNext;
  if (times === 0) return reply.type(ndjson).send(stream);
  requests.cutNext = { times: times - 1, bytes };
  let left = bytes;
  const cut = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      this.push(chunk.subarray(0, left));
      left -= chunk.length;
      // The connection ends within a line, as it does when something between the two gives up.
      if (left <= 0) reply.raw.socket?.end(() => reply.raw.destroy());
      else done();
    },
  });
  return reply.type(ndjson).send(stream.pipe(cut));
}

function gone(): Refusal {
  return refused(404, 59008, { diagnostics: 'There is no such bulk request.' });
}
