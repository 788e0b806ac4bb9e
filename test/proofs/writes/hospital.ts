/**
 * Promise P7 against the demo hospital: real engine processes, on a folder or on a database, make records of all five kinds there
 * by FHIR, `$book` and ADT; answers get lost, and the engines are killed with SIGKILL at any moment. In the end each record is
 * there once, by the hospital's own account.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts';
import { type Random, seededRandom } from '../../../src/std/index.ts';
import { startSender } from '../../crash/traffic.ts';
import { quickClock } from '../quick-clock.ts';
import { openProofStore } from '../store.ts';
import type { Figures } from '../tally.ts';
import { MRN } from './hospital-flows.ts';
import { type Job, jobsOf, MAPPED_AT_TIMES, whatIsThere } from './hospital-jobs.ts';
import type { ProcessOrders, ProcessSabotage } from './hospital-process.ts';

export const HOSPITAL_ZERO: readonly string[] = [
  'duplicates',
  'missing',
  'made though refused or held',
  'not held',
  'open in the ledger',
  'not received',
  'undecided',
];

export interface HospitalWrites {
  /** A folder, or the URL of a database. */
  readonly place: string;
  readonly jobs: number;
  readonly seed: number;
  /** How often the engine is killed while there is work; 0: never. */
  readonly kills: number;
  /** Milliseconds that an engine lives before it is killed. */
  readonly lasting?: readonly [least: number, most: number];
  readonly patients?: number;
  /** Of a hundred requests that make something so many are done and their answer is lost (10). */
  readonly lost?: number;
  readonly sabotage?: ProcessSabotage;
}

/** Times as fast as the machine's. */
const QUICK = 25;
const SENDERS = 8;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function hospitalWrites(options: HospitalWrites): Promise<Figures> {
  const origin = Date.now();
  const clock = quickClock(QUICK, origin);
  const hospital = await createSimulator({
    seed: `writes ${options.seed}`,
    patients: options.patients ?? 120,
    eventsPerMinute: 0,
    now: origin,
    timeZone: 'UTC',
    receiver: { port: 0 },
    wall: { now: clock.now, after: clock.after },
  });
  // Nothing happens here but what is written: its clock is kept by hand, however late this process is.
  const ticking = setInterval(() => hospital.advance(Math.max(0, clock.now() - hospital.now())), 20);
  const { mappedVitals } = hospital.behaviour;
  let mapped = true;
  const mapping = setInterval(() => {
    mapped = !mapped;
    const rows = mapped ? mappedVitals : mappedVitals.filter((code) => code !== MAPPED_AT_TIMES);
    hospital.setBehaviour({ mappedVitals: rows });
  }, 100);
  let published: unknown = { keys: [] };
  const keySet = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(JSON.stringify(published));
  });
  await new Promise<void>((resolve) => keySet.listen(0, '127.0.0.1', resolve));
  const keysAt = `http://127.0.0.1:${(keySet.address() as AddressInfo).port}/jwks.json`;
  hospital.addClient({ clientId: 'suture', jwksUrl: keysAt });
  const jobs = jobsOf(hospital, options.jobs, options.seed);
  const before = whatIsThere(hospital);
  trouble(hospital, options);
  const orders: ProcessOrders = {
    ...{ place: options.place, times: QUICK, origin, site: siteOf(hospital) },
    ...(options.sabotage === undefined ? {} : { sabotage: options.sabotage }),
  };
  const random = seededRandom(options.seed);
  try {
    const { lives, killed } = await liveAndDie(orders, jobs, options, random, (keys) => {
      published = { keys };
    });
    const figures = await judge(options.place, clock, jobs, before, whatIsThere(hospital));
    return { ...figures, lives, kills: killed, ...lostAt(hospital) };
  } finally {
    clearInterval(ticking);
    clearInterval(mapping);
    keySet.close();
    await hospital.close();
  }
}

/** What gets lost, and a moment for each thing that is made in which an engine can die. */
function trouble(hospital: Simulator, { lost = 10, jobs }: HospitalWrites): void {
  for (const path of ['/R4/Observation', '/R4/DocumentReference', '/R4/Patient', '$book']) {
    hospital.addFault({ kind: 'lost-reply', method: 'POST', path, probability: lost / 100 });
    hospital.addFault({ kind: 'reset', method: 'POST', path, probability: lost / 500 });
    hospital.addFault({ kind: 'latency', method: 'POST', path, milliseconds: 2, upTo: 40, spread: 'even' });
  }
  if (lost === 0) return;
  const every = Math.max(1, Math.round(100 / lost));
  for (let n = 0; n < jobs; n += every) {
    hospital.receiver?.acknowledge({ answer: 'usual', count: every - 1, delayMs: 10 });
    hospital.receiver?.acknowledge({ answer: n % (2 * every) === 0 ? 'close' : 'cut' });
  }
}

const lostAt = (hospital: Simulator): Figures => ({
  'answers lost by HL7':
    hospital.receiver?.received
      .newest(100_000)
      .filter(({ answered }) => answered === 'close' || answered === 'cut').length ?? 0,
});

