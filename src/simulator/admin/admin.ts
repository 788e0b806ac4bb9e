import type { FastifyInstance, FastifyRequest } from 'fastify';
import { CannotHappen, type HospitalDay } from '../day/hospital-day.ts';
import { isKind, kindNames } from '../day/kinds.ts';
import type { Feed } from '../feed/feed.ts';
import type { Paging } from '../fhir/bundle.ts';
import type { OAuth } from '../oauth/oauth.ts';
import type { Ring } from '../ring.ts';
import { minute } from '../world/calendar.ts';
import type { Hospital } from '../world/hospital.ts';
import { BadBody, Body } from './body.ts';
import type { Faults } from './faults.ts';
import { everyAppointment, everyVisit, patientTruth } from './truth.ts';

/** One request to the hospital's servers, as `GET /admin/requests` lists it. */
export interface RequestRecord {
  /** Wall time, ISO 8601. */
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly status: number;
}

export interface AdminParts {
  readonly hospital: Hospital;
  readonly day: HospitalDay;
  readonly feeds: readonly Feed[];
  readonly oauth: OAuth;
  readonly paging: Paging;
  readonly faults: Faults;
  readonly requests: Ring<RequestRecord>;
}

// A day at a time: the clock runs what is due before it answers.
const longestAdvanceMinutes = 24 * 60;

/** `/admin`: watch the hospital, move its clock, make things happen, break things. JSON throughout. */
export function adminRoutes(app: FastifyInstance, parts: AdminParts): void {
  const { hospital, day, faults, requests } = parts;
  const { clients } = parts.oauth;
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = error instanceof CannotHappen ? 409 : isMistake(error) ? 400 : (error.statusCode ?? 500);
    return reply.code(status).send({ error: error.message });
  });

  app.get('/', () => state(parts));
  app.get('/clients', () => clients.list());
  app.post('/clients', (request) => {
    const body = new Body(request.body);
    const jwksUrl = body.text('jwksUrl');
    if (!URL.canParse(jwksUrl)) throw new BadBody('jwksUrl must be an absolute URL');
    const backgroundUser = body.optionalBoolean('backgroundUser');
    const scopes = body.optionalTexts('scopes');
    const client = {
      clientId: body.text('clientId'),
      jwksUrl,
      ...(backgroundUser === undefined ? {} : { backgroundUser }),
      ...(scopes === undefined ? {} : { scopes }),
    };
    clients.put(client);
    return client;
  });
  app.post('/clock', (request) => {
    const body = new Body(request.body);
    const speed = body.optionalNumber('speed');
    const minutes = body.optionalNumber('advanceMinutes') ?? 0;
    if (minutes < 0 || minutes > longestAdvanceMinutes) {
      throw new BadBody(`advanceMinutes must be from 0 to ${longestAdvanceMinutes}`);
    }
    if (speed !== undefined) day.clock.speed = speed;
    if (body.optionalBoolean('stop')) day.clock.stop();
    day.clock.advance(minutes * minute);
    if (body.optionalBoolean('start')) day.clock.start();
    return clockState(parts);
  });
  app.post('/events', (request) => {
    const body = new Body(request.body);
    const kind = body.text('kind');
    if (!isKind(kind)) throw new BadBody(`kind must be one of ${kindNames.join(', ')}`);
    const patient = body.optionalText('patient');
    const csn = body.optionalText('csn');
    return day.happen({
      kind,
      ...(patient === undefined ? {} : { patient }),
      ...(csn === undefined ? {} : { csn }),
    });
  });
  app.get('/faults', () => faults.state());
  app.post('/faults', (request) => applyFaults(new Body(request.body), parts));
  app.get('/requests', (request) => requests.newest(window(request).limit));
  app.get('/happenings', (request) => day.happenings.newest(window(request).limit));
  app.get('/patients', (request) => part(hospital.patients.values(), request).map(patientTruth));
  app.get('/appointments', (request) => part(everyAppointment(hospital), request));
  app.get('/visits', (request) => part(everyVisit(hospital), request));
}

/** `{clear, latencyMs, respond, expireTokens, expireSessions, feeds}`, in this order. */
async function applyFaults(body: Body, { faults, oauth: { tokens }, paging, feeds }: AdminParts) {
  const latencyMs = body.optionalNumber('latencyMs');
  const respond = body.optionalBody('respond');
  const forced = respond && {
    status: respond.number('status'),
    count: respond.optionalNumber('count') ?? 1,
    retryAfterSeconds: respond.optionalNumber('retryAfterSeconds'),
    path: respond.optionalText('path'),
  };
  if (forced && (forced.status < 400 || forced.status > 599))
    throw new BadBody('status must be from 400 to 599');
  const running = body.optionalBody('feeds')?.optionalBoolean('running');
  const name = body.optionalBody('feeds')?.optionalText('name');

  if (body.optionalBoolean('clear')) faults.clear();
  if (latencyMs !== undefined) faults.latencyMs = Math.max(0, latencyMs);
  if (forced) {
    const { status, count, retryAfterSeconds, path } = forced;
    faults.force({
      status,
      count,
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      ...(path === undefined ? {} : { path }),
    });
  }
  if (body.optionalBoolean('expireTokens')) tokens.expireAll();
  if (body.optionalBoolean('expireSessions')) paging.expireAll();
  if (running !== undefined) {
    for (const feed of feeds.filter((each) => name === undefined || each.name === name)) {
      if (running) feed.start();
      else await feed.stop();
    }
  }
  return faults.state();
}

function state(parts: AdminParts) {
  const { hospital, day, feeds, faults, requests } = parts;
  const { clients } = parts.oauth;
  return {
    seed: hospital.seed,
    timeZone: hospital.timeZone,
    clock: clockState(parts),
    counts: {
      patients: hospital.patients.length,
      booked: hospital.bookedCount,
      openVisits: hospital.stays.openCount,
      changes: hospital.changeCount,
      kept: hospital.keptCount,
      happenings: day.happenings.total,
      requests: requests.total,
      clients: clients.list().length,
    },
    feeds: feeds.map((feed) => feed.state()),
    faults: faults.state(),
  };
}

function clockState({ day: { clock } }: AdminParts) {
  return { now: new Date(clock.now()).toISOString(), speed: clock.speed, running: clock.running };
}

function isMistake(error: Error): boolean {
  return error instanceof BadBody || error instanceof RangeError;
}

/** `limit` (100 when absent, at most 10,000) and `offset`. */
function window(request: FastifyRequest): { limit: number; offset: number } {
  const query = new URLSearchParams(request.url.split('?')[1] ?? '');
  const whole = (name: string, usual: number) => {
    const value = Number(query.get(name) ?? usual);
    if (!Number.isInteger(value) || value < 0) throw new BadBody(`${name} must be a whole number`);
    return value;
  };
  return { limit: Math.min(10_000, whole('limit', 100)), offset: whole('offset', 0) };
}

function part<T>(records: Iterable<T>, request: FastifyRequest): T[] {
  const { limit, offset } = window(request);
  const found: T[] = [];
  let index = 0;
  for (const record of records) {
    if (index >= offset + limit) break;
    if (index >= offset) found.push(record);
    index += 1;
  }
  return found;
}
