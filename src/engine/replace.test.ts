import { createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { connectors as allConnectors, type Connector, type Receiver } from '../connectors/index.ts';
import { type Flow, flow, flowVersion, hl7 } from '../flow/index.ts';
import { createMllpClient } from '../hl7/index.ts';
import { type SiteRecord, siteSchema } from '../site/index.ts';
import { systemClock } from '../std/index.ts';
import { newDisk, openMemoryStore } from '../store/index.ts';
import { createEngine } from './engine.ts';
import type { Engine, EngineOptions } from './options.ts';
import { AGAIN_AFTER } from './resuming.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A connector whose every move is written down, and whose calls wait until they are let go. */
function desk() {
  const moves: string[] = [];
  const waiting: (() => void)[] = [];
  let holding = false;
  const connector: Connector<{ label: string }> = {
    name: 'desk',
    about: 'A pretend one.',
    parse: (record) => ({ label: (record as { label: string }).label }),
    capabilities: [{ name: 'tell', about: '', effect: true, repeatable: true, scopes: [] }],
    open: ({ label }) => ({
      test: async () => [],
      learns: [{ resource: 'Appointment', methods: ['poll'] }],
      async listen(_receiver: Receiver) {
        moves.push(`${label} listens`);
        const nothing = (): void => undefined;
        return {
          address: label,
          pause: nothing,
          resume: nothing,
          close: async () => void moves.push(`${label} listens no more`),
        };
      },
      async learn() {
        moves.push(`${label} is asked`);
        return { inbound: [], cursor: 'asked', findings: [], more: false, wait: 3_600_000 };
      },
      async call({ args }) {
        if (holding) await new Promise<void>((resolve) => waiting.push(resolve));
        moves.push(`${label} is told ${JSON.stringify(args)}`);
        return null;
      },
      close: async () => void moves.push(`${label} closes`),
    }),
  };
  return {
    connector: connector as Connector,
    moves,
    hold: () => {
      holding = true;
    },
    under: () => waiting.length,
    letGo() {
      holding = false;
      for (const go of waiting.splice(0)) go();
    },
  };
}

const site = (connections: Record<string, unknown>, more: Record<string, unknown> = {}): SiteRecord =>
  siteSchema.parse({
    ...{ site: 'mercy', name: 'Mercy', environment: 'sandbox', ehr: { vendor: 'any' }, timeZone: 'UTC' },
    identifiers: { mrn: { system: 'urn:mrn', hl7: { field: 'PID-3', type: 'MR' } } },
    connections,
    ...more,
  });

/** Tells the desk a word, which is what differs between versions; its code says the word, too, with a source that is the same. */
const telling = (word: string, name = 'tell'): Flow =>
  flow(name, { about: 'Tells what comes.' })
    .on(hl7.message('ADT^*'))
    .code('said', { reads: {}, run: () => word })
    .send('told', { connection: 'app', do: 'tell', args: { word: { value: word }, said: 'said' } });

const adt = (id: string): Buffer =>
  Buffer.from(`MSH|^~\\&|A|B|C|D|20260105||ADT^A01|${id}|P|2.5\rPID|1||77^^^X^MR||Test^Ida\r`);

async function started(
  given: ReturnType<typeof desk>,
  sites: readonly SiteRecord[],
  flows: readonly Flow[],
  more: Partial<EngineOptions> = {},
): Promise<Engine> {
  const store = more.store ?? (await openMemoryStore({ disk: newDisk() }));
  const engine = createEngine({
    ...{ store, sites, flows, clock: systemClock, log: () => undefined, ...more },
    keyedHash: (...parts) => JSON.stringify(parts),
    connectors: new Map([...allConnectors, ['desk', given.connector]]),
  });
  await engine.start();
  closing.push(async () => {
    given.letGo();
    await engine.stop();
    await store.close();
  });
  return engine;
}

/** Which words the desk was told, in order. */
const wordsOf = (given: ReturnType<typeof desk>): readonly string[] =>
  given.moves.flatMap((move) => {
    const told = / is told (.*)$/.exec(move)?.[1];
    if (told === undefined) return [];
    const { word, said } = JSON.parse(told) as { word: string; said: string };
    expect(said).toBe(word);
    return [word];
  });

const portOf = (engine: Engine, connection: string): number =>
  Number(
    engine
      .connections()
      .find((one) => one.connection === connection)
      ?.address?.split(':')
      .at(-1),
  );

function sender(port: number) {
  const client = createMllpClient({ host: '127.0.0.1', port, connectTimeoutMs: 2_000 });
  closing.push(() => client.close());
  return client;
}

const delivered = (engine: Engine, count: number) =>
  expect.poll(async () => (await engine.store.ledger()).delivered, { timeout: 5_000 }).toBe(count);

const mllp = { connector: 'mllp', listen: { port: 0 } };

test('another flow is put in while a sender stays connected: what comes after it runs with it, what came before does not run again', async () => {
  const given = desk();
  const here = site({ feed: mllp, app: { connector: 'desk', label: 'app' } });
  const engine = await started(given, [here], [telling('old')]);
  const port = portOf(engine, 'feed');
  const client = sender(port);
  await client.send(adt('1'));
  await delivered(engine, 1);

  const replaced = await engine.replace({
    sites: [here],
    flows: [telling('new'), telling('also', 'second')],
  });
  expect(replaced).toEqual({
    flows: { added: ['second'], changed: ['tell'], removed: [] },
    connections: { opened: [], reopened: [], closed: [], kept: 2 },
  });
  expect(portOf(engine, 'feed')).toBe(port);
  // The same socket: it was never closed.
  await client.send(adt('2'));
  await delivered(engine, 3);
  const [first, ...others] = wordsOf(given);
  expect([first, ...others.sort()]).toEqual(['old', 'also', 'new']);
  expect(given.moves).not.toContain('app closes');
});

for (const [queued, word] of [
  ['drain', 'old'],
  ['carry over', 'new'],
] as const) {
  test(`what was queued under the earlier version runs by choice: ${queued}`, async () => {
    const given = desk();
    const here = site({ feed: mllp, app: { connector: 'desk', label: 'app' } });
    const engine = await started(given, [here], [telling('old')]);
    const client = sender(portOf(engine, 'feed'));
    given.hold();
    // One lane: the second waits behind the first, which is under way.
    await client.send(adt('1'));
    await client.send(adt('2'));
    await expect.poll(given.under).toBe(1);
    await engine.replace({ sites: [here], flows: [telling('new')] }, queued);
    await client.send(adt('3'));
    given.letGo();
    await delivered(engine, 3);
    expect(wordsOf(given)).toEqual(['old', word, 'new']);
  });
}

test('a flow that is taken out runs to its end where it is drained, and is held where it is not', async () => {
  for (const queued of ['drain', 'carry over'] as const) {
    const given = desk();
    const here = site({ feed: mllp, app: { connector: 'desk', label: 'app' } });
    const engine = await started(given, [here], [telling('old')]);
    const client = sender(portOf(engine, 'feed'));
    given.hold();
    await client.send(adt('1'));
    await client.send(adt('2'));
    await expect.poll(given.under).toBe(1);
    await engine.replace({ sites: [here], flows: [] }, queued);
    given.letGo();
    await delivered(engine, queued === 'drain' ? 2 : 1);
    if (queued === 'drain') continue;
    await expect.poll(async () => (await engine.store.ledger()).held).toBe(1);
  }
});

test('of the connections only those that changed are opened anew, and a call under way is waited for', async () => {
  const given = desk();
  const first = site(
    { feed: mllp, app: { connector: 'desk', label: 'app' }, ehr: { connector: 'desk', label: 'ehr' } },
    { learn: { Appointment: { method: 'poll', from: 'ehr' } } },
  );
  const engine = await started(given, [first], [telling('old')]);
  await expect.poll(() => given.moves).toContain('ehr is asked');
  given.hold();
  await sender(portOf(engine, 'feed')).send(adt('1'));
  await expect.poll(given.under).toBe(1);
  const second = site(
    {
      feed: mllp,
      app: { connector: 'desk', label: 'other app' },
      ehr: { connector: 'desk', label: 'ehr' },
      third: { connector: 'desk', label: 'third' },
    },
    { learn: { Appointment: { method: 'poll', from: 'ehr' } } },
  );
  given.moves.length = 0;
  const { connections } = await engine.replace({ sites: [second], flows: [telling('old')] });
  expect(connections).toEqual({
    opened: ['mercy/third'],
    reopened: ['mercy/app'],
    closed: [],
    kept: 2,
  });
  await expect.poll(() => given.moves).toContain('app listens no more');
  expect(given.moves).not.toContain('app closes');
  given.letGo();
  await expect.poll(() => given.moves).toContain('app closes');
  // It was told by the connection that it had begun with; what comes next by the other.
  expect(given.moves.findIndex((move) => move.startsWith('app is told'))).toBeGreaterThan(-1);
  expect(given.moves.indexOf('app closes')).toBeGreaterThan(
    given.moves.findIndex((move) => move.startsWith('app is told')),
  );
  await sender(portOf(engine, 'feed')).send(adt('2'));
  await delivered(engine, 2);
  expect(given.moves.some((move) => move.startsWith('other app is told'))).toBe(true);
  expect(given.moves.filter((move) => move.startsWith('ehr'))).toEqual([]);
});

test('a project with a fault changes nothing: not the flows, not the doors', async () => {
  const given = desk();
  const here = site({ feed: mllp, app: { connector: 'desk', label: 'app' } });
  const engine = await started(given, [here], [telling('old')]);
  const port = portOf(engine, 'feed');
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  closing.push(() => new Promise((resolve) => taken.close(resolve)));
  const blocked = (taken.address() as { port: number }).port;
  const client = sender(port);
  const before = engine.connections();
  given.moves.length = 0;
  const faulty: readonly [SiteRecord[], Flow[], RegExp][] = [
    [[site({ feed: { connector: 'nobody' } })], [telling('new')], /no connector "nobody"/],
    [[here], [telling('new'), telling('again')], /Two flows are named "tell"/],
    [
      [
        site(
          { feed: mllp, app: here.connections.app },
          { learn: { Patient: { method: 'poll', from: 'app' } } },
        ),
      ],
      [telling('new')],
      /cannot learn Patient/,
    ],
    // The old door has to close first, and opens again.
    [
      [site({ feed: { connector: 'mllp', listen: { port: blocked } }, app: here.connections.app })],
      [telling('new')],
      /cannot listen|in use|port/i,
    ],
  ];
  for (const [sites, flows, reason] of faulty) {
    await expect(engine.replace({ sites, flows })).rejects.toThrow(reason);
    expect(engine.flows).toMatchObject([{ flow: { name: 'tell' } }]);
    expect(engine.connections().map(({ connection }) => connection)).toEqual(
      before.map(({ connection }) => connection),
    );
  }
  await client.send(adt('1')).catch(() => undefined);
  await sender(portOf(engine, 'feed')).send(adt('2'));
  await expect.poll(async () => (await engine.store.ledger()).delivered).toBeGreaterThan(0);
  expect(new Set(wordsOf(given))).toEqual(new Set(['old']));
});

test('a door of the same port is opened anew, and one that cannot be opens the old one again', async () => {
  const given = desk();
  const here = site({ feed: mllp, app: { connector: 'desk', label: 'app' } });
  const engine = await started(given, [here], [telling('old')]);
  const port = portOf(engine, 'feed');
  const same = (types: string) =>
    site({
      feed: { connector: 'mllp', listen: { port, peers: ['127.0.0.1', types] } },
      app: { connector: 'desk', label: 'app' },
    });
  await engine.replace({ sites: [same('127.0.0.2')], flows: [telling('new')] });
  expect(portOf(engine, 'feed')).toBe(port);
  await sender(port).send(adt('1'));
  await delivered(engine, 1);
  // A second one of the same port stands in its own way.
  const twice = site({
    feed: { connector: 'mllp', listen: { port, peers: ['127.0.0.3'] } },
    feed2: { connector: 'mllp', listen: { port } },
    app: { connector: 'desk', label: 'app' },
  });
  await expect(engine.replace({ sites: [twice], flows: [] })).rejects.toThrow(/port/i);
  await sender(port).send(adt('2'));
  await delivered(engine, 2);
});

test('an exchange after which waiting deliveries cannot be looked for is told of, and looked for again until it can', async () => {
  const kept = await openMemoryStore({ disk: newDisk() });
  let broken = false;
  let looked = 0;
  const store = new Proxy(kept, {
    get(of, name: keyof typeof kept) {
      const value = of[name];
      if (typeof value !== 'function') return value;
      if (name !== 'deliveries') return value.bind(of);
      return (query: Parameters<typeof kept.deliveries>[0]) => {
        looked += 1;
        return broken ? Promise.reject(new Error('the disk is away')) : kept.deliveries(query);
      };
    },
  });
  const told: string[] = [];
  const again: (() => void)[] = [];
  const clock = {
    ...systemClock,
    after(ms: number, run: () => void) {
      if (ms !== AGAIN_AFTER) return systemClock.after(ms, run);
      again.push(run);
      return () => undefined;
    },
  };
  const here = site({ app: { connector: 'desk', label: 'app' } });
  const engine = await started(desk(), [here], [telling('old')], {
    ...{ store, clock, log: (level, text, facts) => void told.push(`${level} ${text} ${facts?.code}`) },
  });
  broken = true;
  await engine.replace({ sites: [here], flows: [telling('new')] });
  const text = 'error Deliveries that waited for codes which are mapped now do not go on yet: ';
  expect(told).toEqual([expect.stringContaining(text)]);
  expect(engine.readiness()).toMatchObject({
    ready: true,
    notices: [expect.stringContaining('do not go on')],
  });
  again.shift()?.();
  await expect.poll(() => again.length).toBe(1);
  // Told once, counted each time.
  expect(told).toHaveLength(1);
  broken = false;
  const before = looked;
  again.shift()?.();
  await expect.poll(() => engine.readiness().notices).toEqual([]);
  expect(looked).toBeGreaterThan(before);
  await engine.stop();
  expect(await kept.outcomes(0)).toMatchObject([{ kind: 'finding RESUME_FAILED', count: 2 }]);
});

test('a version that another node runs already is run as it was planned; what others drain is drained here', async () => {
  const given = desk();
  const here = site({ feed: mllp, app: { connector: 'desk', label: 'app' } });
  const flows = { old: telling('old'), middle: telling('middle'), new: telling('new') };
  let there: Flow | null = null;
  const asked: string[] = [];
  const engine = await started(given, [here], [flows.old], {
    earlierFlow: async (_, version) =>
      Object.values(flows).find((one) => flowVersion(one) === version) ?? null,
    async ahead(_, version) {
      asked.push(version);
      return there !== null && flowVersion(there) === version;
    },
  });
  /** As another node has planned it. */
  const planned = async (id: string, by: Flow): Promise<void> => {
    const version = flowVersion(by);
    await engine.store.append({
      ...{ site: 'mercy', connection: 'feed' },
      messages: [
        {
          ...{ format: 'hl7', type: 'ADT^A01', key: id, bytes: adt(id), receivedAt: systemClock.now() },
          ...{ door: 'feed', controlId: id, patient: null, flags: [] },
          deliveries: [{ flow: 'tell', flowVersion: version, lanes: [id] }],
        },
      ],
    } as unknown as Parameters<typeof engine.store.append>[0]);
  };
  const client = sender(portOf(engine, 'feed'));
  there = flows.new;
  await planned('1', flows.new);
  await client.send(adt('wakes'));
  await delivered(engine, 2);
  expect([...wordsOf(given)].sort()).toEqual(['new', 'old']);
  // It is taken up here; on the way over the middle one others drain that one, and carry over the old one.
  const drained = [{ flow: 'tell', version: flowVersion(flows.middle) }];
  await engine.replace({ sites: [here], flows: [flows.new] }, drained);
  await planned('2', flows.middle);
  await planned('3', flows.old);
  await client.send(adt('wakes again'));
  await delivered(engine, 5);
  expect([...wordsOf(given)].slice(2).sort()).toEqual(['middle', 'new', 'new']);
  // Of what runs here, and of what is drained, nobody asks.
  expect(asked).toEqual([flowVersion(flows.new), flowVersion(flows.old)]);
});
