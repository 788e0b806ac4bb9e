/** An engine process on a disk that fails at one call, or from one call on; see LOSSY_NTH in test/crash/lossy-disk.c. */
import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readiness } from '../../../src/engine/index.ts';
import type { Ledger } from '../../../src/message/index.ts';

export interface FailingDisk {
  readonly library: string;
  /** Of the calls that change the folder: the one that fails; 0: none, until the fault's file says so. */
  readonly nth: number;
  readonly error: 'ENOSPC' | 'EIO';
  /** All calls after it fail, too, until mended. */
  readonly lasting: boolean;
}

export interface EngineProcess {
  readonly pid: number;
  readonly port: number;
  readiness(): Promise<Readiness>;
  ledger(): Promise<Ledger>;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** It refused to start; `text` is what it said. */
export class NotStarted extends Error {}

/** @param fault The file by which the disk is told that it is mended. */
export async function startOnDisk(options: {
  readonly place: string;
  readonly sink: number;
  readonly fault: string;
  readonly disk?: FailingDisk;
  readonly env?: Readonly<Record<string, string>>;
}): Promise<EngineProcess> {
  const { disk } = options;
  const child: ChildProcess = fork(join(import.meta.dirname, '..', 'node.ts'), {
    env: {
      ...process.env,
      PROOF_PLACE: options.place,
      PROOF_SITE: JSON.stringify({ port: options.sink, window: 1, ackTimeout: '5s' }),
      // What waits for the disk is asked each second of the engine's clock.
      PROOF_TIMES: '20',
      ...(disk === undefined
        ? {}
        : {
            LD_PRELOAD: disk.library,
            LOSSY_DIR: options.place,
            LOSSY_FAULT: options.fault,
            LOSSY_NTH: String(disk.nth),
            LOSSY_ERROR: disk.error,
            ...(disk.lasting ? { LOSSY_LASTING: '1' } : {}),
          }),
      ...options.env,
    },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ended = exited.then(() => Promise.reject(new NotStarted(errors)));
  ended.catch(() => undefined);
  const ask = async <Answer>(question?: string): Promise<Answer> => {
    const answer = new Promise<Answer>((resolve) =>
      child.once('message', (message) => resolve(message as Answer)),
    );
    if (question !== undefined) child.send(question);
    return Promise.race([answer, ended]);
  };
  const { port } = await ask<{ port: number }>();
  return {
    pid: child.pid as number,
    port,
    readiness: async () => (await ask<{ readiness: Readiness }>('ready')).readiness,
    ledger: async () => (await ask<{ ledger: Ledger }>('ledger')).ledger,
    async stop() {
      child.send('stop');
      await exited;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

export const isHit = (fault: string): boolean => existsSync(`${fault}.hit`);
export const mend = (fault: string): void => writeFileSync(fault, 'mended');
