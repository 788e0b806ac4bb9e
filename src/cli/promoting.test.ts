import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readProject } from '../deploy/index.ts';
import { systemClock } from '../std/index.ts';
import { openSqliteStore } from '../store/index.ts';
import { newMasterKey, parseMasterKey } from '../vault/index.ts';
import { type DeployDeskOfCommands, folderDeploys } from './deploy-desk.ts';
import { loadProject } from './project/index.ts';
import { takeElsewhere } from './promoting.ts';
import type { Environment } from './settings.ts';

let home: string;
let project: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'suture-promoting-'));
  project = join(home, 'project');
  const record = `site: mercy
name: Mercy
environment: sandbox
ehr: { vendor: any }
timeZone: UTC
identifiers: { mrn: { system: urn:mrn } }
connections: {}
`;
  for (const [path, text] of Object.entries({
    'suture.config.ts': 'export default { deploy: { secondApproval: true } };\n',
    'sites/mercy/site.yaml': record,
    'sites/mercy/overlays/production.yaml': 'environment: production\nname: Mercy Hospital\n',
    'sites/mercy/overlays/staging.yaml': 'name: Mercy (staging)\n',
    'flows/names.yaml':
      'flow: names\nabout: Reads a name.\non: { hl7: ADT^A01 }\nsteps:\n  - map: person\n    fields: { family: "hl7:PID-5.1" }\n',
  })) {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), text);
  }
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const keys = { staging: newMasterKey(), production: newMasterKey() };

async function at<Value>(
  name: 'staging' | 'production',
  work: (desk: DeployDeskOfCommands) => Promise<Value>,
): Promise<Value> {
  const data = join(home, name);
  const store = await openSqliteStore({
    ...{ folder: data, masterKey: parseMasterKey(keys[name]), clock: systemClock },
  });
  const environment: Environment = { SUTURE_ENVIRONMENT: name };
  try {
    return await work(folderDeploys(store, { data, project, environment, who: 'cli:kim' }));
  } finally {
    await store.close();
  }
}

test('what runs in one environment runs in another, file for file under its own overlay, and its approval is asked for there', async () => {
  const { config } = await loadProject(project, {});
  const given = readProject(project, config);
  const git = { commit: '0123abc', dirty: 0 };
  const wish = { scope: {}, queued: 'drain', note: '' } as const;
  const staging = join(home, 'staging');
  // Production's own key and database open nothing there.
  const here = { SUTURE_KEY: keys.production, DATABASE_URL: 'postgresql://127.0.0.1:1/production' };
  const take = () => takeElsewhere(staging, project, { ...here, SUTURE_FROM_KEY: keys.staging });
  await expect(take()).rejects.toMatchObject({ code: 'NOTHING_HERE', fix: expect.stringMatching(/FROM/) });
  mkdirSync(staging);
  await at('staging', async (desk) => {
    await desk.give(given);
    const row = await desk.deploy({ ...wish, act: 'deploy', root: given.root, git });
    expect(row).toMatchObject({ state: 'deployed', facts: { environment: 'staging', production: [] } });
  });
  // Since then somebody works on.
  writeFileSync(join(project, 'flows/names.yaml'), 'half: ');

  await expect(takeElsewhere(staging, project, here)).rejects.toMatchObject({
    message: expect.stringMatching(/staging: The key given is not/),
    fix: expect.stringMatching(/SUTURE_FROM_KEY/),
  });
  const elsewhere = await take();
  expect(elsewhere).toMatchObject({ from: '1 in staging', git, snapshot: { root: given.root } });
  mkdirSync(join(home, 'production'));
  await at('production', async (desk) => {
    await desk.give(elsewhere.snapshot);
    const { from, snapshot } = elsewhere;
    const row = await desk.deploy({ ...wish, act: 'promote', from, git, root: snapshot.root });
    expect(row).toMatchObject({
      ...{ state: 'asked', root: given.root, who: 'cli:kim' },
      facts: { act: 'promote', from: '1 in staging', production: ['mercy'], environment: 'production', git },
    });
  });
});
