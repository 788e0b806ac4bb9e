/**
 * Promise P7: a record that a flow creates is there once, whatever becomes of answers and of the engine. Messages come in, one
 * or two flows create the record that each is about, and the partner, without a conditional create, loses answers.
 */
import { openWebServices } from '../../../src/connectors/acting/index.ts';
import { actFields, fhirWriting, fhirWritingCapabilities } from '../../../src/connectors/fhir/act/index.ts';
import type { ConnectionContext, Connector, Receiver, WriteLedger } from '../../../src/connectors/index.ts';
import { createEngine, type Engine } from '../../../src/engine/index.ts';
import { createFhirClient, type FhirClient } from '../../../src/fhir/index.ts';
import { flow, hl7 } from '../../../src/flow/index.ts';
import { siteSchema } from '../../../src/site/index.ts';
import { type Clock, type Random, seededRandom } from '../../../src/std/index.ts';
import { newDisk, openMemoryStore, type Store } from '../../../src/store/index.ts';
import { quickClock } from '../quick-clock.ts';
import { openProofStore } from '../store.ts';
import type { Figures } from '../tally.ts';
import { startPartner } from './partner.ts';

export const WRITES_ZERO: readonly string[] = [
  'duplicates',
  'missing',
  'open in the ledger',
  'deliveries dead',
];

export type Sabotage = 'row after the write' | 'no find before retry' | 'no lock';

/** Times as fast as the machine's: a settle time of 60 s is over in 0.24. */
const QUICK = 250;
const PATIENTS = 400;

const args = {
  patient: 'hl7:PID-3.1',
  'resource.status': { value: 'final' },
  'resource.code': { value: { coding: [{ system: 'http://loinc.org', code: '8867-4' }] } },
  'resource.effectiveDateTime': 'hl7:ZWR-2',
  'resource.valueString': 'hl7:ZWR-1',
} as const;
const step = { connection: 'ehr', do: 'observation.create', args };
const limits = { giveUpAfter: '90d', exhausted: 'dead letter' } as const;

const flows = [
  flow('file', { about: 'Files what comes.', ...limits })
    .on(hl7.message('ORU^*'))
    .create('file', step),
  // A second flow, or a second version of the first, that makes the same record.
  flow('file-again', { about: 'Files some of it, too.', ...limits })
    .on(hl7.message('ORU^R02'))
    .create('file', step),
];

const site = siteSchema.parse({
  site: 'proof',
  name: 'Proof',
  environment: 'sandbox',
  ehr: { vendor: 'any' },
  timeZone: 'UTC',
  identifiers: { mrn: { system: 'urn:oid:1.2.3', hl7: { field: 'PID-3', type: 'MR' } } },
  budget: { requestsPerSecond: 1_000_000 },
  connections: { ehr: { connector: 'proof' } },
});

interface Means {
  readonly url: string;
  readonly clock: Clock;
  readonly sabotage: Sabotage | undefined;
  readonly listening: (receiver: Receiver) => void;
}

function sabotaged(ledger: WriteLedger, sabotage: Sabotage | undefined): WriteLedger {
  if (sabotage === 'no lock') {
    let alone = 0;
    return {
      ...ledger,
      plan: (entry, about) => ledger.plan({ ...entry, identity: `${entry.identity}${++alone}` }, about),
    };
  }
  if (sabotage !== 'row after the write') return ledger;
  const nothing = async (): Promise<void> => undefined;
  return {
    ...ledger,
    plan: async ({ body }) => ({
      ...{ state: 'planned', attempts: 0, lookups: 0, sentAt: null, body, result: null, twin: null },
    }),
    sending: nothing,
    unknown: nothing,
    unsent: nothing,
    refused: nothing,
    async done(about, result, record) {
      await ledger.plan({ what: 'late', identity: about.idempotencyKey, body: null }, about);
      await ledger.done(about, result, record);
    },
  };
}

