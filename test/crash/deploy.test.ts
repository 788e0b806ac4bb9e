/** kill -9 in the middle of deployments: what runs is the old project or the new one, never half of one. */
import { fork } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { factsOf, filesOf, readProject } from '../../src/deploy/index.ts';
import { systemClock } from '../../src/std/index.ts';
import { openSqliteStore } from '../../src/store/index.ts';

const SITE = `site: mercy
name: NAME
environment: sandbox
ehr: { vendor: epic }
timeZone: UTC
identifiers: { mrn: { system: urn:mrn } }
connections: {}
`;
/** More of them with DEPLOY_KILLS: each costs the start of a process. */
const KILLS = Number(process.env.DEPLOY_KILLS ?? 2);
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'suture-deploy-crash-'));
  for (const name of ['even', 'odd']) {
    const files: Record<string, string> = {
      'suture.config.ts': 'export default {};',
      'sites/mercy/site.yaml': SITE.replace('NAME', name),
      'maps/contact.yaml': `fields: { a: { value: ${name} } }\n`,
    };
    for (let at = 0; at < 40; at++) files[`maps/${at}.csv`] = `source,target\n${name},${at}\n`;
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name, path)), { recursive: true });
      writeFileSync(join(folder, name, path), text);
    }
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Kills it a moment after it has said that so many were deployed; gives the last that it was told of. */
function killed(after: number, moment: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let last = 0;
    let seen = 0;
    const child = fork(join(import.meta.dirname, 'deploy-process.ts'), [folder], { stdio: 'inherit' });
    child.on('message', (id) => {
      last = Number(id);
      if (++seen === after) setTimeout(() => child.kill('SIGKILL'), moment);
    });
    child.once('exit', (code) =>
      code === null ? resolve(last) : reject(new Error(`it ended with ${code}`)),
    );
  });
}

test('killed at any moment, the next start finds a whole project, and the trail says the same', {
  timeout: 180_000,
}, async () => {
  const roots = ['even', 'odd'].map(
    (name) => readProject(join(folder, name), { sites: 'sites', flows: 'flows' }).root,
  );
  for (let kill = 0; kill < KILLS; kill++) {
    const told = await killed(1 + (kill % 3), kill * 7);
    const store = await openSqliteStore({
      folder: join(folder, 'data'),
      masterKey: Buffer.alloc(32, 7),
      clock: systemClock,
    });
    try {
      const [live] = await store.deployments({ state: 'deployed', limit: 1 });
      // What was told as deployed is; one more may be, told to nobody any more.
      expect(Number(live?.id)).toBeGreaterThanOrEqual(told);
      expect(Number(live?.id)).toBeLessThanOrEqual(told + 1);
      expect(roots).toContain(live?.root);
      const files = await filesOf(live?.root ?? '', (hash) => store.content(hash));
      expect(files.size).toBe(43);
      expect(await store.lacking([...files.values()])).toEqual([]);
      expect(factsOf(live as never).sites).toEqual(['mercy']);
      const { rows } = await store.auditTrail({ limit: 1 });
      expect(rows[0]?.on).toBe(`deployment ${live?.id}`);
      expect(await store.verifyAudit()).toEqual([]);
      const version = join(folder, 'data', 'deployments', `v${live?.root}`);
      if (existsSync(version)) {
        const { root } = readProject(version, { sites: 'sites', flows: 'flows' });
        expect(root).toBe(live?.root);
      }
    } finally {
      await store.close();
    }
  }
});
