/** The four popular templates in one project, with the demo hospital: what happens there is in the application, once. */
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePorts } from '../../src/std/ports.fixture.ts';
import { plainEnvironment } from './command-line.ts';
import { until } from './engine.ts';
import { type Running, root, startSuture } from './process.ts';
import { openResident, type Resident } from './resident.ts';

const POPULAR = ['appointment-created', 'patient-created', 'encounter-updated', 'document-created'];
const COLLECTIONS = ['appointments', 'people', 'visits', 'documents'] as const;

let home: string;
let dev: Running | null = null;
let commands: Resident;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'suture-popular-'));
  commands = openResident();
});
afterEach(async () => {
  await dev?.stop();
  dev = null;
  await commands.close();
  rmSync(home, { recursive: true, force: true });
});

test('appointments, patients, visits and documents of the demo hospital reach the application, and become cases', async () => {
  await commands.run(['init', '--yes', '.', '--name', 'popular'], { cwd: home });
  for (const name of POPULAR) {
    for (const part of ['flows', 'maps']) {
      const from = join(root, 'templates', name, part);
      if (!existsSync(from)) continue;
      for (const file of readdirSync(from)) copyFileSync(join(from, file), join(home, part, file));
    }
  }
  // All five ways to learn stand in the record; four of them are needed.
  const record = join(home, 'sites', 'larkfield', 'site.yaml');
  writeFileSync(
    record,
    readFileSync(record, 'utf8').replaceAll(/^ {2}# (Patient|Encounter|DocumentReference):/gm, '  $1:'),
  );
  const config = join(home, 'suture.config.ts');
  writeFileSync(config, readFileSync(config, 'utf8').replace('eventsPerMinute: 60', 'eventsPerMinute: 240'));
  const [port, mllp, simulator, app] = await freePorts(4);
  const env = plainEnvironment({
    PORT: String(port),
    MLLP_PORT: String(mllp),
    SIMULATOR_PORT: String(simulator),
    SIMULATOR_HL7_PORT: '0',
    EPIC_FHIR_BASE: `http://127.0.0.1:${simulator}/epic/api/FHIR/R4`,
    APP_PORT: String(app),
    APP_URL: `http://127.0.0.1:${app}`,
    SUTURE_DATA: join(home, '.suture'),
  });
  dev = startSuture(['dev', '--project', home], env);
  await dev.printed(/Suture is ready/);
  const counts = await until(
    async () => {
      const now = (await (await fetch(`http://127.0.0.1:${app}/count`)).json()) as Record<string, number>;
      return COLLECTIONS.every((each) => (now[each] ?? 0) > 0) && now;
    },
    'all four collections to have something',
    170,
  );
  expect(Object.keys(counts).sort()).toEqual([...COLLECTIONS].sort());

  const env2 = { env };
  const recorded = await commands.run(
    ['test', 'new-patient', '--record', 'newest', '--as', 'recorded', '--project', home],
    env2,
  );
  expect(recorded).toMatchObject({ code: 0, errors: '' });
  const tested = await commands.run(['test', 'new-patient', '--project', home], env2);
  expect(tested.out).toMatch(/fine {7}new-patient \/ recorded/);
  const audit = await commands.run(['messages', '--limit', '1', '--project', home], env2);
  expect(audit.code).toBe(0);
}, 240_000);
