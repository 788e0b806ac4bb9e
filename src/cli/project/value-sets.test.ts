import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadProject } from './index.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'suture-value-sets-'));
  for (const folder of ['sites/mercy/maps', 'maps', 'flows'])
    mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'suture.config.ts'), 'export default {};\n');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test('a record names value set maps of its own and shared ones; another is a fault at its line, with the nearest', async () => {
  const csv = 'source,target\nA,b\n';
  writeFileSync(join(root, 'sites/mercy/maps/rooms.csv'), csv);
  writeFileSync(join(root, 'maps/sex.csv'), csv);
  const record = [
    'site: mercy',
    'name: Mercy',
    'environment: sandbox',
    'ehr: { vendor: any }',
    'timeZone: UTC',
    'identifiers: { mrn: { system: "urn:mrn" } }',
    'connections: {}',
    'valueSets:',
    '  rooms: {}',
    '  sex: {}',
    '  room: {}',
  ];
  writeFileSync(join(root, 'sites/mercy/site.yaml'), `${record.join('\n')}\n`);
  const { faults } = await loadProject(root, {});
  expect(faults).toEqual([
    expect.objectContaining({
      line: 11,
      reason: expect.stringMatching(/^the record works with the value set map "room", and there is no /),
      fix: 'did you mean "rooms"?',
    }),
  ]);
});
