import { fastify } from 'fastify';
import { adminRoutes, type RequestRecord } from './admin/admin.ts';
import { Faults } from './admin/faults.ts';
import {
  type AppointmentTruth,
  everyAppointment,
  everyVisit,
  type PatientTruth,
  patientTruth,
  type VisitTruth,
} from './admin/truth.ts';
import { chartSource } from './chart-source.ts';
import { wallTime } from './day/clock.ts';
import type { Happening } from './day/happening.ts';
import { type EventRequest, HospitalDay } from './day/hospital-day.ts';
import { Feed, type FeedState } from './feed/feed.ts';
import { usualHabits } from './feed/habits.ts';
import { appointmentService } from './fhir/appointment.ts';
import { Paging } from './fhir/bundle.ts';
import { locationService, organizationService, practitionerService } from './fhir/directory.ts';
import { encounterService } from './fhir/encounter.ts';
import { patientService } from './fhir/patient.ts';
import { fhirServer, webServerNotFound } from './fhir/server.ts';
import type { GenericServer } from './generic/index.ts';
import type { ClientOptions } from './oauth/clients.ts';
import { addressesOf } from './oauth/discovery.ts';
import type { LaunchRequest } from './oauth/launches.ts';
import { OAuth } from './oauth/oauth.ts';
import { openKeysAndStyle } from './oauth/open-files.ts';
import type { Interaction } from './oauth/scopes.ts';
import { type SimulatorOptions, settle } from './options.ts';
import { mountPartners } from './partners.ts';
import { type Behaviour, readBehaviour, Switchboard } from './profile/index.ts';
import { Ring } from './ring.ts';
import { Hospital } from './world/hospital.ts';

/** A running pretend hospital. */
export interface Simulator {
  /** For example `http://127.0.0.1:4610`. */
  readonly url: string;
  readonly fhirBase: string;
  readonly tokenUrl: string;
  readonly authorizeUrl: string;
  readonly adminUrl: string;
  /** The base address of the FHIR server that is not Epic. */
  readonly genericBase: string;
  /** That server itself, for who wants to turn its switches or write into it without HTTP. */
  readonly generic: GenericServer;
  /** How it behaves now; `setBehaviour` and the admin API change it while it runs. */
  readonly behaviour: Behaviour;
  /** Changes switches. Throws a RangeError for what is no switch or no value of one. */
  setBehaviour(changes: Partial<Behaviour>): void;
  /** The hospital's time, milliseconds since 1970. */
  now(): number;
  /** Lets the day run at its speed. A new simulator stands still. */
  start(): void;
  /** Stops the clock; servers and feeds go on. */
  stop(): void;
  /** Moves the clock by so many milliseconds; everything due happens before this returns. */
  advance(milliseconds: number): void;
  /** Makes one event happen now. Throws an Error with the reason when nothing in the hospital fits. */
  happen(event: EventRequest): Happening;
  /** Puts an application on record, or replaces it. */
  addClient(client: ClientOptions): void;
  /** Starts an application inside the EHR; gives the launch token. Throws an Error for what the hospital has not. */
  launch(request: LaunchRequest): string;
  patients(): PatientTruth[];
  appointments(): AppointmentTruth[];
  visits(): VisitTruth[];
  /** The newest happenings, at most 1,000, oldest first. */
  happenings(): Happening[];
  feeds(): FeedState[];
  /** Resolves when every feed has sent all it has and each message was answered. */
  settled(): Promise<void>;
  /** Closes servers, connections and timers. */
  close(): Promise<void>;
}

const rememberedRequests = 1_000;

/**
 * Builds the hospital, opens its HTTP server and starts its feeds. The clock stands until `start()`.
 * @example
 * const hospital = await createSimulator({ seed: 'demo', feeds: [{ name: 'adt', port: 6661, kinds: ['ADT'] }] });
 * hospital.happen({ kind: 'admit' });
 * await hospital.close();
 */