function siteOf(hospital: Simulator): Readonly<Record<string, unknown>> {
  const port = hospital.receiver?.port ?? 0;
  const patiently = '10m';
  return {
    site: 'larkfield',
    name: 'Larkfield',
    environment: 'sandbox',
    ehr: { vendor: 'epic' },
    timeZone: 'UTC',
    identifiers: { mrn: { system: MRN, hl7: { field: 'PID-3', type: 'MR' } } },
    budget: { requestsPerSecond: 1_000_000 },
    connections: {
      in: { connector: 'mllp', listen: { port: 0 } },
      'adt-out': {
        connector: 'mllp',
        send: { host: '127.0.0.1', port },
        connectTimeout: patiently,
        ackTimeout: patiently,
      },
      ehr: {
        connector: 'epic',
        fhirBase: hospital.fhirBase,
        clientId: 'suture',
        auth: { method: 'backend' },
        timeouts: { connect: patiently, answer: patiently, total: patiently },
        do: {
          'appointment.create': { route: 'book' },
          'encounter.create': {
            route: 'adt',
            via: 'adt-out',
            user: 'SUTURE',
            assigners: { [MRN]: { assigner: 'EPI', type: 'MR' } },
          },
        },
      },
    },
  };
}

interface Living {
  readonly child: ChildProcess;
  readonly port: number;
  readonly keys: unknown;
}

async function start(orders: ProcessOrders): Promise<Living> {
  const child = fork(join(import.meta.dirname, 'hospital-process.ts'), {
    env: { ...process.env, WRITES_ORDERS: JSON.stringify(orders) },
    execArgv: [],
  });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the engine ended with ${code} before it was ready`)));
    child.once('message', (message) => resolve({ child, ...(message as Omit<Living, 'child'>) }));
  });
}

/** One engine after the other on one ground, until everything is received and nothing waits. */
async function liveAndDie(
  orders: ProcessOrders,
  jobs: readonly Job[],
  { kills, lasting = [60, 500] }: HospitalWrites,
  random: Random,
  publish: (keys: unknown) => void,
): Promise<{ lives: number; killed: number }> {
  const acked = new Set<string>();
  const end = Date.now() + 3_600_000;
  for (let lives = 1, killed = 0; Date.now() < end; lives++) {
    const { child, port, keys } = await start(orders);
    publish(keys);
    const gone = new Promise((resolve) => child.once('exit', resolve));
    const left = jobs.filter(({ controlId }) => !acked.has(controlId));
    let next = 0;
    // Not all at once: there is work to be found by every kill.
    const share = killed < kills ? Math.ceil(left.length / (kills - killed)) : left.length;
    const senders = Array.from({ length: SENDERS }, () =>
      startSender(
        port,
        () => (next < share ? (left[next++] as Job) : null),
        (controlId, code) => void (code === 'AA' && acked.add(controlId)),
      ),
    );
    if (killed < kills) {
      const [least, most] = lasting;
      await pause(least + random.fraction() * (most - least));
      killed++;
      child.kill('SIGKILL');
      await gone;
      await Promise.all(senders.map(({ ended }) => ended));
      continue;
    }
    await Promise.all(senders.map(({ ended }) => ended));
    await drained(child);
    child.send('stop');
    await gone;
    if (acked.size === jobs.length) return { lives, killed };
  }
  throw new Error('it did not come to an end');
}

async function drained(child: ChildProcess): Promise<void> {
  for (;;) {
    child.send('ledger');
    const { ledger } = await new Promise<{ ledger: { waiting: number; running: number } }>((resolve) =>
      child.once('message', (message) => resolve(message as never)),
    );
    if (ledger.waiting + ledger.running === 0) return;
    await pause(25);
  }
}

async function judge(
  place: string,
  clock: ReturnType<typeof quickClock>,
  jobs: readonly Job[],
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): Promise<Figures> {
  const store = await openProofStore(place, clock);
  try {
    const states = new Map<string, readonly string[]>();
    let page: string | null = null;
    do {
      const found: Awaited<ReturnType<typeof store.search>> = await store.search({
        limit: 500,
        ...(page === null ? {} : { before: page }),
      });
      for (const { controlId, deliveries } of found.rows)
        states.set(
          controlId ?? '',
          deliveries.map(({ state }) => state),
        );
      page = found.before;
    } while (page !== null);
    const open = await store.writes({ limit: 10_000 });
    const figures: Record<string, number> = {};
    const count = (name: string): void => {
      figures[name] = (figures[name] ?? 0) + 1;
    };
    for (const name of HOSPITAL_ZERO) figures[name] = 0;
    for (const job of jobs) {
      const made = (after.get(job.key) ?? 0) - (before.get(job.key) ?? 0);
      const ended = states.get(job.controlId);
      if (ended === undefined) count('not received');
      const is = (state: string): boolean => ended?.includes(state) ?? false;
      if (is('waiting') || is('running') || is('sleeping')) count('undecided');
      count(`${job.what}s ${ended?.[0] ?? 'lost'}`);
      if (job.expected === 'once') {
        if (made > 1) count('duplicates');
        // Held: a person is asked. Dead: the hospital said no, and nothing may be there.
        if (made === 0 && is('delivered')) count('missing');
        if (made > 0 && is('dead') && !is('delivered')) count('made though refused or held');
      } else if (made > 0) count('made though refused or held');
      if (job.expected === 'held' && !is('held')) count('not held');
      if (job.expected === 'there' && !is('delivered')) count('missing');
    }
    const held = [...states.values()].flat().filter((state) => state === 'held').length;
    figures['open in the ledger'] = Math.max(0, open.rows.length - held);
    return figures;
  } finally {
    await store.close();
  }
}
