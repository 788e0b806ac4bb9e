import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { freePorts } from '../../src/std/ports.fixture.ts';
import { newMasterKey } from '../../src/vault/index.ts';
import { admission } from '../crash/traffic.ts';
import { makeProject, plainEnvironment, suture } from './command-line.ts';
import { until } from './engine.ts';
import { type Running, startSuture } from './process.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import { openResident, type Resident } from './resident.ts';

// A busy machine takes its time to start a process.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const key = newMasterKey();
let home: string;
let project: string;
/** What is asked again and again; what a process does at its start and end, and with its streams, is asked of one. */
let commands: Resident;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'suture-cli-'));
  project = makeProject(join(home, 'project'));
  await suture(['--version']);
  commands = openResident();
});
afterAll(async () => {
  await commands?.close();
  rmSync(home, { recursive: true, force: true });
});

/** One sentence or two on one line, told by `suture:`; never a stack. */
const oneLine = /^suture: [^\n]+\n$/;

describe('usage', () => {
  const all = [
    'init',
    'start',
    'dev',
    'check',
    'plan',
    'deploy',
    'promote',
    'rollback',
    'deploys',
    'test',
    'run',
    'send',
    'messages',
    'dead',
    'dead show',
    'replay',
    'replays',
    'replays stop',
    'replays resume',
    'lanes',
    'writes',
    'connections',
    'approvals',
    'approve',
    'refuse',
    'flows',
    'flows list',
    'flows show',
    'hl7',
    'hl7 parse',
    'hl7 get',
    'sites',
    'sites capabilities',
    'sites necessary',
    'sites cursors',
    'sites connect',
    'sites keys',
    'maps',
    'maps gaps',
    'maps add',
    'probe',
    'simulator',
    'simulator happen',
    'import',
    'import mirth',
    'backup',
    'restore',
    'key',
    'key rotate',
    'doctor',
  ];

  test('--help is there on all, says what it is, and ends with 0', async () => {
    const helps = await Promise.all(all.map((command) => commands.run([...command.split(' '), '--help'])));
    for (const [index, { code, out, errors }] of helps.entries()) {
      expect([all[index], code, errors]).toEqual([all[index], 0, '']);
      expect(out).toMatch(new RegExp(`^Usage: suture ${all[index]}`));
      expect(out.split('\n')[2]).not.toBe('');
    }
    // The list above is all there is.
    const { out } = await suture(['--help']);
    const listed = [...out.matchAll(/^ {2}([a-z0-9]+) /gm)].map(([, name]) => name);
    expect(listed.filter((name) => name !== 'help')).toEqual(all.filter((name) => !name.includes(' ')));
  });

  test('what it does not understand is bad usage: 2, and said', async () => {
    const wrong: [string[], RegExp][] = [
      [['frobnicate'], /unknown command 'frobnicate'/],
      [['doctor', '--colour'], /unknown option '--colour'/],
      [['hl7', 'get'], /missing required argument 'file'/],
      [['messages', '--limit', 'many'], /--limit is "many"/],
    ];
    for (const { code, errors, said } of await Promise.all(
      wrong.map(async ([words, said]) => ({ ...(await suture(words)), said })),
    )) {
      expect(code).toBe(2);
      expect(errors).toMatch(said);
      expect(errors).not.toContain('    at ');
    }
  });
});

