import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startSftp } from '../../src/connectors/file/sftp-server.fixture.ts';
import { createSimulator, type Simulator } from '../../src/simulator/index.ts';
import { openPostgresStore, type PostgresStore } from '../../src/store/index.ts';
import { type Cluster, newCluster, postgresIsThere } from '../../src/store/postgres/cluster.suite.ts';
import { quickClock } from '../proofs/quick-clock.ts';
import { proofKey } from '../proofs/store.ts';
import type { ProcessOrders } from '../proofs/writes/hospital-process.ts';
import { until } from './engine.ts';
import type { FilesOrders } from './files-node.ts';

const closing: (() => Promise<unknown> | undefined)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Ten seconds, after which a node asks again whose turn it is, are over in half of one. */
const QUICK = 20;

/** The hospital's server at an address of one node's own, so that it is seen who asks it. */
async function ownAddress(hospital: Simulator): Promise<{ readonly base: string; asked: number }> {
  const target = new URL(hospital.url);
  const door = { base: '', asked: 0 };
  const server: Server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    near.on('data', () => {
      door.asked += 1;
    });
    near.pipe(far).pipe(near);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => undefined);
      one.on('close', () => other.destroy());
    }
    closing.push(async () => near.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(async () => server.close());
  door.base = `http://127.0.0.1:${(server.address() as { port: number }).port}/generic/R4`;
  return door;
}

/** What the database holds of the files, and the times for which the schedule was started, oldest first. */
async function taken(store: Pick<PostgresStore, 'search' | 'payload'>) {
  const found = { ids: [] as string[], ticks: [] as string[], files: 0 };
  let before: string | null = null;
  do {
    const page = await store.search({ limit: 500, ...(before === null ? {} : { before }) });
    for (const { id, type, controlId } of page.rows) {
      if (type === 'file') found.files++;
      else if (type === 'schedule.tick') found.ticks.unshift((controlId ?? '').replace('tick@', ''));
      else {
        const text = Buffer.from((await store.payload(id)) ?? []).toString();
        found.ids.push((JSON.parse(text) as { id: string }).id);
      }
    }
    before = page.before;
  } while (before !== null);
  return found;
}

async function startNode(orders: ProcessOrders): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, '..', 'proofs', 'writes', 'hospital-process.ts'), {
    env: { ...process.env, WRITES_ORDERS: JSON.stringify(orders) },
    execArgv: [],
  });
  closing.push(async () => child.kill('SIGKILL'));
  await once(child, 'message');
  return child;
}

