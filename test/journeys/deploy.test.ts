/** Deployments through the front door, on one node and on two. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Deploying, openDeploying } from '../../src/cli/deploying.ts';
import { person } from '../../src/cli/person.ts';
import { readProject } from '../../src/deploy/index.ts';
import { createMllpClient } from '../../src/hl7/index.ts';
import { systemClock } from '../../src/std/index.ts';
import { freePorts } from '../../src/std/ports.fixture.ts';
import { openPostgresStore, type Store } from '../../src/store/index.ts';
import { type Cluster, newCluster, postgresIsThere } from '../../src/store/postgres/cluster.suite.ts';
import { newMasterKey } from '../../src/vault/index.ts';
import { admission } from '../crash/traffic.ts';
import { makeProject, plainEnvironment, suture } from './command-line.ts';
import { until } from './engine.ts';
import { type Running, startSuture } from './process.ts';
import { type Receiver, startReceiver } from './receiver.ts';

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'suture-deploy-journey-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('on one node', () => {
  let project: string;
  let app: Receiver;
  let running: Running | null = null;
  let env: NodeJS.ProcessEnv;
  let mllp: number;
  const told: string[] = [];

  beforeAll(async () => {
    project = makeProject(join(home, 'project'));
    app = await startReceiver(async ({ body, path }) => {
      told.push(`${path} ${JSON.stringify(body)}`);
      return { status: 200, body: {} };
    });
    const [http, port] = (await freePorts(2)) as [number, number];
    mllp = port;
    env = {
      SUTURE_KEY: newMasterKey(),
      SUTURE_SECRET_APP: 'app-secret',
      PORT: String(http),
      MLLP_PORT: String(port),
      APP_URL: app.url,
    };
  });
  afterAll(async () => {
    await running?.stop();
    await app.close();
  });
  const say = (...words: string[]) => suture([...words, '--project', project], { env });
  const start = async (): Promise<void> => {
    running = startSuture(['start', '--project', project], plainEnvironment(env));
    await running.printed(/Stop with Ctrl-C/);
  };
  const change = (from: string, to: string): void => {
    const file = join(project, 'flows', 'notice.ts');
    writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));
  };

  test('what was deployed runs, is exchanged under a sender that stays connected, survives a restart, and is gone back to', {
    timeout: 300_000,
  }, async () => {
    const first = await say('deploy', '--note', 'the first');
    expect([first.code, first.errors]).toEqual([0, '']);
    expect(first.out).toMatch(/^deployment 1 runs at the next start/);
    change("'/told'", "'/told-anew'");
    await start();
    expect(running?.output()).toContain(`deployment 1, by ${person()}`);
    const client = createMllpClient({ host: '127.0.0.1', port: mllp });
    await client.send(Buffer.from(admission('before-1', 1, 1)));
    await until(async () => told.length === 1, 'the application to be told');
    expect(told[0]).toMatch(/^\/told /);

    const plan = await say('plan');
    expect(plan.out).toContain('step "tell": path is now "/told-anew" (was "/told")');
    expect(plan.errors).toMatch(/The folder is not what was deployed/);
    expect((await say('deploy', '--flow', 'notice')).out).toMatch(/^deployment 2 runs now: 1 change/);
    // The same socket.
    await client.send(Buffer.from(admission('after-1', 1, 2)));
    await until(async () => told.length === 2, 'the application to be told');
    expect(told[1]).toMatch(/^\/told-anew /);

    change("'/told-anew'", "'/not-deployed'");
    await running?.stop();
    await client.close();
    await start();
    const back = await say('rollback', '--note', 'it was better before');
    expect(back.out).toMatch(/^deployment 3 \(back to 1\) runs now/);
    const again = createMllpClient({ host: '127.0.0.1', port: mllp });
    await again.send(Buffer.from(admission('back-1', 1, 3)));
    await again.close();
    await until(async () => told.length === 3, 'the application to be told');
    expect(told[2]).toMatch(/^\/told /);
  });
});

describe.skipIf(!postgresIsThere('deployments on two nodes'))('on two nodes of one database', () => {
  let cluster: Cluster;
  const stores: Store[] = [];
  const nodes: Deploying[] = [];
  afterAll(async () => {
    for (const node of nodes) await node.close();
    for (const store of stores) await store.close();
    await cluster?.remove();
  });

  test('what one deploys, the other runs, too', { timeout: 180_000 }, async () => {
    cluster = await newCluster();
    await cluster.start();
    const url = cluster.url(await cluster.newDatabase());
    const project = makeProject(join(home, 'shared'));
    const names: string[][] = [[], []];
    for (const at of [0, 1]) {
      const store = await openPostgresStore({
        ...{ url, masterKey: Buffer.alloc(32, 7), clock: systemClock, node: `node ${at}` },
      });
      stores.push(store);
      // Each machine has a folder of its own.
      const folder = join(home, `machine-${at}`);
      cpSync(project, folder, { recursive: true });
      const node = openDeploying({
        ...{ store, data: join(home, `data-${at}`), project: folder, environment: {} },
        log: () => undefined,
      });
      node.begin(
        async (next, _queued, commit) => {
          await commit();
          names[at]?.push(next.sites.map(({ record }) => record.name).join());
        },
        () => ({}),
      );
      nodes.push(node);
    }
    const file = join(project, 'sites', 'mercy', 'site.yaml');
    for (const name of ['Mercy one', 'Mercy two']) {
      writeFileSync(file, readFileSync(file, 'utf8').replace(/^name: .*$/m, `name: ${name}`));
      const { root, contents } = readProject(project, { sites: 'sites', flows: 'flows' });
      await stores[0]?.putContent(contents);
      const asked = { act: 'deploy', scope: {}, queued: 'drain', who: 'kim', note: '' } as const;
      await nodes[0]?.deploys.deploy({ ...asked, root });
      await until(async () => names[1]?.includes(name), 'the other node to take it up');
    }
    expect(names).toEqual([
      ['Mercy one', 'Mercy two'],
      ['Mercy one', 'Mercy two'],
    ]);
    expect(nodes.map((node) => node.api.running())).toEqual(['2', '2']);
  });
});
