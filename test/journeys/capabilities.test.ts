/** What a hospital can do, asked of the hospital itself: by a probe, by the check of a project, and by an engine that goes on looking. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CapabilityMatrix, capabilityMatrix, connectors, rowOf } from '../../src/connectors/index.ts';
import { testAuthority } from '../../src/hl7/mllp/certificate.fixture.ts';
import { createSimulator, type Simulator } from '../../src/simulator/index.ts';
import {
  loadObserved,
  type Observed,
  type ObservedPart,
  observedFile,
  observedText,
} from '../../src/site/index.ts';
import { type Clock, systemClock } from '../../src/std/index.ts';
import { makeProject, suture } from './command-line.ts';
import { type RunningEngine, startEngine, testSite } from './engine.ts';
import { type Receiver, startReceiver } from './receiver.ts';

const MRN = 'urn:oid:1.2.840.114350.1.13.0.1.7.5.737384.14';
let folder: string;
let hospital: Simulator;
let keys: Receiver;
let running: RunningEngine | null;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'suture-capabilities-'));
  running = null;
  hospital = await createSimulator({ seed: 'capabilities', patients: 5, eventsPerMinute: 0 });
  keys = await startReceiver(async () => ({
    status: 200,
    headers: { 'cache-control': 'no-store' },
    body: (await running?.engine.jwks()) ?? { keys: [] },
  }));
});
afterEach(async () => {
  await running?.close();
  await keys.close();
  await hospital.close();
  rmSync(folder, { recursive: true, force: true });
});

const register = (scopes?: readonly string[]): void =>
  hospital.addClient({
    clientId: 'suture-probe',
    jwksUrl: `${keys.url}/jwks.json`,
    ...(scopes ? { scopes } : {}),
  });
const site = () =>
  testSite(
    {
      'adt-in': { connector: 'mllp', listen: { port: 0 } },
      epic: {
        connector: 'epic',
        fhirBase: hospital.fhirBase,
        clientId: 'suture-probe',
        auth: { method: 'backend' },
        mrnSystem: MRN,
      },
    },
    { roster: { from: ['adt-in'] } },
  );

/** Waits of minutes and days pass at once. */
const hurried: Clock = {
  ...systemClock,
  after: (ms, run) => systemClock.after(ms >= 60_000 ? Math.min(ms / 1_000, 400) : ms, run),
};

async function start(observed: Observed = {}, clock: Clock = systemClock): Promise<RunningEngine> {
  running = await startEngine(join(folder, 'data'), {
    site: site(),
    clock,
    observed: { mercy: { epic: observed } },
  });
  return running;
}
const matrixOf = (observed: Observed): CapabilityMatrix =>
  capabilityMatrix({ record: site(), observed: { epic: observed }, connectors });
const state = (matrix: CapabilityMatrix, resource: string, ability: 'read' | 'search' | 'create'): string =>
  rowOf(matrix, resource)?.cells[ability].state ?? 'absent';

test('a probe writes down what the server is, and not a word of a patient or a token', async () => {
  register();
  const { engine } = await start();
  const observed = await engine.capabilities.probe('mercy', 'epic');
  expect(Object.keys(observed).sort()).toEqual(['metadata', 'scopes', 'smart', 'trials']);
  expect(observed.metadata?.software.version).toBe('May 2026');
  const at = join(folder, 'mercy', 'observed');
  mkdirSync(at, { recursive: true });
  for (const [part, value] of Object.entries(observed)) {
    writeFileSync(
      join(at, observedFile('epic', part as ObservedPart)),
      observedText(part as ObservedPart, value),
    );
  }
  // What is read again is what was asked, and asked again it is the same but for its date.
  expect(loadObserved(join(folder, 'mercy'))).toEqual({ observed: { epic: observed }, faults: [] });
  const again = await engine.capabilities.probe('mercy', 'epic');
  const undated = (part: ObservedPart, from: Observed): string =>
    observedText(part, from[part]).replace(/"observedAt": "[^"]+"/, '');
  for (const part of Object.keys(observed) as ObservedPart[])
    expect(undated(part, again)).toBe(undated(part, observed));
  const written = readdirSync(at)
    .map((name) => readFileSync(join(at, name), 'utf8'))
    .join('\n');
  for (const { mrn, family } of hospital.patients()) {
    for (const each of [mrn, family]) expect(written).not.toContain(each);
  }
  expect(written).not.toMatch(/Bearer|eyJ|client_assertion|access_token/);
  expect(state(matrixOf(observed), 'Appointment', 'search')).toBe('yes');
  expect(state(matrixOf(observed), 'Encounter', 'create')).toBe('no');
});