describe.skipIf(!postgresIsThere('two nodes'))('two nodes on one database', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await newCluster();
    await cluster.start();
  });
  afterAll(() => cluster.remove());

  test('a site is asked by one of them at a time; when that one is killed the other goes on, and nothing is told twice', async () => {
    const origin = Date.now();
    const clock = quickClock(QUICK, origin);
    const wall = { now: clock.now, after: clock.after };
    const hospital = await createSimulator({ seed: 'nodes', patients: 4, eventsPerMinute: 0, wall });
    closing.push(() => hospital.close());
    const database = await cluster.newDatabase();
    const place = cluster.url(database);
    const [first, second] = [await ownAddress(hospital), await ownAddress(hospital)];
    const orders = (base: string): ProcessOrders => ({
      ...{ place, times: QUICK, origin },
      site: {
        site: 'lakeside',
        name: 'Lakeside',
        environment: 'sandbox',
        ehr: { vendor: 'any' },
        timeZone: 'UTC',
        identifiers: { mrn: { system: 'urn:oid:1.2.3' } },
        budget: { requestsPerSecond: 1_000 },
        connections: {
          in: { connector: 'mllp', listen: { port: 0 } },
          ehr: { connector: 'fhir', fhirBase: base },
        },
        learn: {
          Appointment: { method: 'poll', from: 'ehr', every: '4s' },
          Encounter: { method: 'poll', from: 'ehr', every: '4s' },
        },
      },
    });
    const one = await startNode(orders(first.base));
    const store = await openPostgresStore({ url: place, masterKey: proofKey, bystander: true });
    closing.push(() => store.close());
    const told = async (): Promise<readonly string[]> => {
      const { rows } = await store.search({ connection: 'ehr', limit: 500 });
      return rows.map(({ type, controlId }) => `${type} ${controlId}`);
    };
    const known = () => hospital.appointments().length + hospital.visits().length;
    const created = async (): Promise<readonly string[]> =>
      (await told()).filter((text) => text.includes('.created'));
    await until(async () => (await created()).length === known(), 'the first to learn what is there');

    await startNode(orders(second.base));
    for (const kind of ['book', 'admit', 'book'] as const) hospital.happen({ kind });
    await until(async () => (await created()).length === known(), 'what has happened');
    // The other one has had its chances, and left them.
    const asked = first.asked;
    await until(async () => first.asked > asked + 20, 'a few more rounds');
    expect(second.asked).toBe(0);

    const died = once(one, 'exit');
    one.kill('SIGKILL');
    await died;
    const last = first.asked;
    // Half a minute later by the database's clock, which judges.
    await cluster.query('UPDATE suture.claim SET until = now()', database);
    for (const kind of ['book', 'discharge', 'cancel'] as const) hospital.happen({ kind });
    await until(
      async () =>
        (await created()).length === known() &&
        (await told()).filter((text) => text.includes('.updated')).length >= 2,
      'the other one to have learnt the rest',
      30,
    );
    expect(second.asked).toBeGreaterThan(0);
    expect(first.asked).toBe(last);
    const all = await created();
    expect(new Set(all).size).toBe(all.length);
  }, 180_000);

  test('a folder and an SFTP folder are read by one of them at a time; stalled or killed in the middle of files, the other goes on; and a schedule starts once each second', async () => {
    const database = await cluster.newDatabase();
    const place = cluster.url(database);
    const root = mkdtempSync(join(tmpdir(), 'suture-nodes-'));
    closing.push(async () => rmSync(root, { recursive: true, force: true }));
    for (const folder of ['here/in', 'there/in']) mkdirSync(join(root, folder), { recursive: true });
    const server = await startSftp(join(root, 'there'));
    closing.push(() => server.close());
    const store = await openPostgresStore({ url: place, masterKey: proofKey, bystander: true });
    closing.push(() => store.close());
    await store.putSecret('secret:drop', 'synthetic');
    const take = { from: 'in', format: 'csv', every: '20ms', stable: '40ms', batch: 10, patient: 'patient' };
    const { port, hostKey } = server;
    const sftp = { host: '127.0.0.1', port, user: 'suture', secret: 'drop', hostKey };
    const connections = {
      here: { connector: 'file', folder: join(root, 'here'), take },
      there: { connector: 'file', folder: '/', sftp, take },
    };
    const startReader = async (at: number, signal: FilesOrders['signal']) => {
      const orders: FilesOrders = { place, connections, at, signal };
      const child = fork(join(import.meta.dirname, 'files-node.ts'), {
        env: { ...process.env, FILES_ORDERS: JSON.stringify(orders) },
        execArgv: [],
      });
      closing.push(async () => child.kill('SIGKILL'));
      const said: string[] = [];
      child.on('message', (text) => said.push(String(text)));
      await until(async () => said.includes('open'), 'a node to be open');
      return { child, said };
    };

    const ROWS = 200;
    /** Both files at once, whole under their names. */
    const putFiles = (name: string, from: number): void => {
      const rows = Array.from({ length: ROWS }, (_, at) => `${from + at},P${at % 40}\n`).join('');
      for (const [nth, folder] of ['here', 'there'].entries()) {
        const path = join(root, folder, 'in', name);
        writeFileSync(
          `${path}.part`,
          `id,patient\n${rows.replaceAll(/^/gm, nth === 0 ? 'h' : 't').slice(0, -1)}`,
        );
        renameSync(`${path}.part`, path);
      }
    };
    const expireClaims = () => cluster.query('UPDATE suture.claim SET until = now()', database);
    const away = (name: string) =>
      until(
        async () => ['here', 'there'].every((folder) => existsSync(join(root, folder, 'archive', name))),
        `${name} to be put away`,
        60,
      );

    // The first one stands still in the middle of the first files, as a machine does that is moved; the second one takes
    // what is left of their 40 batches, and dies in the middle of the second files.
    const [one, two] = [await startReader(12, 'SIGSTOP'), await startReader(40, 'SIGKILL')];
    putFiles('first.csv', 0);
    await until(async () => one.said.includes('now'), 'the first to stand still');
    await expireClaims();
    await away('first.csv');
    one.child.kill('SIGCONT');
    const died = once(two.child, 'exit');
    putFiles('second.csv', ROWS);
    await died;
    await expireClaims();
    await away('second.csv');

    const { ids, ticks, files } = await taken(store);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toHaveLength(4 * ROWS);
    expect(files).toBe(4);
    expect(two.said.join('\n')).toContain('goes on where it was broken off');
    expect(one.said.join('\n')).toContain('goes on where it was broken off');
    // Each second from the first on, and none twice.
    const first = Date.parse(ticks[0] ?? '');
    expect(ticks.length).toBeGreaterThan(1);
    expect(ticks).toEqual(ticks.map((_, at) => new Date(first + at * 1_000).toISOString()));
  }, 180_000);
});
