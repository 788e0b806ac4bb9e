import { fastify } from 'fastify';
import { type Action, act } from './admin/actions.ts';
import { adminRoutes } from './admin/admin.ts';
import { type ResourceTruth, type TruthQuery, truthOf } from './admin/resource-truth.ts';
import {
  type AppointmentTruth,
  everyAppointment,
  everyVisit,
  type PatientTruth,
  patientTruth,
  type VisitTruth,
} from './admin/truth.ts';
import { Groups } from './bulk/index.ts';
import { chartSource } from './chart-source.ts';
import { wallTime } from './day/clock.ts';
import type { Happening } from './day/happening.ts';
import { type EventRequest, HospitalDay } from './day/hospital-day.ts';
import { Faults } from './faults/faults.ts';
import { faultHooks } from './faults/hooks.ts';
import { type RequestFilter, RequestLog, type RequestRecord } from './faults/request-log.ts';
import type { ActiveFault, Fault } from './faults/rule.ts';
import { Feed, type FeedState } from './feed/feed.ts';
import { siteHabits } from './feed/site-habits.ts';
import { Fhir } from './fhir/fhir.ts';
import { webServerNotFound } from './fhir/server.ts';
import type { GenericServer } from './generic/index.ts';
import type { ClientOptions } from './oauth/clients.ts';
import { addressesOf } from './oauth/discovery.ts';
import type { LaunchRequest } from './oauth/launches.ts';
import { OAuth } from './oauth/oauth.ts';
import { openKeysAndStyle } from './oauth/open-files.ts';
import { type SimulatorOptions, settle } from './options.ts';
import { mountPartners } from './partners.ts';
import { type Behaviour, readBehaviour, Switchboard } from './profile/index.ts';
import { Hl7Receiver } from './receive/server.ts';
import { webServices } from './web-services/mount.ts';
import { Hospital } from './world/hospital.ts';
import { Journal, type JournalEntry } from './world/journal.ts';
import { createRandom } from './world/random.ts';

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
  /** Makes something go wrong with requests. Throws a RangeError for what is no fault. */
  addFault(fault: Fault): ActiveFault;
  clearFaults(): void;
  /** Does something to the hospital at once: tokens, keys, feeds. Resolves with how many things it changed. */
  act(action: Action): Promise<number>;
  /** The newest requests to its servers that fit, at most 5,000, oldest first. */
  requests(filter?: RequestFilter): RequestRecord[];
  patients(): PatientTruth[];
  appointments(): AppointmentTruth[];
  visits(): VisitTruth[];
  /** Each resource as it truly stands, with its change log. */
  truth(query?: TruthQuery): ResourceTruth[];
  /** The change log after a sequence number (0), oldest first; it reaches back 50,000 changes. */
  changes(after?: number): JournalEntry[];
  /** The incoming HL7 interface; undefined when `receiver` was left out. */
  readonly receiver: Hl7Receiver | undefined;
  /** The newest happenings, at most 1,000, oldest first. */
  happenings(): Happening[];
  feeds(): FeedState[];
  /** Resolves when every feed has sent all it has and each message was answered. */
  settled(): Promise<void>;
  /** Closes servers, connections and timers. */
  close(): Promise<void>;
}

const rememberedChanges = 50_000;

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
  const habits = siteHabits(behaviour, options.habits);
  const hospital = new Hospital({ ...settled, now: start });
  const faults = new Faults(settled.seed);
  const feeds = (options.feeds ?? []).map((feed) => new Feed(feed, (message) => faults.rewrite(message)));
  const day = new HospitalDay(hospital, feeds, {
    ...settled,
    habits,
    pace: settled.eventsPerMinute,
    start,
    wall,
    log: options.log,
  });

  const journal = new Journal(hospital, rememberedChanges);
  const receiver = options.receiver && new Hl7Receiver(hospital, options.receiver);

  const stopped = new AbortController();
  // What the hospital takes for the time in tokens and headers: a clock that can go wrong.
  const now = () => wall.now() + faults.skewMs;
  const requests = new RequestLog();

  const app = fastify({ forceCloseConnections: true, routerOptions: { maxParamLength: 500 } });
  let url = '';
  const addresses = () => addressesOf(behaviour.outsideName || url);
  const oauth = new OAuth({
    hospital,
    behaviour,
    now,
    stopped: stopped.signal,
    served: () => fhir.apis(),
    addresses,
    fhirBases: () =>
      ['R4', 'STU3', 'DSTU2'].map(
        (version) => `${addresses().issuer.replace('oauth2', 'api/FHIR')}/${version}`,
      ),
    notFound: webServerNotFound,
  });
  const groups = new Groups(hospital, (number) => hospital.identities.fhirId('Group', number));
  const fhir: Fhir = new Fhir(
    { hospital, behaviour, now: () => day.clock.now() },
    {
      wallNow: now,
      groups,
      caller: (token) => oauth.caller(token),
      addresses,
      discovery: () => oauth.discovery(),
    },
  );
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
  faultHooks(app, {
    behaviour,
    faults,
    requests,
    random: createRandom(settled.seed, 'latency'),
    stopped: stopped.signal,
    wall: () => wall.now(),
    told: now,
    clientOf: (token) => oauth.tokens.clientOf(token),
    log: options.log,
  });

  await app.register(async (scope) => oauth.routes(scope), { prefix: '/epic/oauth2' });
  await app.register(async (scope) => openKeysAndStyle(scope, oauth), { prefix: '/epic' });
  await app.register(
    async (scope) =>
      webServices(scope, {
        hospital,
        behaviour,
        clients: oauth.clients,
        users: oauth.users,
        caller: (token) => oauth.caller(token),
        notFound: webServerNotFound,
      }),
    { prefix: '/epic/api/epic' },
  );
  await app.register(async (scope) => fhir.routes(scope), { prefix: '/epic/api/FHIR' });
  const actionParts = { oauth, feeds, expirePaging: () => fhir.paging.expireAll() };
  await app.register(
    async (scope) =>
      adminRoutes(scope, {
        ...actionParts,
        hospital,
        journal,
        receiver,
        day,
        faults,
        requests,
        switchboard,
        started: wall.now(),
        fhirBase: () => addresses().fhirBase,
        genericBase: () => `${url}/generic/R4`,
      }),
    { prefix: '/admin' },
  );
  await receiver?.open();

  const { generic } = await mountPartners(app, {
    options,
    hospital,
    groups,
    source: chartSource(hospital, fhir.edition('R4')),
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
    await Promise.all([app.close(), receiver?.close(), ...feeds.map((feed) => feed.close())]);
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
    addFault: (fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
    act: (action) => act(action, actionParts),
    requests: (filter) => requests.newest(Number.POSITIVE_INFINITY, filter),
    patients: () => hospital.patients.map(patientTruth),
    appointments: () => [...everyAppointment(hospital)],
    visits: () => [...everyVisit(hospital)],
    truth: (query = {}) => [...truthOf(hospital, journal, query)],
    changes: (after = 0) => journal.after(after, rememberedChanges),
    receiver,
    happenings: () => day.happenings.newest(Number.POSITIVE_INFINITY),
    feeds: () => feeds.map((feed) => feed.state()),
    async settled() {
      await Promise.all(feeds.map((feed) => feed.settled()));
    },
    close: () => (closing ??= close()),
  };
}