test('what the client was not granted is found out by the scopes of its token and by asking', async () => {
  register(['system/Patient.rs']);
  const { engine } = await start();
  const observed = await engine.capabilities.probe('mercy', 'epic');
  const matrix = matrixOf(observed);
  expect(state(matrix, 'Patient', 'search')).toBe('yes');
  expect(state(matrix, 'Appointment', 'search')).toBe('no');
  expect(observed.trials?.trials.find(({ what }) => what === 'Appointment (search)')?.answer).toBe(
    'not granted',
  );
  const unsaid = matrixOf({
    ...observed,
    scopes: { ...(observed.scopes as NonNullable<Observed['scopes']>), told: false },
  });
  expect(state(unsaid, 'Appointment', 'search')).toBe('no');
});

test('an engine that goes on looking tells what has changed, and changes nothing', async () => {
  register();
  const first = await start();
  const observed = await first.engine.capabilities.probe('mercy', 'epic');
  await first.close();
  register(['system/Patient.rs']);
  const { engine, logged } = await start(observed, hurried);
  await expect
    .poll(() => engine.capabilities.of('mercy')?.drift[0]?.found.length ?? 0, { timeout: 10_000 })
    .toBeGreaterThan(0);
  const [drift] = engine.capabilities.of('mercy')?.drift ?? [];
  expect(drift?.found.map(({ what }) => what)).toContain('scope system/Appointment.s');
  expect(logged.join('\n')).toContain('CAPABILITY_DRIFT');
  // The matrix stays what was written down: a person looks first.
  expect(engine.capabilities.of('mercy')?.matrix.observed).toEqual(matrixOf(observed).observed);
});

test('a certificate of MLLP over TLS that ends soon is told once, of ours as of theirs, with no probe before', async () => {
  const DAY = 86_400_000;
  const { key, cert } = testAuthority().issue({ subject: 'engine', to: Date.now() + 12 * DAY });
  const tls = { key: 'our-key', cert };
  running = await startEngine(join(folder, 'data'), {
    site: testSite({
      'adt-in': { connector: 'mllp', listen: { port: 0, tls } },
      'plain-in': { connector: 'mllp', listen: { port: 0 } },
    }),
    secrets: { 'our-key': key },
    clock: hurried,
  });
  const { engine, logged } = running;
  const told = () => logged.filter((line) => line.includes('a certificate ends soon'));
  await expect.poll(() => told().length, { timeout: 10_000 }).toBe(1);
  expect(told()[0]).toMatch(/our own listener ends on \d{4}-/);
  expect(engine.capabilities.of('mercy')?.drift).toEqual([
    expect.objectContaining({
      connection: 'adt-in',
      unwritten: false,
      found: [expect.objectContaining({ change: 'ends' })],
    }),
  ]);
});

test('suture check refuses a flow that needs what the site lacks, and names what there is', {
  timeout: 120_000,
}, async () => {
  const project = makeProject(join(folder, 'project'));
  const sites = join(project, 'sites');
  const [name = ''] = readdirSync(sites);
  const file = join(sites, name, 'site.yaml');
  writeFileSync(
    file,
    `${readFileSync(file, 'utf8')}\n  epic:\n    connector: epic\n    fhirBase: https://ehr.example/api/FHIR/R4\n    clientId: c\n    auth: { method: backend }\n    mrnSystem: ${MRN}\n`,
  );
  writeFileSync(
    join(project, 'flows', 'visit.ts'),
    `import { flow, hl7 } from 'suture';
export default flow('visit').on(hl7.message('ADT^A04'))
  .create('visit', { connection: 'epic', do: 'encounter.create', args: { status: { value: 'planned' } } });
`,
  );
  const { code, out } = await suture(['check', '--project', project]);
  expect(out).toContain(`has no Encounter create`);
  expect(out).toContain('ADT^A04 where the site takes it. See: suture sites capabilities');
  expect(code).toBe(1);
  const shown = await suture(['sites', 'capabilities', name, '--project', project]);
  expect(shown.out).toContain('Encounter create: no');
  expect(shown.code).toBe(0);
});