function proofConnector(means: Means): Connector {
  const config = {
    do: {},
    settle: actFields.settle.parse(undefined),
    proved: { conditionalCreate: [], versions: [] },
  };
  return {
    name: 'proof',
    about: 'A generic FHIR server.',
    parse: () => ({}),
    capabilities: fhirWritingCapabilities,
    open(_, context: ConnectionContext) {
      const client = createFhirClient({ baseUrl: means.url, clock: means.clock });
      const blind: FhirClient = {
        ...client,
        searchAll: async (...asked) => ({ ...(await client.searchAll(...asked)), entries: [] }),
      };
      const given = {
        client: means.sabotage === 'no find before retry' ? blind : client,
        web: openWebServices(means.clock),
        config,
        context: { ...context, ledger: sabotaged(context.ledger, means.sabotage) },
      };
      return {
        test: async () => [],
        async listen(receiver) {
          means.listening(receiver);
          return {
            address: 'here',
            pause: () => undefined,
            resume: () => undefined,
            close: async () => undefined,
          };
        },
        async call(call, about) {
          const write = fhirWriting.get(call.do);
          if (write === undefined) throw new Error(`cannot ${call.do}`);
          return write(call.args, { ...given, about });
        },
        close: async () => void (await Promise.all([client.close(), given.web.close()])),
      };
    },
  };
}

const typeOf = (n: number): string => (n % 10 === 0 ? 'ORU^R02' : 'ORU^R01');

const textOf = (n: number, seed: number): string => {
  const at = new Date(1_767_000_000_000 + Math.floor(n / PATIENTS) * 60_000).toISOString();
  return [
    `MSH|^~\\&|LAB|NORTH|SUTURE|APP|20260105||${typeOf(n)}|${n}|P|2.5`,
    `PID|1||p${seed}-${n % PATIENTS}^^^NORTH^MR||Test^Person||19800101|F`,
    `ZWR|what ${seed}-${n}|${at}`,
  ].join('\r');
};

export interface WritesOptions {
  readonly creates: number;
  readonly seed: number;
  /** `kills`: the engine dies at moments of the ledger, on a store in memory that knows what was committed. Else: on SQLite in this folder. */
  readonly kills?: boolean;
  readonly folder: string;
  readonly sabotage?: Sabotage;
}

/** One engine after another on one disk, until nothing waits. */
export async function writes(options: WritesOptions): Promise<Figures> {
  const random = seededRandom(options.seed);
  const partner = await startPartner({
    random: seededRandom(options.seed + 1),
    ...{ lostAfter: 10, lostBefore: 2, late: 1, lateBy: 30_000 / QUICK },
  });
  const run = options.kills ? withKills : onSqlite;
  try {
    const figures = await run(options, random, partner.url);
    const counts = [...partner.made.values()];
    const expected = Array.from({ length: options.creates }, (_, n) => `what ${options.seed}-${n}`);
    const held = figures['deliveries held'] ?? 0;
    const absent = expected.filter((what) => !partner.made.has(what)).length;
    const told = Object.fromEntries(
      Object.entries(partner.mischief).map(([what, n]) => [`partner: ${what}`, n]),
    );
    return {
      duplicates: counts.filter((times) => times > 1).length,
      missing: Math.max(0, absent - held),
      ...figures,
      ...told,
    };
  } finally {
    await partner.close();
  }
}

interface Running {
  readonly engine: Engine;
  readonly store: Store;
  readonly receiver: Receiver;
}

async function start(
  store: Store,
  keyed: (...parts: readonly string[]) => string,
  means: Omit<Means, 'listening'>,
): Promise<Running> {
  let receiver: Receiver | undefined;
  const listening = (one: Receiver): void => {
    receiver = one;
  };
  const connector = proofConnector({ ...means, listening });
  const engine = createEngine({
    store,
    flows,
    sites: [site],
    clock: means.clock,
    random: seededRandom(7),
    keyedHash: keyed,
    connectors: new Map([['proof', connector]]),
    log: () => undefined,
  });
  await engine.start();
  return { engine, store, receiver: receiver as Receiver };
}

