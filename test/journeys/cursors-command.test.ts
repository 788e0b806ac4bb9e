import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSimulator, type Simulator } from '../../src/simulator/index.ts';
import { freePorts } from '../../src/std/ports.fixture.ts';
import { newMasterKey } from '../../src/vault/index.ts';
import { type Ended, makeProject, plainEnvironment } from './command-line.ts';
import { until } from './engine.ts';
import { type Running, startSuture } from './process.ts';
import { openResident, type Resident } from './resident.ts';

let home: string;
let hospital: Simulator;
let engine: Running | undefined;
let commands: Resident;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'suture-cursors-'));
  commands = openResident();
  hospital = await createSimulator({ seed: 'cursors', patients: 3, eventsPerMinute: 0 });
});
afterEach(async () => {
  await engine?.stop();
  await commands.close();
  await hospital.close();
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});

test('where learning stands is shown by the command line, and set back, while the engine runs and when it does not', async () => {
  const project = makeProject(join(home, 'project'), {
    'sites/mercy/site.yaml': `site: mercy
name: Mercy (test)
environment: sandbox
ehr: { vendor: any }
timeZone: UTC
identifiers: { mrn: { system: 'urn:oid:1.2.3' } }
connections:
  ehr: { connector: fhir, fhirBase: '${hospital.genericBase}' }
learn:
  Appointment: { method: poll, from: ehr, every: 1s }
`,
    'flows/notice.ts': `import { appointment, flow } from 'suture';

export default flow('notice', { about: 'Takes note of appointments.' })
  .on(appointment.changed())
  .filter('none', { path: 'event.status', equals: 'nothing' });
`,
  });
  const [http] = (await freePorts(1)) as [number];
  const env = { SUTURE_DATA: join(home, 'data'), SUTURE_KEY: newMasterKey(), PORT: String(http) };
  engine = startSuture(['start', '--project', project], plainEnvironment(env));
  await engine.printed(/Suture is ready/);
  const ask = (...words: string[]): Promise<Ended> =>
    commands.run(['sites', 'cursors', ...words, '--project', project], { env });
  // A round of its own looks back from where the last one ended: with it all there is has been committed.
  const rounds = (): number =>
    hospital
      .requests({ path: '/generic/R4/Appointment' })
      .filter(({ query }) => query.includes('_lastUpdated')).length;
  const goOn = (): Promise<unknown> => {
    const seen = rounds();
    return until(async () => rounds() > seen + 2, 'another round', 30);
  };
  await goOn();
  const shown = await ask('mercy', '--json');
  expect(JSON.parse(shown.out)).toMatchObject({
    ...{ site: 'mercy', resource: 'Appointment', method: 'poll', connection: 'ehr', phase: 'live' },
    position: expect.stringMatching(/^changes up to 20/),
  });

  const back = ['--rewind', 'Appointment', '--to', '2020-01-01T00:00:00Z'];
  const set = await ask('mercy', ...back, '--reason', 'the interface was down');
  expect([set.code, set.errors]).toEqual([0, '']);
  expect(set.out).toMatch(
    /^mercy \/ Appointment {2}poll by ehr\n {4}changes up to 2020-01-01T00:00:00Z.*; moved 20/,
  );
  await goOn();
  const [after, messages, wrong] = await Promise.all([
    ask(),
    commands.run(['messages', '--json', '--limit', '200', '--project', project], { env }),
    ask('mercy', '--rewind', 'Coverage', '--to', '2020-01-01T00:00:00Z', '--reason', 'a typo'),
  ]);
  // It has caught up, and told nothing a second time.
  expect(after?.out).not.toContain('2020-01-01');
  const told = messages?.out.split('\n').filter((line) => line.includes('Appointment.')) ?? [];
  expect(told.length).toBe(hospital.appointments().length);
  expect([wrong?.code, wrong?.errors]).toEqual([
    1,
    expect.stringContaining('Coverage is not learnt at mercy'),
  ]);

  await engine.stop();
  engine = undefined;
  const asleep = await ask('mercy', ...back, '--reason', 'while nothing runs');
  expect([asleep.code, asleep.out]).toEqual([0, expect.stringContaining('2020-01-01T00:00:00Z')]);
}, 120_000);