describe('hl7', () => {
  const text = 'MSH|^~\\&|A|B|C|D|20260131||ADT^A01|X-1|P|2.5.1\rPID|1||7^^^E^MR~8^^^F^EXT||OX\\T\\BOW^ANN\r';

  test('get reads a value from a file or from standard input', async () => {
    const file = join(home, 'one.hl7');
    writeFileSync(file, text);
    const [family, byType, all, missing, noPath] = await Promise.all([
      suture(['hl7', 'get', file, 'PID-5.1']),
      suture(['hl7', 'get', '-', 'PID-3[5=EXT].1'], { input: text }),
      suture(['hl7', 'get', '-', 'PID-3[*].1', '--json'], { input: text }),
      suture(['hl7', 'get', file, 'PV1-2']),
      suture(['hl7', 'get', file, 'PID-']),
    ]);
    expect(family).toMatchObject({ code: 0, out: 'OX&BOW\n', errors: '' });
    expect(byType).toMatchObject({ code: 0, out: '8\n' });
    expect(all).toMatchObject({ code: 0, out: '["7","8"]\n' });
    expect(missing).toMatchObject({ code: 1, out: '' });
    expect(missing.errors).toMatch(oneLine);
    expect(noPath).toMatchObject({ code: 2, out: '' });
    expect(noPath.errors).toMatch(oneLine);
  });

  test('parse shows the tree, and says what is wrong on standard error', async () => {
    const [tree, json, none, absent] = await Promise.all([
      suture(['hl7', 'parse', '-'], { input: text }),
      suture(['hl7', 'parse', '-', '--json'], { input: text }),
      suture(['hl7', 'parse', '-'], { input: 'no message at all' }),
      suture(['hl7', 'parse', join(home, 'absent.hl7')]),
    ]);
    expect(tree.code).toBe(0);
    expect(tree.out).toMatch(/PID-5\.1\s+OX&BOW/);
    expect(JSON.parse(json.out)).toHaveLength(2);
    expect(none.code).toBe(1);
    expect(none.errors).toMatch(/^suture: -: /);
    expect(absent).toMatchObject({ code: 2, out: '' });
    expect(absent.errors).toMatch(/absent\.hl7 cannot be read/);
  });
});

describe('check', () => {
  test('of a project in order says so, and what its flows need', async () => {
    const { code, out, errors } = await suture(['check', '--project', project]);
    expect([code, errors]).toEqual([0, '']);
    expect(out).toContain('fine: 1 sites, 1 flows');
    expect(out).toContain('notice needs: app send');
  });

  test('of a broken one names file, line, reason and fix of every fault', async () => {
    const broken = makeProject(join(home, 'broken'), {
      'sites/north/site.yaml': `site: north
name: North
environment: sandbox
ehr: { vendor: epic }
timeZone: America/Chicaco
identifiers: { mrn: { system: urn:oid:1.2.3 } }
connections: {}
`,
      'sites/south/site.yaml': `site: south
name: South
environment: sandbox
ehr: { vendor: epic }
timeZone: America/Chicago
identifiers: { mrn: { system: urn:oid:1.2.3 } }
connections:
  app:
    connector: webhok
  feed:
    connector: mllp
    lisen: { port: 1 }
`,
      'flows/broken.ts': 'export default flow(\n',
    });
    const { code, out, errors } = await suture(['check', '--project', broken]);
    expect([code, errors]).toEqual([1, '']);
    const lines = out.split('\n');
    const fault = (start: string): string => lines.find((line) => line.startsWith(start)) ?? `none: ${out}`;
    expect(fault(`${join(broken, 'sites/north/site.yaml')}:5: `)).toMatch(
      /timeZone: an IANA time zone name.*; correct the value/,
    );
    expect(fault(`${join(broken, 'sites/south/site.yaml')}:9: `)).toMatch(
      /no connector "webhok"; did you mean "webhook"\?/,
    );
    expect(fault(`${join(broken, 'sites/south/site.yaml')}:11: `)).toMatch(
      /no field "lisen"; did you mean "listen"\?/,
    );
    expect(fault(join(broken, 'flows/broken.ts'))).toMatch(/cannot be loaded: .*; correct the TypeScript/);
    expect(out).toMatch(/\d faults\n$/);
    const json = await suture(['check', '--project', broken, '--json']);
    expect(json.code).toBe(1);
    const said = JSON.parse(json.out) as { ok: boolean; faults: { line: number; fix: string }[] };
    expect(said.ok).toBe(false);
    expect(said.faults.every(({ fix }) => fix.length > 0)).toBe(true);
    // What is broken does not start, either.
    const started = await suture(['start', '--project', broken], { env: { SUTURE_KEY: key, PORT: '0' } });
    expect(started.code).toBe(2);
    expect(started.errors).toMatch(/The project has \d faults\. .*\n$/);
  });
});

