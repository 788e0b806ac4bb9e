import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ErrorNumber, registry } from '../fhir/errors.ts';
import { sendResource } from '../fhir/format.ts';
import { issue, operationOutcome } from '../fhir/outcome.ts';
import type { Behaviour } from '../profile/index.ts';
import type { Random } from '../world/random.ts';
import { loginHeaders, loginPage, spoiled } from './body.ts';
import type { Faults } from './faults.ts';
import { Gateway } from './gateway.ts';
import type { RequestLog } from './request-log.ts';
import type { Fault } from './rule.ts';

export interface HookParts {
  readonly behaviour: Behaviour;
  readonly faults: Faults;
  readonly requests: RequestLog;
  readonly random: Random;
  readonly stopped: AbortSignal;
  /** Real time, by which the gateway counts and the log is dated. */
  readonly wall: () => number;
  /** The time the hospital tells others: the clock skew is in it. */
  readonly told: () => number;
  clientOf(token: string): string | undefined;
  readonly log?: ((line: string) => void) | undefined;
}

/** Lets the faults in force happen to each request, and writes down each request. */
export function faultHooks(app: FastifyInstance, parts: HookParts): void {
  const { behaviour, faults, random, stopped } = parts;
  const gateway = new Gateway(behaviour, parts.wall);
  const met = new WeakMap<FastifyRequest, Fault[]>();
  const arrivals = new WeakMap<
    FastifyRequest,
    { readonly at: number; readonly accept: string | undefined }
  >();

  app.addHook('onRequest', async (request, reply) => {
    arrivals.set(request, { at: performance.now(), accept: request.headers.accept });
    const done = () => record(request, reply);
    reply.raw.once('finish', done).once('close', done);
    const path = pathOf(request);
    if (path.startsWith('/epic') && !gateway.admits()) {
      return refuse(reply, Number(behaviour.gatewayStatus), behaviour.retryAfter, 1, parts.wall());
    }
    if (!faults.any) return;
    const mine = faults.meet({ method: request.method, path });
    if (mine.length === 0) return;
    met.set(request, mine);
    for (const fault of mine) {
      if (fault.kind !== 'latency') continue;
      await pause(delayOf(fault, random), undefined, { signal: stopped }).catch(() => undefined);
    }
    const last = mine.at(-1);
    if (last?.kind === 'reset') return hangUp(request, reply);
    if (last?.kind === 'status') {
      const { status, retryAfter, retryAfterSeconds } = last;
      const form = retryAfter ?? (retryAfterSeconds === undefined ? 'none' : 'seconds');
      return refuse(reply, status, form, retryAfterSeconds ?? 1, parts.wall());
    }
    if (last?.kind === 'outcome') {
      const number = last.number as ErrorNumber;
      const { diagnostics, status = registry[number].status } = last;
      return sendResource(request, reply, status, operationOutcome([issue(number, { diagnostics })]));
    }
    if (mine.some(({ kind }) => kind === 'login-page')) {
      return reply.code(200).headers(loginHeaders).send(loginPage);
    }
    if (mine.some(({ kind }) => kind === 'xml')) {
      request.headers.accept = 'application/fhir+xml';
      if (request.raw.url) request.raw.url = request.raw.url.replace(/([?&])_format=[^&]*&?/, '$1');
    }
  });

  app.addHook('onSend', async (request, reply, payload) => {
    if (faults.skewMs !== 0) reply.header('date', new Date(parts.told()).toUTCString());
    const mine = met.get(request);
    if (!mine) return payload;
    // Whatever was to be done has been done by now.
    if (mine.some(({ kind }) => kind === 'lost-reply')) {
      request.raw.socket.resetAndDestroy();
      return payload;
    }
    const changed = spoiled(payload, mine);
    if (changed !== payload) reply.removeHeader('content-length');
    return changed;
  });

  /** Once for a request: when its answer is out, or its connection gone. */
  function record(request: FastifyRequest, reply: FastifyReply): void {
    const path = pathOf(request);
    const arrival = arrivals.get(request);
    if (!arrival || path.startsWith('/admin')) return;
    arrivals.delete(request);
    const { at, accept } = arrival;
    const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const clientId = token === undefined ? undefined : parts.clientOf(token);
    const mine = met.get(request);
    const unanswered = mine?.some(({ kind }) => kind === 'reset') === true;
    const status = unanswered ? 0 : reply.statusCode;
    parts.requests.add({
      at: new Date(parts.wall()).toISOString(),
      method: request.method,
      path,
      query: request.originalUrl.split('?')[1] ?? '',
      status,
      milliseconds: Math.round(performance.now() - at),
      ...(clientId === undefined ? {} : { clientId }),
      ...(accept === undefined ? {} : { accept }),
      ...(mine ? { faults: mine.map(({ kind }) => kind) } : {}),
    });
    parts.log?.(`${request.method} ${path} ${status}`);
  }
}

function pathOf(request: FastifyRequest): string {
  return request.originalUrl.split('?')[0] ?? '';
}

/** Takes the connection away in place of an answer. */
function hangUp(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  request.raw.socket.resetAndDestroy();
  return reply.send();
}

/** Epic documents no 429 or 503 of its own: they come from gateways in front of it, which do not speak FHIR. */
function refuse(
  reply: FastifyReply,
  status: number,
  form: 'seconds' | 'date' | 'none',
  seconds: number,
  now: number,
): FastifyReply {
  if (form === 'seconds') reply.header('retry-after', String(seconds));
  if (form === 'date') reply.header('retry-after', new Date(now + seconds * 1000).toUTCString());
  return reply.code(status).type('text/html').send(`<html><body><h1>${status}</h1></body></html>`);
}

// The 99th percentile of a normal distribution, in standard deviations.
const z99 = 2.326;

function delayOf(fault: Fault & { readonly kind: 'latency' }, random: Random): number {
  const { milliseconds, upTo, spread = 'even' } = fault;
  if (upTo === undefined || upTo <= milliseconds) return milliseconds;
  if (spread === 'even') return milliseconds + random.fraction() * (upTo - milliseconds);
  const normal = Math.sqrt(-2 * Math.log(1 - random.fraction())) * Math.cos(2 * Math.PI * random.fraction());
  const deviation = Math.log(upTo / Math.max(1, milliseconds)) / z99;
  return Math.min(10 * upTo, Math.max(1, milliseconds) * Math.exp(normal * deviation));
}
