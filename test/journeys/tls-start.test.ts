/** An engine that is started with the keys of its TLS in the environment: a sender that knows it is heard, and nobody makes up a key. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createMllpClient } from '../../src/hl7/index.ts';
import { testAuthority } from '../../src/hl7/mllp/certificate.fixture.ts';
import { freePorts } from '../../src/std/ports.fixture.ts';
import { newMasterKey } from '../../src/vault/index.ts';
import { admission } from '../crash/traffic.ts';
import { makeProject, plainEnvironment } from './command-line.ts';
import { startSuture } from './process.ts';

vi.setConfig({ testTimeout: 120_000 });

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'suture-tls-start-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const record = (port: number): string => `site: mercy
name: Mercy
environment: sandbox
ehr: { vendor: any }
timeZone: UTC
identifiers: { mrn: { system: 'urn:mrn' } }
connections:
  adt-in:
    connector: mllp
    listen: { port: ${port}, tls: { key: our-key, cert: our-cert } }
  app: { connector: webhook, url: 'http://127.0.0.1:9', secret: app }
`;

test('keys of TLS come from the environment, and without them the start says what to set', async () => {
  const [http, mllp] = (await freePorts(2)) as [number, number];
  const authority = testAuthority();
  const ours = authority.issue({ subject: 'suture' });
  const project = makeProject(join(home, 'project'), {
    'sites/mercy/site.yaml': record(mllp),
  });
  const usual = {
    SUTURE_SECRET_APP: 'a-secret-of-the-test',
    SUTURE_DATA: join(home, 'data'),
    SUTURE_KEY: newMasterKey(),
    PORT: String(http),
  };
  const start = (more: NodeJS.ProcessEnv) =>
    startSuture(['start', '--project', project], plainEnvironment({ ...usual, ...more }));

  const without = start({});
  await expect(without.printed(/Suture is ready/)).rejects.toThrow(/SUTURE_SECRET_OUR_KEY/);

  const engine = start({ SUTURE_SECRET_OUR_KEY: ours.key, SUTURE_SECRET_OUR_CERT: ours.cert });
  await engine.printed(/Suture is ready/);
  const client = createMllpClient({ host: '127.0.0.1', port: mllp, tls: { ca: authority.ca } });
  try {
    const sent = await client.send(Buffer.from(admission('T1', 1, 1)));
    expect(sent).toMatchObject({ kind: 'ack', code: 'AA' });
  } finally {
    await client.close();
    await engine.stop();
  }

  // It is kept, sealed: the next start needs no environment.
  const again = start({});
  await again.printed(/Suture is ready/);
  await again.stop();
});
