/** `suture dev`: files are saved, and what runs is what they say; a faulty one changes nothing. */
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePorts } from '../../src/std/ports.fixture.ts';
import { makeProject, plainEnvironment } from './command-line.ts';
import { until } from './engine.ts';
import { type Running, startSuture } from './process.ts';
import { type Receiver, startReceiver } from './receiver.ts';

let home: string;
let dev: Running | null = null;
let app: Receiver;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'suture-dev-'));
  app = await startReceiver();
  const [port, mllp] = await freePorts(2);
  const data = join(home, '.suture');
  env = plainEnvironment({
    PORT: String(port),
    MLLP_PORT: String(mllp),
    APP_URL: app.url,
    SUTURE_DATA: data,
  });
});
afterEach(async () => {
  await dev?.stop();
  dev = null;
  await app.close();
  rmSync(home, { recursive: true, force: true });
});

let count = 0;
/** An admission goes in; the paths that the application is asked at. */
async function admitted(): Promise<string> {
  count += 1;
  const before = app.asked.length;
  const socket = connect(Number(env.MLLP_PORT), '127.0.0.1');
  socket.write(
    `\x0bMSH|^~\\&|A|B|||20260105120000||ADT^A01|dev-${count}|P|2.5.1\rPID|1||${count}^^^X^MR||Test^Ida\r\x1c\r`,
  );
  expect(String(await once(socket, 'data'))).toContain('MSA|AA');
  socket.end();
  return (await until(async () => app.asked[before], 'the application to be told', 20)).path;
}

const flowFile = (): string => join(home, 'flows', 'notice.ts');
const edit = (file: string, from: string, to: string): void =>
  writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));

test('a flow, what it imports, and a site are taken up as they are saved; a fault leaves what runs, with its place', async () => {
  makeProject(home, {
    'flows/parts/place.ts': "export const place = '/first';\n",
    'flows/notice.ts': `import { flow, hl7 } from 'suture';
import { place } from './parts/place.ts';

export default flow('notice', { about: 'Tells the application of every admission.' })
  .on(hl7.message('ADT^A01'))
  .send('tell', { connection: 'app', do: 'send', args: { path: { value: place }, 'body.id': 'hl7:MSH-10' } });
`,
  });
  dev = startSuture(['dev', '--project', home], env);
  await dev.printed(/Suture is ready/);
  expect(await admitted()).toBe('/first');

  edit(join(home, 'flows/parts/place.ts'), '/first', '/second');
  await dev.printed(/taken up in \d+ ms: flow notice changed/);
  expect(await admitted()).toBe('/second');

  // It does not load: file, line, and what ran goes on.
  edit(flowFile(), ".on(hl7.message('ADT^A01'))", ".on(hl7.message('ADT^A01')");
  const [, line] = await dev.printed(/notice\.ts:(\d+): cannot be loaded: .*; correct the TypeScript/);
  expect(Number(line)).toBeGreaterThan(3);
  await dev.printed(/what ran before goes on/);
  expect(await admitted()).toBe('/second');

  // It loads and is wrong: the same.
  edit(flowFile(), ".on(hl7.message('ADT^A01')", ".on(hl7.message('ADT^A01'))");
  edit(flowFile(), "connection: 'app'", "connection: 'apps'");
  await dev.printed(/the site mercy has no connection "apps"/);
  expect(await admitted()).toBe('/second');

  // Mended, with a change, it is taken up; so is a connection of the site.
  edit(flowFile(), "connection: 'apps'", "connection: 'app'");
  edit(join(home, 'flows/parts/place.ts'), '/second', '/third');
  await until(async () => (await admitted()) === '/third', 'the mended flow', 20);
  edit(join(home, 'sites/mercy/site.yaml'), '    secret: app\n', '    secret: app\n    timeout: 7s\n');
  await dev.printed(/connection mercy\/app opened anew/);
  expect(await admitted()).toBe('/third');

  // What no flow and no connection says is told, too, in words; so are codes, and what means the same is nothing.
  const record = join(home, 'sites/mercy/site.yaml');
  edit(record, 'name: Mercy (test)', 'name: Mercy Hill');
  await dev.printed(
    /: site mercy changed\n {2}site mercy: name is now "Mercy Hill" \(was "Mercy \(test\)"\)\n/,
  );
  mkdirSync(join(home, 'sites/mercy/maps'));
  writeFileSync(join(home, 'sites/mercy/maps/units.csv'), 'source,target\nMG,mg\n');
  await dev.printed(/map sites\/mercy\/maps\/units\.csv changed\n.*units\.csv: the map is new\n/);
  writeFileSync(join(home, 'sites/mercy/maps/units.csv'), 'source,target\nMG,mg/d\n');
  await dev.printed(/units\.csv: the code "MG" now means "mg\/d" \(was "mg"\)\n/);
  edit(record, 'name: Mercy Hill', 'name: "Mercy Hill"');
  await dev.printed(/: nothing that runs is different\n/);
}, 180_000);

test('a project that is faulty at first is waited for', async () => {
  makeProject(home, { 'flows/notice.ts': "import { flow } from 'suture';\n\nexport default flow(;\n" });
  dev = startSuture(['dev', '--project', home], env);
  await dev.printed(/notice\.ts:3: cannot be loaded/);
  await dev.printed(/waiting for a change/);
  writeFileSync(
    flowFile(),
    `import { flow, hl7 } from 'suture';
export default flow('notice', { about: 'Tells.' })
  .on(hl7.message('ADT^A01'))
  .send('tell', { connection: 'app', do: 'send', args: { path: { value: '/told' }, 'body.id': 'hl7:MSH-10' } });
`,
  );
  await dev.printed(/Suture is ready/);
  expect(await admitted()).toBe('/told');
}, 180_000);
