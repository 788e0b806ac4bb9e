import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { withheldFields } from '../cases/index.ts';
import { runCases } from './case-run.ts';
import { loadProject } from './project/index.ts';
import { stepRun } from './step-run.ts';

const message = 'MSH|^~\\&|A|B|C|D|20260105||ADT^A01|1|P|2.5\rPID|1||77^^^X^MR||Ødegaard^Ida||19700102|F\r';
let root: string;
let said = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'suture-step-run-'));
  for (const folder of ['sites/mercy', 'flows', 'fixtures'])
    mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'suture.config.ts'), 'export default {};\n');
  const record = [
    'site: mercy',
    'name: Mercy',
    'environment: sandbox',
    'ehr: { vendor: any }',
    'timeZone: UTC',
    'identifiers: { mrn: { system: "urn:mrn" } }',
    'connections: {}',
  ];
  writeFileSync(join(root, 'sites/mercy/site.yaml'), `${record.join('\n')}\n`);
  const flow = [
    'flow: names',
    'about: Reads a name.',
    'on:',
    '  hl7: ADT^A01',
    'steps:',
    '  - map: person',
    '    fields: { family: "hl7:PID-5.1" }',
  ];
  writeFileSync(join(root, 'flows/names.yaml'), `${flow.join('\n')}\n`);
  said = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(root, { recursive: true, force: true });
});

async function run(reveal: boolean, json: boolean): Promise<string> {
  const project = await loadProject(root, {});
  expect(project.faults).toEqual([]);
  const kept = {
    ...{ site: 'mercy', connection: 'adt-in', format: 'hl7', type: 'ADT^A01', deliveries: [] },
    bytes: Buffer.from(message),
  };
  const desk = { kept: async () => kept } as unknown as NonNullable<Parameters<typeof stepRun>[2]>;
  said = '';
  expect(await stepRun(project, { flow: 'names', from: '12', reveal, json }, desk)).toBe(0);
  return said;
}

test('of a message that is kept, names of fields are shown and values only when asked for', async () => {
  for (const json of [false, true]) {
    const masked = await run(false, json);
    expect(masked).toContain('family');
    expect(masked).not.toMatch(/degaard|Ida|1970/);
    expect(await run(true, json)).toContain('Ødegaard');
  }
});

/** The site permits the flow these fields of patient 77 alone; a case of this patient, and one of another. */
function permit(
  flow: string,
  fields: string,
  { file, textOf, values }: { file: string; textOf: (mrn: string) => string; values: string },
): void {
  const record = join(root, 'sites/mercy/site.yaml');
  const rule = ['necessary:', '  flows:', `    ${flow}: { list: cohort.csv, fields: ${fields} }`];
  writeFileSync(record, `${readFileSync(record, 'utf8')}${rule.join('\n')}\n`);
  writeFileSync(join(root, 'sites/mercy/cohort.csv'), 'mrn\n77\n');
  for (const [name, mrn, expected] of [
    ['in', '77', `end: delivered\nvalues: ${values}\n`],
    ['out', '78', 'end: filtered at minimum necessary\n'],
  ] as const) {
    const folder = join(root, 'fixtures', flow, name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, file), textOf(mrn));
    writeFileSync(join(folder, 'expect.yaml'), expected);
  }
}

test('a case and a step run see what the site permits, and say what was withheld', async () => {
  permit('names', '{ hl7: [PID-3, PID-7] }', {
    file: 'in.hl7',
    textOf: (mrn) => message.replace('|77^', `|${mrn}^`),
    values: '{ person: {} }',
  });
  const { outcomes } = await runCases(await loadProject(root, {}), { update: false });
  expect(outcomes).toMatchObject([
    { case: 'in', state: 'fine', differences: [], withheld: { fields: ['PID-1', 'PID-5', 'PID-8'] } },
    {
      ...{ case: 'out', state: 'fine', differences: [] },
      withheld: { reason: 'its patient is none of those permitted' },
    },
  ]);
  expect(await run(true, false)).toMatch(
    /delivered\n {4}withheld by minimum necessary: PID-1, PID-5, PID-8\n/,
  );
  expect(said).not.toMatch(/degaard/);
  expect(await run(false, true)).toContain('"withheld":{"fields":["PID-1","PID-5","PID-8"]}');
});

test('a case of a flow that answers calls sees of the prefetch what the site permits', async () => {
  const flow = [
    'flow: sheet',
    'about: Reads who the call is about.',
    'on: { cds: patient-view, service: sheet, description: Reads., prefetch: { patient: "Patient/{{context.patientId}}" } }',
    'steps:',
    '  - map: person',
    '    fields: { born: event.prefetch.patient.birthDate, family: "event.prefetch.patient.name[0].family" }',
    '  - respond: answer',
    '    cards: [{ card: { summary: person.born, indicator: { value: info }, source.label: { value: Sheet } } }]',
  ];
  writeFileSync(join(root, 'flows/sheet.yaml'), `${flow.join('\n')}\n`);
  const callOf = (value: string) => ({
    ...{ hook: 'patient-view', context: { patientId: 'p1' } },
    prefetch: {
      patient: {
        ...{ resourceType: 'Patient', id: 'p1', identifier: [{ system: 'urn:mrn', value }] },
        ...{ birthDate: '1970-01-02', name: [{ family: 'Ødegaard' }] },
      },
    },
  });
  permit('sheet', '{ fhir: [birthDate] }', {
    file: 'in.json',
    textOf: (mrn) => JSON.stringify(callOf(mrn)),
    values: '{ person: { born: "1970-01-02" } }',
  });
  const project = await loadProject(root, {});
  expect(project.faults).toEqual([]);
  const { outcomes } = await runCases(project, { update: false });
  expect(outcomes.filter((one) => one.flow === 'sheet')).toMatchObject([
    {
      case: 'in',
      state: 'fine',
      differences: [],
      withheld: { fields: ['prefetch.patient.identifier', 'prefetch.patient.name'] },
    },
    {
      ...{ case: 'out', state: 'fine', differences: [] },
      withheld: { reason: 'its patient is none of those permitted' },
    },
  ]);
});

test('withheld fields are named: of HL7 with whole segments, of FHIR by their path, once', () => {
  const bytes = (value: unknown): Uint8Array =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
  expect(
    withheldFields(
      'hl7',
      bytes('MSH|^~\\&|A\rPID|1||7\rOBX|1||x\rOBX|2||y\rNK1|1|Z\r'),
      bytes('MSH|^~\\&|A\rPID|||7\rOBX|1||x\rOBX|2\r'),
    ),
  ).toEqual(['PID-1', 'OBX-3', 'NK1']);
  const was = { id: '1', status: 'x', name: [{ family: 'a', given: ['b'] }, { given: ['c'] }], tag: [1] };
  const is = { id: '1', name: [{ family: 'a' }, {}], tag: [null] };
  expect(withheldFields('fhir', bytes(was), bytes(is))).toEqual(['status', 'name.given', 'tag']);
});
