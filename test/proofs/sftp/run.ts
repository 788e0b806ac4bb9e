/**
 * `npm run sftp-proof`: the file connector and the engine against OpenSSH's own server (Debian: openssh-server, or `SSHD=path`), which
 * is frozen and killed in between. Without such a server nothing is tried, and it says so.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { usage } from '../../../scripts/usage.ts';
import { cases } from './cases.ts';
import { newSshd, SSHD, sshdIsThere } from './sshd.ts';

usage(import.meta.filename);

const say = (text: string): void => void process.stdout.write(`${text}\n`);
if (!sshdIsThere()) {
  say(
    `SKIPPED, nothing was tried: there is no OpenSSH server at ${SSHD} (Debian: openssh-server; SSHD names another place).`,
  );
  process.exit(process.env.CI === undefined ? 0 : 1);
}

const only = process.argv[2];
const root = mkdtempSync(join(tmpdir(), 'suture-sshd-'));
const sshd = await newSshd(root, ['ed25519', 'rsa', 'ecdsa']);
process.once('exit', () => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));
await sshd.start();
let broken = 0;
let nth = 0;
for (const [name, run] of Object.entries(cases)) {
  if (only !== undefined && !name.includes(only)) continue;
  const data = join(root, `data-${nth++}`);
  mkdirSync(data);
  const began = performance.now();
  try {
    const figures = await run({ sshd, data });
    say(
      `kept    ${name} (${((performance.now() - began) / 1_000).toFixed(1)} s${figures ? `; ${figures}` : ''})`,
    );
  } catch (error) {
    broken++;
    say(`BROKEN  ${name}: ${error instanceof Error ? error.stack : String(error)}`);
  }
  await sshd.signal('SIGCONT');
  for (const left of existsSync(sshd.folder) ? readdirSync(sshd.folder) : [])
    rmSync(join(sshd.folder, left), { recursive: true, force: true });
}
await sshd.signal('SIGKILL');
say(broken === 0 ? `All ${nth} are kept.` : `${broken} of ${nth} are BROKEN.`);
process.exit(broken === 0 ? 0 : 1);
