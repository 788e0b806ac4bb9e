/** The two ends of the benchmark (peer.c), compiled when it begins: both cost a fraction of what they would in JavaScript. */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

export interface Load {
  readonly perSecond: number;
  /** Milliseconds from the write of a message to its acknowledgement. */
  readonly p50: number;
  readonly p99: number;
  readonly refused: number;
  /** Acknowledged after the warm-up, and when that ended. */
  readonly counted: number;
  readonly from: number;
}

export interface Sink {
  readonly port: number;
  /** What has arrived so far, and when the last did. */
  counts(): Promise<{ received: number; inversions: number; twice: number; lastAt: number }>;
  stop(): Promise<void>;
}

export interface Peer {
  /** A closed loop, one message in flight per connection. */
  load(port: number, connections: number, seconds: number, patients: number, tag: number): Promise<Load>;
  sink(): Promise<Sink>;
  remove(): void;
}

/** @throws When there is no C compiler. */
export function buildPeer(): Peer {
  const folder = mkdtempSync(join(tmpdir(), 'suture-bench-peer-'));
  const program = join(folder, 'peer');
  try {
    execFileSync('cc', ['-O2', '-o', program, join(import.meta.dirname, 'peer.c')]);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw new Error('The benchmark needs a C compiler (cc) for its load and its receiver.', { cause: error });
  }
  const run = promisify(execFile);
  return {
    async load(...numbers) {
      const { stdout } = await run(program, ['load', ...numbers.map(String)]);
      const result = JSON.parse(stdout) as Load;
      if (result.refused > 0) throw new Error(`${result.refused} messages were refused`);
      return result;
    },
    async sink() {
      const child = spawn(program, ['sink'], { stdio: ['pipe', 'pipe', 'inherit'] });
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const line = async (): Promise<string> => {
        const next = await lines.next();
        if (next.done) throw new Error('the receiver of the benchmark ended');
        return next.value;
      };
      const port = Number(await line());
      return {
        port,
        async counts() {
          child.stdin.write('counts\n');
          return JSON.parse(await line());
        },
        stop: () =>
          new Promise((resolve) => {
            child.once('exit', () => resolve());
            child.stdin.end();
          }),
      };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
