/** Starts the demo hospital and the project's own programs beside the engine, in development. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { secretVariable } from '../engine/index.ts';
import { Failure } from '../std/index.ts';
import { printNote } from './output.ts';
import type { Project } from './project/index.ts';

export interface Companions {
  /** Ends them; resolves when they are gone. */
  close(): Promise<void>;
}

/** A child that ends with us: it sees the channel close even when we are killed. */
function start(
  name: string,
  file: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    const child = fork(file, args, {
      env: environment,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [],
    });
    const fail = (text: string): void =>
      reject(
        new Failure({
          code: 'COMPANION_FAILED',
          kind: 'config',
          message: `${name} did not start: ${text}`,
          fix: 'Its own message is above; a port in use is the usual cause.',
        }),
      );
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code) => fail(`it ended with ${code}`));
    child.once('message', () => {
      child.removeAllListeners('exit');
      child.on('exit', (code, signal) => {
        if (signal === null && code !== 0) printNote(`${name} has ended with ${code}`);
      });
      resolve(child);
    });
  });
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    if (child.connected) child.disconnect();
    child.kill('SIGTERM');
  });
}

/** The demo hospital as a child process, knowing our clients and sending to our MLLP port. */
export async function startHospital(
  project: Project,
  ours: { readonly url: string; readonly mllp: string },
  port: number,
): Promise<Companions> {
  const wanted = project.config.dev.hospital;
  if (!wanted) return { close: () => Promise.resolve() };
  const clients = project.sites.flatMap(({ record }) =>
    Object.values(record.connections).flatMap((connection) => {
      const { clientId } = connection as { clientId?: unknown };
      return typeof clientId === 'string' ? [clientId] : [];
    }),
  );
  const args = [
    'simulator',
    '--port',
    String(port),
    '--patients',
    String(wanted.patients),
    '--speed',
    String(wanted.speed),
    '--events-per-minute',
    String(wanted.eventsPerMinute),
    '--hl7',
    ours.mllp,
    ...clients.flatMap((clientId) => ['--client', `${clientId}=${ours.url}/.well-known/jwks.json`]),
  ];
  const child = await start(
    'the demo hospital',
    join(import.meta.dirname, '..', '..', 'bin', 'suture.cjs'),
    args,
    process.env,
  );
  return { close: () => end(child) };
}

/** The project's own programs; secrets reach them as `SUTURE_SECRET_<NAME>`. */
export async function startBeside(
  project: Project,
  secrets: ReadonlyMap<string, string>,
  folder: string,
): Promise<Companions> {
  const environment: NodeJS.ProcessEnv = { ...process.env, SUTURE_DATA: folder };
  for (const [name, value] of secrets) {
    environment[secretVariable(name)] = value;
  }
  const children: ChildProcess[] = [];
  try {
    for (const file of project.config.dev.beside)
      children.push(await start(file, join(project.folder, file), [], environment));
  } catch (error) {
    await Promise.all(children.map(end));
    throw error;
  }
  return { close: async () => void (await Promise.all(children.map(end))) };
}