export async function createSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const settled = settle(options);
  const wall = options.wall ?? wallTime;
  const start = Number(options.now ?? wall.now());
  const switchboard = new Switchboard(settled.profile, settled.behaviour);
  const { behaviour } = switchboard;
  const habits = {
    ...usualHabits,
    version: behaviour.hl7Version,
    zSegments: behaviour.zSegments,
    ...options.habits,
  };
  const hospital = new Hospital({ ...settled, now: start });
  const feeds = (options.feeds ?? []).map((feed) => new Feed(feed));
  const day = new HospitalDay(hospital, feeds, {
    ...settled,
    habits,
    pace: settled.eventsPerMinute,
    start,
    wall,
    log: options.log,
  });

  const stopped = new AbortController();
  const now = () => wall.now();
  const paging = new Paging(behaviour, now);
  const faults = new Faults();
  const requests = new Ring<RequestRecord>(rememberedRequests);
  const services = [
    patientService(hospital),
    appointmentService(hospital),
    encounterService(hospital),
    practitionerService(hospital),
    locationService(hospital),
    organizationService(hospital),
  ];

  const app = fastify({ forceCloseConnections: true, routerOptions: { maxParamLength: 500 } });
  let url = '';
  const addresses = () => addressesOf(behaviour.outsideName || url);
  const oauth = new OAuth({
    hospital,
    behaviour,
    now,
    stopped: stopped.signal,
    served: () =>
      services.flatMap(({ type, search }) =>
        (search ? (['read', 'search'] as const) : (['read'] as const)).map((interaction) => ({
          type,
          interaction,
        })),
      ),
    addresses,
    fhirBases: () =>
      ['R4', 'STU3', 'DSTU2'].map(
        (version) => `${addresses().issuer.replace('oauth2', 'api/FHIR')}/${version}`,
      ),
    notFound: webServerNotFound,
  });
  const { clients } = oauth;
  for (const client of options.clients ?? []) clients.put(client);

  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, new URLSearchParams(String(body))),
  );
  // Anything else is kept as text: what Epic says to a wrong body is not what the framework says.
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.setNotFoundHandler((_request, reply) => webServerNotFound(reply));
  app.addHook('onRequest', async (request, reply) => {
    const [path = ''] = request.url.split('?');
    if (!path.startsWith('/epic')) return;
    if (await faults.meet(path, reply, stopped.signal)) return reply;
  });
  app.addHook('onResponse', async (request, reply) => {
    const [path = '', query = ''] = request.url.split('?');
    if (path.startsWith('/admin')) return;
    requests.add({
      at: new Date(now()).toISOString(),
      method: request.method,
      path,
      query,
      status: reply.statusCode,
    });
    options.log?.(`${request.method} ${path} ${reply.statusCode}`);
  });

  await app.register(async (scope) => oauth.routes(scope), { prefix: '/epic/oauth2' });
  await app.register(async (scope) => openKeysAndStyle(scope, oauth), { prefix: '/epic' });
  await app.register(
    async (scope) =>
      fhirServer(scope, {
        behaviour,
        services,
        paging,
        judge(token: string, type: string, interaction: Interaction) {
          const caller = oauth.caller(token);
          if (!caller) return 'unknown';
          return caller.allows(type, interaction) ? 'allowed' : 'forbidden';
        },
        discovery: () => oauth.discovery(),
        addresses,
      }),
    { prefix: '/epic/api/FHIR/R4' },
  );
  await app.register(
    async (scope) => adminRoutes(scope, { hospital, day, feeds, oauth, paging, faults, requests }),
    { prefix: '/admin' },
  );

  const { generic } = await mountPartners(app, {
    options,
    hospital,
    source: chartSource(hospital, services),
    behaviour,
    oauth,
    wall,
    stopped: stopped.signal,
    now: () => day.clock.now(),
    url: () => url,
  });

  url = await app.listen({ port: options.port ?? 0, host: options.host ?? '127.0.0.1' });
  for (const feed of feeds) feed.start();

  let closing: Promise<void> | undefined;
  async function close(): Promise<void> {
    day.clock.stop();
    stopped.abort();
    await Promise.all([app.close(), ...feeds.map((feed) => feed.close())]);
  }

  return {
    url,
    get fhirBase() {
      return addresses().fhirBase;
    },
    get authorizeUrl() {
      return addresses().authorizeUrl;
    },
    get tokenUrl() {
      return addresses().tokenUrl;
    },
    adminUrl: `${url}/admin`,
    genericBase: `${url}/generic/R4`,
    generic,
    behaviour,
    setBehaviour: (changes) => switchboard.change(readBehaviour(changes)),
    now: () => day.clock.now(),
    start: () => day.clock.start(),
    stop: () => day.clock.stop(),
    advance: (milliseconds) => day.clock.advance(milliseconds),
    happen: (event) => day.happen(event),
    addClient: (client) => clients.put(client),
    launch: (request) => oauth.launches.start(request),
    patients: () => hospital.patients.map(patientTruth),
    appointments: () => [...everyAppointment(hospital)],
    visits: () => [...everyVisit(hospital)],
    happenings: () => day.happenings.newest(Number.POSITIVE_INFINITY),
    feeds: () => feeds.map((feed) => feed.state()),
    async settled() {
      await Promise.all(feeds.map((feed) => feed.settled()));
    },
    close: () => (closing ??= close()),
  };
}
