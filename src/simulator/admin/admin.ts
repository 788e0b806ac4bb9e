import type { FastifyInstance, FastifyRequest } from 'fastify';
import { CannotHappen, type HospitalDay } from '../day/hospital-day.ts';
import { isKind, kindNames } from '../day/kinds.ts';
import type { Faults } from '../faults/faults.ts';
import type { RequestLog } from '../faults/request-log.ts';
import { NoSuchLaunch } from '../oauth/launches.ts';
import { html, page, pageHeaders } from '../page.ts';
import type { Switchboard } from '../profile/index.ts';
import type { Hl7Receiver } from '../receive/server.ts';
import { minute } from '../world/calendar.ts';
import type { Hospital } from '../world/hospital.ts';
import type { Journal } from '../world/journal.ts';
import { type ActionParts, NoSuchThing } from './actions.ts';
import { BadBody, Body } from './body.ts';
import { clientRoutes } from './client-routes.ts';
import { faultRoutes } from './fault-routes.ts';
import { formRoutes } from './form-routes.ts';
import { homePage, navigation } from './home-page.ts';
import { receiverRoutes } from './receiver-routes.ts';
import { type NewPerson, registerPerson } from './registration.ts';
import { wantsPage, window } from './requests.ts';
import { switchRoutes } from './switch-routes.ts';
import { everyAppointment, everyVisit, patientTruth } from './truth.ts';
import { truthRoutes } from './truth-routes.ts';

export interface AdminParts extends ActionParts {
  readonly hospital: Hospital;
  readonly journal: Journal;
  readonly receiver: Hl7Receiver | undefined;
  readonly day: HospitalDay;
  readonly faults: Faults;
  readonly requests: RequestLog;
  readonly switchboard: Switchboard;
  /** Wall time at which the simulator started, milliseconds. */
  readonly started: number;
  readonly fhirBase: () => string;
  /** The server that is not Epic. */
  readonly genericBase: () => string;
}

// A day at a time: the clock runs what is due before it answers.
const longestAdvanceMinutes = 24 * 60;

/**
 * `/admin`: watch the hospital, move its clock, make things happen, register clients, break things. JSON
 * throughout; a browser that opens an address is shown a page.
 */
export function adminRoutes(app: FastifyInstance, parts: AdminParts): void {
  const { hospital, day } = parts;
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const status = statusOf(error);
    if (wantsPage(request)) {
      const words = html`${navigation}<section><p class="bad" role="alert">${error.message}</p></section>`;
      return reply
        .code(status)
        .headers(pageHeaders)
        .send(page('That did not work', 'Nothing was changed', words));
    }
    return reply.code(status).send({ error: error.message });
  });

  app.get('/', (request, reply) =>
    wantsPage(request)
      ? reply.headers(pageHeaders).send(homePage(state(parts), parts))
      : reply.send(state(parts)),
  );
  clientRoutes(app, parts);
  switchRoutes(app, parts.switchboard);
  faultRoutes(app, parts);
  formRoutes(app, parts);
  truthRoutes(app, hospital, parts.journal);
  if (parts.receiver) receiverRoutes(app, parts.receiver);
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
    const other = body.optionalText('other');
    return day.happen({
      kind,
      ...(patient === undefined ? {} : { patient }),
      ...(csn === undefined ? {} : { csn }),
      ...(other === undefined ? {} : { other }),
    });
  });
  app.get('/happenings', (request) => day.happenings.newest(window(request).limit));
  app.post('/patients', (request) => {
    const { fields } = new Body(request.body);
    return patientTruth(registerPerson(hospital, fields as unknown as NewPerson));
  });
  app.get('/patients', (request) => part(hospital.patients.values(), request).map(patientTruth));
  app.get('/appointments', (request) => part(everyAppointment(hospital), request));
  app.get('/visits', (request) => part(everyVisit(hospital), request));
}

export type AdminState = ReturnType<typeof state>;

function state(parts: AdminParts) {
  const { hospital, day, feeds, faults, requests, switchboard } = parts;
  const { clients, tokens } = parts.oauth;
  return {
    profile: switchboard.profile,
    changedSwitches: switchboard.changed,
    startedAt: new Date(parts.started).toISOString(),
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
      accessTokens: tokens.counts.access,
      refreshTokens: tokens.counts.refresh,
    },
    feeds: feeds.map((feed) => feed.state()),
    faults: faults.list(),
  };
}

function clockState({ day: { clock } }: AdminParts) {
  return { now: new Date(clock.now()).toISOString(), speed: clock.speed, running: clock.running };
}

function statusOf(error: Error & { statusCode?: number }): number {
  if (error instanceof CannotHappen) return 409;
  if (error instanceof NoSuchThing) return 404;
  const mistake = error instanceof BadBody || error instanceof RangeError || error instanceof NoSuchLaunch;
  return mistake ? 400 : (error.statusCode ?? 500);
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