describe('start says in one line what is in its way, and ends with 2', () => {
  async function refused(words: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
    const { code, out, errors } = await suture(words, { env });
    expect([code, out]).toEqual([2, '']);
    expect(errors).toMatch(oneLine);
    return errors;
  }
  const start = (env: NodeJS.ProcessEnv): Promise<string> =>
    refused(['start', '--project', project], {
      PORT: '0',
      MLLP_PORT: '0',
      SUTURE_KEY: key,
      SUTURE_SECRET_APP: 'a-secret-of-the-test',
      ...env,
    });

  test('no project, no key, no secret, a setting that is none', async () => {
    const said = await Promise.all([
      refused(['start', '--project', home], { SUTURE_KEY: key }),
      start({ SUTURE_DATA: join(home, 'a'), SUTURE_KEY: '' }),
      start({ SUTURE_DATA: join(home, 'b'), SUTURE_KEY: 'short' }),
      start({ SUTURE_DATA: join(home, 'c'), SUTURE_SECRET_APP: '' }),
      start({ SUTURE_DATA: join(home, 'd'), PORT: 'http' }),
      start({ SUTURE_DATA: join(home, 'e'), SUTURE_KEY: '', SUTURE_KEY_FILE: join(home, 'no-such-key') }),
    ]);
    expect(said[0]).toMatch(/There is no suture\.config\.ts in .* --project/);
    expect(said[1]).toMatch(/SUTURE_KEY/);
    expect(said[2]).toMatch(/SUTURE_KEY/);
    expect(said[2]).not.toContain('short');
    expect(said[3]).toMatch(/The secret "app" is not set\. Set SUTURE_SECRET_APP/);
    expect(said[4]).toMatch(/PORT is "http", which is no TCP port/);
    expect(said[5]).toMatch(/SUTURE_KEY_FILE names .*no-such-key/);
  });

  test('a port in use, by name and number', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', () => resolve()));
    const port = String((taken.address() as { port: number }).port);
    try {
      const [http, mllp] = await Promise.all([
        start({ SUTURE_DATA: join(home, 'f'), PORT: port }),
        start({ SUTURE_DATA: join(home, 'g'), MLLP_PORT: port }),
      ]);
      expect(http).toContain(port);
      expect(http).toMatch(/listens there already.* PORT/);
      expect(mllp).toContain(port);
      expect(mllp).toMatch(/mercy \/ hl7-in/);
    } finally {
      await new Promise((resolve) => taken.close(resolve));
    }
    expect(existsSync(join(home, 'f', 'engine.json'))).toBe(false);
    expect(existsSync(join(home, 'g', 'engine.json'))).toBe(false);
  });
});

