/** A code that no map has: its patients wait in order, everybody is told, a row is added, and each goes on once. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MapRowAnswer } from '../../src/api/index.ts';
import { announced } from '../../src/cli/data-folder.ts';
import { unmappedAt } from '../../src/deploy/missing.ts';
import { flow, hl7 } from '../../src/flow/index.ts';
import { readValueSet, type ValueSets, valueSetsOf } from '../../src/mapping/index.ts';
import { freePorts } from '../../src/std/ports.fixture.ts';
import { makeProject, plainEnvironment, suture } from './command-line.ts';
import { type RunningEngine, startEngine, testSite, until } from './engine.ts';
import { startSuture } from './process.ts';
import { type Receiver, startReceiver } from './receiver.ts';

let home: string;
let app: Receiver;
const closing: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'suture-maps-'));
  app = await startReceiver();
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await app.close();
  rmSync(home, { recursive: true, force: true });
});

type Visit = readonly [id: string, patient: string, kind: string];

async function send(port: number, ...visits: readonly Visit[]): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  for (const [id, patient, kind] of visits) {
    socket.write(
      `\x0bMSH|^~\\&|A|B|||20260105120000||ADT^A01|${id}|P|2.5.1\rPID|1||${patient}^^^X^MR||Test^Ida\rPV1|1|O||${kind}\r\x1c\r`,
    );
    expect(String(await once(socket, 'data'))).toContain('MSA|AA');
  }
  socket.end();
}

const told = (): readonly string[] =>
  app.asked.map(({ body }) => {
    const { id, kind } = JSON.parse(body) as { id: string; kind: string };
    return `${id} ${kind}`;
  });
const of = (...ids: readonly string[]): readonly string[] =>
  told().filter((each) => ids.includes(each.split(' ')[0] as string));
const toldOf = (count: number) =>
  until(async () => (told().length === count ? true : undefined), `${count} to be told`, 20);

const sets = (...rows: readonly string[]): ValueSets => {
  const text = `source,target\n${rows.join('\n')}\n`;
  const read = readValueSet(new TextEncoder().encode(text), 'visit-types.csv').rows;
  return valueSetsOf({ names: ['visit-types'], rows: () => read });
};
const notice = flow('notice', { about: 'Tells of every visit.', order: 'patient' })
  .on(hl7.message('ADT^A0*'))
  .map('visit', { kind: { from: 'hl7:PV1-4.1', valueSet: 'visit-types' }, id: 'hl7:MSH-10' })
  .send('tell', { connection: 'app', do: 'send', args: { body: 'visit' } });

async function started(valueSets: () => ValueSets): Promise<RunningEngine> {
  const site = testSite({
    'hl7-in': { connector: 'mllp', listen: { port: 0 } },
    app: { connector: 'webhook', url: app.url, secret: 'app' },
  });
  const secrets = { app: 'a secret that is long enough for a test' };
  const running = await startEngine(join(home, 'data'), { site, flows: [notice], secrets, valueSets });
  closing.push(() => running.close());
  return running;
}

const gapsOf = ({ engine }: RunningEngine, held: number) =>
  until(async () => {
    const gaps = await engine.gaps();
    return gaps.reduce((sum, gap) => sum + gap.held, 0) === held ? gaps : undefined;
  }, `${held} to be held`);

test('an unmapped code holds its patients in order and nobody else; mapped, each goes on once', async () => {
  let present = sets('FU,follow-up', 'NP,new-patient');
  const running = await started(() => present);
  await send(
    running.mllpPort,
    ['1', '77', 'FU'],
    ['2', '77', 'ZZ'],
    ['3', '77', 'NP'],
    ['4', '88', 'NP'],
    ['5', '99', 'ZZ'],
    ['6', '99', 'YY'],
  );
  await toldOf(2);
  expect([...told()].sort()).toEqual(['1 follow-up', '4 new-patient']);
  const [gap, ...more] = await gapsOf(running, 2);
  expect(more).toEqual([]);
  expect(gap).toMatchObject({
    site: 'mercy',
    map: 'visit-types',
    code: 'ZZ',
    back: false,
    held: 2,
    behind: 2,
  });
  const [first] = gap?.messages ?? [];
  const row = await running.store.message(first ?? '');
  expect(row?.deliveries[0]).toMatchObject({ state: 'held', heldFor: 'unmapped code', step: 'visit' });
  expect(row?.deliveries[0]?.failure?.message).toBe('The value set map "visit-types" has no row for "ZZ".');
  // Told once in the log, however many wait; counted for each.
  expect(running.logged.filter((line) => line.includes('has no row for'))).toHaveLength(1);

  // A plan names it, unless what would run has the row.
  const planned = (maps: ValueSets) =>
    unmappedAt({ maps: { valueSets: () => maps }, sites: ['mercy'], store: running.store, seen: [] });
  expect(await planned(present)).toEqual([
    'mercy: the value set map "visit-types" has no row for "ZZ" (4 deliveries wait); suture maps add mercy visit-types ZZ <target>',
  ]);
  expect(await planned(sets('ZZ,urgent'))).toEqual([]);

  // Asked in vain, nothing goes on.
  expect(await running.engine.resumeMapped()).toBe(0);
  present = sets('FU,follow-up', 'NP,new-patient', 'ZZ,urgent');
  expect(await running.engine.resumeMapped()).toBe(2);
  await toldOf(5);
  expect(of('2', '3')).toEqual(['2 urgent', '3 new-patient']);
  expect(of('5')).toEqual(['5 urgent']);
  // The one behind lacks another code: it is held now, in its turn.
  expect(await gapsOf(running, 1)).toMatchObject([{ code: 'YY', held: 1, behind: 0 }]);

  // Mapped while nothing runs: what waited goes before what is new.
  await closing.pop()?.();
  present = sets('FU,follow-up', 'NP,new-patient', 'ZZ,urgent', 'YY,(none)');
  const again = await started(() => present);
  await send(again.mllpPort, ['7', '99', 'NP']);
  await toldOf(7);
  expect(of('6', '7')).toEqual(['6 undefined', '7 new-patient']);
  expect(await again.engine.gaps()).toEqual([]);
  expect(new Set(told()).size).toBe(7);
  const audit = (await again.store.auditTrail({ limit: 50 })).rows;
  expect(audit.filter(({ act, who }) => act === 'delivery.release' && who === 'engine')).toHaveLength(2);
});

test('a code that is mapped while its delivery is tried does not keep it waiting', async () => {
  let asked = 0;
  // The first attempt finds the old map; by its end the new one is there, and nobody looks again.
  const [old, present] = [sets('FU,follow-up'), sets('FU,follow-up', 'ZZ,urgent')];
  const running = await started(() => (asked++ === 0 ? old : present));
  await send(running.mllpPort, ['1', '77', 'ZZ']);
  await toldOf(1);
  expect(told()).toEqual(['1 urgent']);
});

test('from the command line: what waits, and the row that lets it go on', async () => {
  const [port, mllp] = (await freePorts(2)) as [number, number];
  const env = plainEnvironment({
    ...{ PORT: String(port), MLLP_PORT: String(mllp), APP_URL: app.url },
    SUTURE_DATA: join(home, '.suture'),
  });
  makeProject(home, {
    'maps/visit-types.csv':
      'source,target,display,note,verified by,verified on\nFU,follow-up,,,desk,2026-01-31\n',
    'sites/mercy/maps/visit-types.csv': 'source,target\nNP,new-patient\n',
    'flows/notice.ts': `import { flow, hl7 } from 'suture';

export default flow('notice', { about: 'Tells the application of every visit.' })
  .on(hl7.message('ADT^A0*'))
  .map('visit', { kind: { from: 'hl7:PV1-4.1', valueSet: 'visit-types' }, id: 'hl7:MSH-10' })
  .send('tell', { connection: 'app', do: 'send', args: { body: 'visit' } });
`,
  });
  const dev = startSuture(['dev', '--project', home], env);
  closing.push(() => dev.stop());
  await dev.printed(/Suture is ready/);
  await send(mllp, ['1', '77', 'ZZ'], ['2', '77', 'NP'], ['3', '88', 'FU']);
  await toldOf(1);
  const gaps = await suture(['maps', 'gaps', 'mercy', '--project', home], { env });
  expect(gaps.out).toMatch(/mercy \/ visit-types lacks "ZZ": 1 held, and 1 behind it/);
  expect(gaps.out).toMatch(/suture maps add mercy visit-types ZZ <target>/);
  // What the console shows: the row in the columns of that very file, and a command that can be given as it is.
  const desk = announced(join(home, '.suture'));
  const asked = await fetch(`${desk?.url}/api/maps/row`, {
    method: 'POST',
    headers: { authorization: `Bearer ${desk?.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      site: 'mercy',
      map: 'visit-types',
      source: '-Q 1',
      target: 'later',
      by: 'the desk',
    }),
  });
  const shown = (await asked.json()) as MapRowAnswer;
  expect(shown).toMatchObject({
    file: 'sites/mercy/maps/visit-types.csv',
    isNew: false,
    head: 'source,target',
    row: '-Q 1,later',
    fault: null,
  });
  expect(shown.command).toBe("suture maps add --by 'the desk' -- mercy visit-types '-Q 1' later");
  const add = (...words: readonly string[]) => suture(['maps', 'add', '--project', home, ...words], { env });
  expect((await add('mercy', 'visit-types', 'NP', 'urgent')).errors).toMatch(
    /the code "NP" stands here and on line 2/,
  );
  const added = await add('--by', 'desk', '--', 'mercy', 'visit-types', 'ZZ', 'urgent');
  expect(added).toMatchObject({ code: 0, out: expect.stringMatching(/"ZZ" means "urgent" now/) });
  expect(readFileSync(join(home, 'sites/mercy/maps/visit-types.csv'), 'utf8')).toBe(
    'source,target\nNP,new-patient\nZZ,urgent\n',
  );
  await toldOf(3);
  expect(of('1', '2')).toEqual(['1 urgent', '2 new-patient']);
}, 180_000);