const turn = (ms = 5): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Hands over messages; gives how many are surely kept. */
async function feed(
  running: Running,
  from: number,
  to: number,
  seed: number,
  death: Promise<null> = new Promise(() => undefined),
): Promise<number> {
  for (let first = from; first < to; first += 200) {
    const batch = Array.from({ length: Math.min(200, to - first) }, (_, index) => first + index);
    const kept = Promise.all(
      batch.map(
        (n) =>
          new Promise((resolve) =>
            running.receiver.receive({
              ...{ bytes: Buffer.from(textOf(n, seed)), format: 'hl7', door: 'feed', type: typeOf(n) },
              ...{ key: String(n), sender: String(seed), reply: resolve },
            }),
          ),
      ),
    );
    if ((await Promise.race([kept, death])) === null) return first;
  }
  return to;
}

/** Until nothing waits and nothing is in hand, or the process has died. */
async function drained(store: Store, death: Promise<null> = new Promise(() => undefined)): Promise<void> {
  for (;;) {
    const counts = await Promise.race([store.ledger(), death]);
    if (counts === null || counts.waiting + counts.running === 0) return;
    if ((await Promise.race([turn(20), death])) === null) return;
  }
}

async function figuresOf(store: Store): Promise<Record<string, number>> {
  const { delivered, held, dead: given } = await store.ledger();
  const open = await store.writes({ limit: 10_000 });
  return {
    delivered,
    'deliveries held': held,
    'deliveries dead': given,
    'open in the ledger': Math.max(0, open.rows.length - held),
  };
}

async function onSqlite(options: WritesOptions, _: Random, url: string): Promise<Figures> {
  const clock = quickClock(QUICK);
  const store = await openProofStore(options.folder, clock);
  const running = await start(store, store.keyedHash, { url, clock, sabotage: options.sabotage });
  try {
    await feed(running, 0, options.creates, options.seed);
    await drained(store);
    return await figuresOf(store);
  } finally {
    await running.engine.stop();
    await store.close();
  }
}

/** The process dies right before or right after a move of the ledger is on disk; what is on the wire goes on. */
async function withKills(options: WritesOptions, random: Random, url: string): Promise<Figures> {
  const clock = quickClock(QUICK);
  const disk = newDisk(() => clock.now());
  const keyed = (...parts: readonly string[]): string => JSON.stringify(parts);
  const figures: Record<string, number> = {};
  let fed = 0;
  for (;;) {
    const store = await openMemoryStore({ disk, clock });
    let alive = true;
    const death = Promise.withResolvers<null>();
    let killed = 'not at all';
    // Some of its lives are long enough to get things done.
    let left = 20 + Math.floor(random.fraction() * 400);
    const kill = (where: string, arrives: boolean): Promise<never> => {
      alive = false;
      death.resolve(null);
      killed = where;
      store.crash(arrives);
      return new Promise(() => undefined);
    };
    const watched: Store = {
      ...store,
      async planWrite(plan) {
        if (--left === 0) return kill('while it is planned', random.fraction() < 0.5);
        const planned = await store.planWrite(plan);
        return --left === 0 ? kill('between planned and sending', false) : planned;
      },
      async moveWrite(move) {
        if (--left === 0) return kill(`before ${move.to}`, random.fraction() < 0.5);
        const moved = await store.moveWrite(move);
        return --left === 0 ? kill(`after ${move.to}`, false) : moved;
      },
    };
    const starting = start(watched, keyed, { url, clock, sabotage: options.sabotage });
    const running = await Promise.race([starting, death.promise]);
    if (running && fed < options.creates)
      fed = await feed(running, fed, options.creates, options.seed, death.promise);
    if (running && alive) await drained(store, death.promise);
    if (running && alive) {
      figures.lives = (figures.lives ?? 0) + 1;
      const end = await figuresOf(store);
      await running.engine.stop();
      await store.close();
      return { ...figures, ...end };
    }
    figures[`killed ${killed}`] = (figures[`killed ${killed}`] ?? 0) + 1;
    figures.lives = (figures.lives ?? 0) + 1;
  }
}