describe('with an engine that runs, and with its folder alone', () => {
  let app: Receiver;
  let engine: Running;
  let env: NodeJS.ProcessEnv;
  let data: string;
  let port: number;
  const first = admission('CLI-1', 1, 1);

  const ask = (words: readonly string[], more: NodeJS.ProcessEnv = {}) =>
    commands.run([...words, '--project', project], { env: { ...env, ...more } });
  const askProcess = (words: readonly string[], more: NodeJS.ProcessEnv = {}) =>
    suture([...words, '--project', project], { env: { ...env, ...more } });
  const list = async (...words: string[]): Promise<Record<string, unknown>[]> => {
    const { code, out } = await ask(['messages', '--json', ...words]);
    expect(code).toBe(0);
    return out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  };

  beforeAll(async () => {
    // The application refuses one message until it is mended.
    app = await startReceiver(({ body }) => ({ status: body.includes('CLI-2') ? 422 : 204 }));
    const [http, mllp] = (await freePorts(2)) as [number, number];
    port = http;
    data = join(home, 'data');
    env = {
      SUTURE_DATA: data,
      SUTURE_KEY: key,
      SUTURE_SECRET_APP: 'a-secret-of-the-test',
      PORT: String(http),
      MLLP_PORT: String(mllp),
      APP_URL: app.url,
    };
    engine = startSuture(['start', '--project', project], plainEnvironment(env));
    await engine.printed(/Suture is ready/);
  });
  afterAll(async () => {
    await engine?.stop();
    await app?.close();
  });

  test('send prints each verdict and a table, and ends with 1 unless all were taken', async () => {
    const folder = join(home, 'messages');
    mkdirSync(folder);
    writeFileSync(join(folder, 'a.hl7'), first);
    writeFileSync(join(folder, 'b.hl7'), admission('CLI-2', 2, 1));
    writeFileSync(join(folder, 'c.txt'), 'no message at all');
    const all = await askProcess(['send', folder, '--whole']);
    expect(all.code).toBe(1);
    expect(all.out).toMatch(/^AA {2}ADT\^A01 {2}CLI-1 {2}\S+a\.hl7\n/);
    expect(all.out).toMatch(/\n\s+2 {2}AA\n\s+1 {2}AR: \S.*\n$/);
    const repeated = await ask(['send', join(folder, 'a.hl7'), '--json']);
    expect(repeated.code).toBe(0);
    expect(JSON.parse(repeated.out)).toMatchObject({ controlId: 'CLI-1', verdict: 'AA', type: 'ADT^A01' });
    const nobody = await ask(['send', join(folder, 'a.hl7'), '--port', '1']);
    expect(nobody.code).toBe(1);
    expect(nobody.errors).toMatch(oneLine);
    expect(nobody.errors).toMatch(/Nobody listens on 127\.0\.0\.1:1/);
  });

  test('messages lists them as JSON and gives the bytes as they came', async () => {
    await until(async () => (await list('--state', 'dead')).length === 1, 'the refused one to be given up');
    const rows = await list();
    expect(rows.map(({ controlId, state }) => [controlId, state])).toEqual([
      [null, 'rejected'],
      ['CLI-2', 'accepted'],
      ['CLI-1', 'accepted'],
    ]);
    expect(rows[2]).toMatchObject({
      id: expect.stringMatching(/^\d+$/),
      receivedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      site: 'mercy',
      connection: 'hl7-in',
      type: 'ADT^A01',
      repeats: 1,
      deliveries: [{ flow: 'notice', state: 'delivered' }],
    });
    expect(await list('--limit', '1')).toHaveLength(1);
    const raw = await askProcess(['messages', '--control-id', 'CLI-1', '--raw']);
    expect(raw.bytes.equals(Buffer.from(first))).toBe(true);
    const table = await ask(['messages']);
    expect(table.out.split('\n')[0]).toMatch(/^ID +RECEIVED \(UTC\) +SITE/);
    expect(table.out).not.toContain('MERIDIAN');
  });

  test('dead groups what was given up; replay shows what it would do, and does it with a reason', async () => {
    const dead = await ask(['dead']);
    expect(dead.out).toMatch(/^1 x WEBHOOK_REFUSED {2}mercy \/ notice \/ tell\n {4}\S.*\n {4}First: /);
    const [letter] = (await ask(['dead', '--json'])).out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(letter).toMatchObject({
      delivery: { failure: { code: 'WEBHOOK_REFUSED' } },
      message: { controlId: 'CLI-2' },
    });

    const asked = app.asked.length;
    const dry = await ask(['replay', '--code', 'WEBHOOK_REFUSED']);
    expect(dry).toMatchObject({ code: 0, out: expect.stringMatching(/^would replay 1 deliver/) });
    expect(await ask(['replay'])).toMatchObject({ code: 2, out: '' });
    expect(await ask(['replay', '--code', 'WEBHOOK_REFUSED', '--yes'])).toMatchObject({ code: 2, out: '' });
    expect(app.asked).toHaveLength(asked);

    app.answer = () => ({ status: 204 });
    const done = await ask(['replay', letter.delivery.id, '--yes', '--reason', 'the application was mended']);
    expect(done).toMatchObject({ code: 0, out: expect.stringMatching(/^replayed 1 deliver/) });
    await until(async () => app.asked.length === asked + 1, 'the replay to arrive');
  });

  test('lanes and connections say what does not move; a person tries it, gives it up, resumes', {
    timeout: 120_000,
  }, async () => {
    app.answer = () => ({ status: 401 });
    const file = join(home, 'stuck.hl7');
    writeFileSync(file, admission('CLI-S', 77, 1));
    expect((await ask(['send', file])).code).toBe(0);
    const stopped = await until(async () => {
      const said = await ask(['connections']);
      return said.code === 1 && said;
    }, 'the connection to be stopped');
    expect(stopped.out).toMatch(/^mercy\/app +webhook +stopped/m);
    expect(stopped.out).toMatch(/^mercy\/app: Stopped since .* Then resume it/m);
    const lanes = await ask(['lanes']);
    expect(lanes.out).toMatch(
      /^mercy \/ notice {2}next attempt .* UTC; 1 standing, since .*\n {4}WEBHOOK_UNAUTHORIZED at tell: .*\n {4}First: .*\n {4}delivery (\d+) of message \d+ \(ADT\^A01 CLI-S\)\n$/,
    );
    const [lane] = (await ask(['lanes', '--json', '--flow', 'notice'])).out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lane).toMatchObject({ standing: 1, head: { flow: 'notice', state: 'waiting' } });
    expect((await ask(['lanes', '--site', 'other'])).out).toBe('all lanes move.\n');
    expect(await ask(['lanes', '--limit', '0'])).toMatchObject({ code: 2, out: '' });
    expect(await ask(['lanes', 'try', lane.head.id])).toMatchObject({ code: 2, out: '' });

    app.answer = () => ({ status: 204 });
    expect(await ask(['connections', 'resume', 'mercy'])).toMatchObject({ code: 2, out: '' });
    const nobody = await ask(['connections', 'resume', 'mercy/nobody', '--reason', 'why']);
    expect(nobody).toMatchObject({ code: 2, errors: expect.stringMatching(/there is no connection/) });
    const resumed = await askProcess([
      'connections',
      'resume',
      'mercy/app',
      '--reason',
      'the secret was renewed',
    ]);
    expect(resumed).toMatchObject({ code: 0, out: 'mercy/app is called again.\n' });
    await until(async () => (await ask(['lanes'])).out === 'all lanes move.\n', 'the lane to move');
    expect(await ask(['connections'])).toMatchObject({ code: 0 });
    const gone = await ask(['lanes', 'give-up', lane.head.id, '--reason', 'too late']);
    expect(gone).toMatchObject({ code: 1, out: '0 of 1 given up.\n' });
  });

  test('a group is shown, dry-run, replayed with progress and then gone; a corrected copy is sent by its bytes', async () => {
    app.answer = ({ body }) => ({ status: /CLI-[34]/.test(body) ? 422 : 204 });
    for (const id of ['CLI-3', 'CLI-4']) {
      writeFileSync(join(home, `${id}.hl7`), admission(id, 3, 1));
      expect((await ask(['send', join(home, `${id}.hl7`), '--whole'])).code).toBe(0);
    }
    const group = await until(async () => {
      const { out } = await ask(['dead', '--json']);
      const [one] = out.split('\n').filter((line) => line !== '');
      const said =
        one !== undefined &&
        (JSON.parse(one) as { fingerprint: string; count: number; delivery: { id: string } });
      return said && said.count === 2 && said;
    }, 'both to be given up');
    const [shown, single, none, dry] = await Promise.all([
      ask(['dead', 'show', group.fingerprint]),
      ask(['dead', '--all', '--json']),
      ask(['dead', 'show', 'nothing']),
      ask(['replay', '--group', group.fingerprint, '--step', 'tell']),
    ]);
    expect(shown.out).toMatch(/^2 x WEBHOOK_REFUSED {2}mercy \/ notice \/ tell\n/);
    expect(shown.out).toMatch(/CLI-4\n.*CLI-3\n$/);
    expect(single.out.trim().split('\n')).toHaveLength(2);
    expect(none).toMatchObject({ code: 2, out: '', errors: expect.stringMatching(oneLine) });
    expect(dry.out).toMatch(
      /^would replay 2 deliveries; say --yes --reason "..." to do it\.\n {4}2 of mercy \/ notice\n/,
    );
    expect(dry.out).toMatch(/tell {2}send at app: would be done next; 0 fields differ/);
    const wrong = await Promise.all([
      ask(['replay', '--group', group.fingerprint, '--from', 'once']),
      ask(['replay', '--flow', 'notice', '--rate', 'fast', '--reason', 'a test']),
      ask(['replay', '--edit', group.delivery.id, '--reason', 'a test']),
      ask(['replays', 'stop', 'none']),
    ]);
    for (const one of wrong) expect([one.code, one.out]).toEqual([2, '']);
    expect((await ask(['replay', '--flow', 'nothing', '--reason', 'a test'])).code).toBe(1);

    app.answer = ({ body }) => ({ status: body.includes('CLI-4') ? 422 : 204 });
    const done = await ask([
      'replay',
      '--group',
      group.fingerprint,
      '--rate',
      '50',
      '--reason',
      'mended in part',
    ]);
    expect(done.out).toMatch(/^replay \S+: 2 deliveries\. .*\nreplayed 2 deliveries\.\n$/);
    const left = await until(async () => {
      const { out } = await ask(['dead', '--all', '--json']);
      const rows = out.split('\n').filter((line) => line !== '');
      return (
        rows.length === 1 &&
        (JSON.parse(rows[0] as string) as { delivery: { id: string; replayOf: string | null } })
      );
    }, 'one to die again');
    expect(left.delivery.replayOf).not.toBeNull();
    const jobs = await ask(['replays']);
    expect(jobs.out).toMatch(/ done +2 of 2 +\S+ \S+ +cli:\S+ +mended in part\n$/);

    app.answer = () => ({ status: 204 });
    const asked = app.asked.length;
    const file = join(home, 'corrected.hl7');
    writeFileSync(file, admission('CLI-4', 3, 2));
    const copy = await ask([
      'replay',
      '--edit',
      left.delivery.id,
      '--with',
      file,
      '--reason',
      'the ward was wrong',
    ]);
    expect(copy.out).toMatch(/^sent a corrected copy as delivery \d+ of message \d+;/);
    await until(async () => (await ask(['dead'])).out === 'no dead letters.\n', 'the group to be gone');
    await until(async () => app.asked.length > asked, 'the copy to arrive');

    // One that stays, for when the engine is stopped.
    app.answer = () => ({ status: 422 });
    writeFileSync(file, admission('CLI-5', 3, 3));
    expect((await ask(['send', file, '--whole'])).code).toBe(0);
    await until(async () => (await ask(['dead'])).out.startsWith('1 x WEBHOOK_REFUSED'), 'it to be given up');
  });

  test('doctor sees the engine, the project and the disk', async () => {
    const { out } = await ask(['doctor', '--json']);
    const checks = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { check: string; state: string; text: string });
    const check = (name: string) => checks.find((one) => one.check === name);
    expect(check('project')).toMatchObject({ state: 'ok' });
    expect(check('engine')).toMatchObject({ state: 'ok', text: `runs at http://127.0.0.1:${port}, ready` });
    expect(check('sync')?.text).toMatch(/ms \(median/);
    expect(checks.map((one) => one.check)).toContain('disk');
  });

  test('a second engine on the folder is refused, and does the first no harm', async () => {
    const [http, mllp] = (await freePorts(2)) as [number, number];
    const second = await askProcess(['start'], { PORT: String(http), MLLP_PORT: String(mllp) });
    expect(second.code).toBe(2);
    expect(second.errors).toMatch(oneLine);
    expect(second.errors).toContain(`process ${engine.child.pid}`);
    expect(existsSync(join(data, 'engine.json'))).toBe(true);
    expect(await list('--limit', '1')).toHaveLength(1);
  });

  test('SIGTERM ends it with 0, and leaves its folder in order for all that is asked of it alone', async () => {
    const before = await list();
    const word = JSON.parse(readFileSync(join(data, 'engine.json'), 'utf8')) as { pid: number };
    expect(word.pid).toBe(engine.child.pid);
    expect(await engine.stop()).toBe(0);
    expect(existsSync(join(data, 'engine.json'))).toBe(false);
    expect(() => process.kill(word.pid, 0)).toThrow('ESRCH');

    expect(await list()).toEqual(before);
    const raw = await askProcess(['messages', '--control-id', 'CLI-1', '--raw']);
    expect(raw.bytes.equals(Buffer.from(first))).toBe(true);
    expect((await ask(['dead'])).out).toMatch(/^1 x WEBHOOK_REFUSED/);
    // One after the other: each of them takes the folder for itself.
    const replay = await ask(['replay', '1', '--yes', '--reason', 'none']);
    const doctor = await ask(['doctor', '--json']);
    const noKey = await ask(['messages'], { SUTURE_KEY: '' });
    const wrongKey = await ask(['messages'], { SUTURE_KEY: newMasterKey() });
    const nothing = await ask(['messages'], { SUTURE_DATA: join(home, 'nothing') });
    expect(replay).toMatchObject({ code: 2, errors: expect.stringMatching(/needs the running engine/) });
    expect(doctor.out).toMatch(/"ledger","state":"ok"/);
    expect(doctor.out).toMatch(/"audit","state":"ok"/);
    for (const one of [noKey, wrongKey, nothing]) {
      expect([one.code, one.out]).toEqual([2, '']);
      expect(one.errors).toMatch(oneLine);
    }
    expect(wrongKey.errors).toMatch(/key given is not the one/);
    const wrongStart = await askProcess(['start'], { SUTURE_KEY: newMasterKey() });
    expect([wrongStart.code, wrongStart.out]).toEqual([2, '']);
    expect(wrongStart.errors).toMatch(oneLine);
  });
});
