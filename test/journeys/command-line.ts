/** `suture` run to its end as a child process, and a user's project to run it on. */
import { spawn } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { launcher, root } from './process.ts';

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly bytes: Buffer;
  readonly errors: string;
}

/** Most of a short run would be compiling: the launcher keeps it for commands that end; here what stays has it, too. */
const NODE_COMPILE_CACHE = join(root, 'node_modules', '.cache', 'suture');

/** This process's environment without any setting of Suture's. */
export function plainEnvironment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const plain = Object.entries(process.env).filter(
    ([name]) => !/^(SUTURE_|PORT$|MLLP_PORT|HOST$|PUBLIC_URL|SIMULATOR_|CARE_APP_|EPIC_)/.test(name),
  );
  return { NODE_COMPILE_CACHE, ...Object.fromEntries(plain), ...more };
}

export function suture(
  words: readonly string[],
  options: {
    readonly env?: NodeJS.ProcessEnv;
    readonly input?: string | Buffer;
    readonly cwd?: string;
    /** Another than the clone's. */
    readonly program?: string;
  } = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [options.program ?? launcher, ...words], {
      cwd: options.cwd ?? root,
      env: plainEnvironment(options.env),
      stdio: 'pipe',
    });
    const out: Buffer[] = [];
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    child.stdin.on('error', () => undefined); // it need not read what it is given
    child.stdin.end(options.input ?? '');
    child.once('error', reject);
    child.once('close', (code) => {
      const bytes = Buffer.concat(out);
      resolve({ code, out: bytes.toString('utf8'), bytes, errors });
    });
  });
}

const usualFiles = {
  'suture.config.ts': "import { defineConfig } from 'suture';\n\nexport default defineConfig({});\n",
  'sites/mercy/site.yaml': `site: mercy
name: Mercy (test)
environment: sandbox
ehr: { vendor: epic }
timeZone: America/Chicago
identifiers:
  mrn:
    system: urn:oid:1.2.3
    hl7: { field: PID-3, type: MR }
connections:
  hl7-in:
    connector: mllp
    listen:
      port: { env: MLLP_PORT, default: 6661 }
  app:
    connector: webhook
    url: { env: APP_URL, default: "http://127.0.0.1:9" }
    secret: app
`,
  'flows/notice.ts': `import { flow, hl7 } from 'suture';

export default flow('notice', { about: 'Tells the application of every admission.', order: 'patient' })
  .on(hl7.message('ADT^A01'))
  .send('tell', {
    connection: 'app',
    do: 'send',
    args: { path: { value: '/told' }, 'body.id': 'hl7:MSH-10' },
  });
`,
} as const;

/** A project with one site and one flow; `other` replaces files of it, or adds some. */
export function makeProject(folder: string, other: Readonly<Record<string, string>> = {}): string {
  for (const [name, text] of Object.entries({ ...usualFiles, ...other })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  // As `npm install suture` would have it.
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  symlinkSync(root, join(folder, 'node_modules', 'suture'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  return folder;
}
