/** `suture` as a child process with ports of its own, for journeys through the front door. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { freePorts } from '../../src/std/ports.fixture.ts';

export const root = join(import.meta.dirname, '..', '..');
export const launcher = join(root, 'bin', 'suture.cjs');

/** The demo's environment on free ports, its data in `folder`. */
export async function demoEnvironment(folder: string): Promise<{
  readonly env: NodeJS.ProcessEnv;
  readonly ports: {
    readonly http: number;
    readonly mllp: number;
    readonly simulator: number;
    readonly careApp: number;
  };
}> {
  const [http, mllp, simulator, careApp] = (await freePorts(4)) as [number, number, number, number];
  return {
    ports: { http, mllp, simulator, careApp },
    env: {
      ...process.env,
      SUTURE_DATA: folder,
      SUTURE_KEY: '',
      PORT: String(http),
      MLLP_PORT: String(mllp),
      SIMULATOR_PORT: String(simulator),
      SIMULATOR_HL7_PORT: '0',
      CARE_APP_PORT: String(careApp),
      EPIC_FHIR_BASE: `http://127.0.0.1:${simulator}/epic/api/FHIR/R4`,
      CARE_APP_URL: `http://127.0.0.1:${careApp}`,
    },
  };
}

export interface Running {
  readonly child: ChildProcess;
  /** What it has printed on standard output so far. */
  output(): string;
  /** Resolves when `pattern` has been printed; rejects when the process ends first. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
}

export function startSuture(words: readonly string[], env: NodeJS.ProcessEnv, program = launcher): Running {
  const child = spawn(process.execPath, [program, ...words], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let errors = '';
  const lookers = new Set<() => void>();
  const look = (): void => {
    for (const each of [...lookers]) each();
  };
  child.stdout?.on('data', (chunk: Buffer) => {
    out += chunk.toString();
    look();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
    look();
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  void ended.then(look);
  return {
    child,
    output: () => out,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const each = (): void => {
          const found = pattern.exec(out) ?? pattern.exec(errors);
          if (found) resolve(found);
          else if (child.exitCode !== null)
            reject(new Error(`it ended with ${child.exitCode}:\n${out}\n${errors}`));
          else return;
          lookers.delete(each);
        };
        lookers.add(each);
        each();
      }),
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}
