/**
 * Another project in place of one that two nodes run on one database, and one of them is killed in the middle: nothing is lost, and
 * each message ran with the version that was said. It takes a minute: `npm run swap-proof`.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { factsOf } from '../../src/deploy/index.ts';
import { createMllpClient } from '../../src/hl7/index.ts';
import { systemClock } from '../../src/std/index.ts';
import { freePorts } from '../../src/std/ports.fixture.ts';
import { openPostgresStore } from '../../src/store/index.ts';
import { newCluster, postgresIsThere } from '../../src/store/postgres/cluster.suite.ts';
import { newMasterKey, parseMasterKey } from '../../src/vault/index.ts';
import { admission } from '../crash/traffic.ts';
import { makeProject, plainEnvironment, suture } from './command-line.ts';
import { until } from './engine.ts';
import { type Running, startSuture } from './process.ts';
import { startReceiver } from './receiver.ts';

const wanted = postgresIsThere('two nodes that are exchanged');
const closing: (() => Promise<unknown> | undefined)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const PATIENTS = 40;
const BEFORE = 200;
const AFTER = 100;

interface Node {
  readonly env: NodeJS.ProcessEnv;
  readonly running: Running;
  send(id: string, patient: number): Promise<void>;
}

describe.skipIf(!wanted)('two nodes of one database', () => {
  const cases = (['drain', 'carry-over'] as const).flatMap((queued) =>
    (['nobody', 'the one that deploys', 'the other one'] as const).map((killed) => ({ queued, killed })),
  );
  test.each(cases)(
    '$queued, and $killed is killed in the middle',
    { timeout: 300_000 },
    async ({ queued, killed }) => {
      const home = mkdtempSync(join(tmpdir(), 'suture-swap-'));
      closing.push(async () => rmSync(home, { recursive: true, force: true }));
      const cluster = await newCluster();
      closing.push(() => cluster.remove());
      await cluster.start();
      const url = cluster.url(await cluster.newDatabase());
      const key = newMasterKey();
      const project = makeProject(join(home, 'project'));
      const file = join(project, 'flows', 'notice.ts');
      const path = (from: string, to: string): void =>
        writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));
      path("'/told'", "'/v1'");

      // The application keeps everybody waiting until the gate is opened.
      let open: () => void = () => undefined;
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      /** By message, the versions with which the application was told of it, in order. */
      const told = new Map<string, string[]>();
      const app = await startReceiver(async ({ path: at, body }) => {
        await gate;
        const { id } = JSON.parse(body) as { id: string };
        told.set(id, [...(told.get(id) ?? []), at.slice(1)]);
        return { status: 204 };
      });
      closing.push(() => app.close());

      const environment = (name: string, http: number, mllp: number) => ({
        ...{
          DATABASE_URL: url,
          SUTURE_KEY: key,
          SUTURE_SECRET_APP: 'x',
          SUTURE_NODE: name,
          APP_URL: app.url,
        },
        ...{ PORT: String(http), MLLP_PORT: String(mllp), SUTURE_DATA: join(home, name) },
      });
      const ports = (await freePorts(4)) as [number, number, number, number];
      const start = async (name: string, http: number, mllp: number): Promise<Node> => {
        const env = environment(name, http, mllp);
        const running = startSuture(['start', '--project', project, '--verbose'], plainEnvironment(env));
        closing.push(async () => running.child.kill('SIGKILL'));
        await running.printed(/Stop with Ctrl-C/);
        const client = createMllpClient({ host: '127.0.0.1', port: mllp });
        closing.push(() => client.close());
        const send = async (id: string, patient: number): Promise<void> =>
          void (await client.send(Buffer.from(admission(id, patient, 1))));
        return { env, running, send };
      };
      const first = await suture(['deploy', '--project', project, '--note', 'one'], {
        env: environment('one', ports[0], ports[1]),
      });
      expect([first.errors, first.code]).toEqual(['', 0]);
      const one = await start('one', ports[0], ports[1]);
      const two = await start('two', ports[2], ports[3]);
      const acknowledged: string[] = [];
      const send = async (node: Node, id: string, at: number): Promise<void> => {
        await node.send(id, at);
        acknowledged.push(id);
      };
      for (let at = 0; at < BEFORE; at++) await send(at % 2 === 0 ? one : two, `before-${at}`, at % PATIENTS);
      await until(async () => app.asked.length >= PATIENTS, 'every lane to be in hand', 60);
      const inHand = new Set(app.asked.map(({ body }) => (JSON.parse(body) as { id: string }).id));

      const store = await openPostgresStore({
        ...{ url, masterKey: parseMasterKey(key), clock: systemClock, bystander: true },
      });
      closing.push(() => store.close());
      path("'/v1'", "'/v2'");
      const words = ['deploy', '--project', project, `--${queued}`, '--note', 'two'];
      const deploying = suture(words, { env: one.env });
      while ((await store.deployments({ state: 'deployed', limit: 2 })).length < 2);
      const [dies, lives] = killed === 'the one that deploys' ? [one, two] : [two, one];
      dies.running.child.kill('SIGKILL');
      await deploying;
      // Whoever lives has been told, and takes it up; what comes meanwhile is planned with one of the two.
      if (lives === two) {
        for (let at = 0; at < 20; at++) await send(lives, `between-${at}`, at % PATIENTS);
        await lives.running.printed(/a deployment of another node was taken up/);
      }
      // Of patients of their own where nobody is killed: nothing stands before them, and whichever node is faster has them at once.
      const others = killed === 'nobody' ? PATIENTS : 0;
      for (let at = 0; at < AFTER; at++) await send(lives, `after-${at}`, others + (at % PATIENTS));
      open();

      await until(
        async () => (await store.ledger()).delivered === acknowledged.length,
        'all to be delivered',
        120,
      );
      const [now, then] = await store.deployments({ state: 'deployed', limit: 2 });
      const versions = [then, now].map((row) => row && factsOf(row).flows.notice);
      const counts: Record<string, number> = {};
      for (const id of acknowledged) {
        const names = told.get(id) ?? [];
        expect([id, names.length > 0]).toEqual([id, true]);
        const { rows: found } = await store.search({ limit: 2, controlId: id });
        const delivery = (await store.message(found[0]?.id ?? ''))?.deliveries[0];
        // The version that it was told with last is the one that the history shows.
        expect([id, delivery?.flowVersion]).toEqual([id, versions[names.at(-1) === 'v1' ? 0 : 1]]);
        const what = id.split('-')[0] as string;
        const kind = `${what}${inHand.has(id) ? ' in hand' : ''} ${[...new Set(names)].join('+')}`;
        counts[kind] = (counts[kind] ?? 0) + 1;
      }
      process.stdout.write(`${queued}, ${killed}: ${JSON.stringify(counts)}\n`);
      for (const kind of Object.keys(counts)) {
        if (kind.startsWith('after')) expect(kind).toBe('after v2');
        if (queued === 'drain' && kind.startsWith('before')) expect(kind).toMatch(/ v1$/);
        if (queued === 'carry-over' && /^before v/.test(kind)) expect(kind).toBe('before v2');
      }
    },
  );
});
