import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
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
