import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSimulator, type Simulator } from '../../src/simulator/index.ts';
import { newMasterKey } from '../../src/vault/index.ts';
import { makeProject, suture } from './command-line.ts';

let home: string;
let hospital: Simulator;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'suture-trial-'));
  process.env.NODE_COMPILE_CACHE = join(home, 'compile-cache');
  hospital = await createSimulator({ patients: 2, eventsPerMinute: 0, generic: { content: 'empty' } });
});
afterEach(async () => {
  await hospital.close();
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});

test('a probe that may write proves what the server honours, writes it down, and never does so in production', async () => {
  const record = `site: mercy
name: Mercy (test)
environment: sandbox
ehr: { vendor: any }
timeZone: UTC
identifiers: { mrn: { system: 'urn:oid:1.2.3' } }
connections:
  ehr: { connector: fhir, fhirBase: '${hospital.genericBase}' }
`;
  const project = makeProject(join(home, 'project'), {
    'sites/mercy/site.yaml': record,
    'flows/notice.ts': `import { flow, hl7 } from 'suture';

export default flow('notice', { about: 'Nothing.' })
  .on(hl7.message('ADT^A01'))
  .filter('none', { path: 'hl7:MSH-10', equals: 'nothing' });
`,
  });
  const env = { SUTURE_DATA: join(home, 'data'), SUTURE_KEY: newMasterKey() };
  const probe = ['probe', 'mercy', '--try-writes', '--project', project];
  const { code, out, errors } = await suture(probe, { env });
  expect([code, errors]).toEqual([0, '']);
  expect(out).toContain('Observation: conditional create works, versions works');
  const file = join(project, 'sites', 'mercy', 'observed', 'ehr-writes.json');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
    leftBehind: [],
    types: { Patient: { conditionalCreate: 'works', versions: 'works' } },
  });
  const made = hospital.requests({ path: '/generic/R4' }).filter(({ method }) => method === 'POST').length;
  expect(made).toBeGreaterThan(0);

  writeFileSync(
    join(project, 'sites', 'mercy', 'site.yaml'),
    record.replace('environment: sandbox', 'environment: production'),
  );
  const refused = await suture(probe, { env });
  expect([refused.code, refused.errors]).toEqual([2, expect.stringContaining('mercy is in production')]);
  const after = hospital.requests({ path: '/generic/R4' }).filter(({ method }) => method === 'POST').length;
  expect(after).toBe(made);
}, 180_000);
