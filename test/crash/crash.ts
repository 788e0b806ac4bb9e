/**
 * Kills the engine under load, again and again, on one data folder, and then asks: is everything that was
 * acknowledged there, was anything delivered twice without being flagged, did any patient's order turn?
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ledgerFaults } from '../../src/message/index.ts';
import { seededRandom, systemClock } from '../../src/std/index.ts';
import { openSqliteStore, type Store } from '../../src/store/index.ts';
import { loseUnsynced, lossyEnvironment } from './lossy-disk.ts';
import { admission, startSender, startSink } from './traffic.ts';

export interface CrashOptions {
  readonly folder: string;
  readonly rounds: number;
  readonly seed: number;
  /** Connections that send; 8 unless given. */
  readonly senders?: number;
  /** The engine is killed after a random time between these, milliseconds; 20 and 400 unless given. */
  readonly lasting?: readonly [least: number, most: number];
  /** In place of a time: it is killed when a random number between these was acknowledged since it started, and up to 20 ms later. */
  readonly acknowledging?: readonly [least: number, most: number];
  /** The lossy disk's library: every crash is then a pulled plug. */
  readonly lossy?: { readonly library: string; readonly syncing: boolean };
  readonly progress?: (text: string) => void;
  /** Where the engine keeps its messages. Left out: a data folder. */
  readonly ground?: Ground;
}

/** What an engine stands on, and how it may give way. */
export interface Ground {
  readonly environment: Readonly<Record<string, string>>;
  open(): Promise<Store>;
  /** While the engine works: the ground breaks away and is there again. Gives how many unsynced writes were lost. */
  strike?(round: number): Promise<number>;
}

const folderGround = (data: string): Ground => ({
  environment: { CRASH_FOLDER: data },
  open: () => openSqliteStore({ folder: data, masterKey: Buffer.alloc(32, 7), clock: systemClock }),
});

export interface CrashResult {
  readonly rounds: number;
  readonly acked: number;
  /** Acknowledged, and not in the store afterwards. The promise: 0. */
  readonly missing: number;
  /** Acknowledged, and never delivered after the last start. The promise: 0. */
  readonly undelivered: number;
  readonly deliveredTwice: number;
  /** Delivered twice, and not flagged as possible duplicates. The promise: 0. */
  readonly unflagged: number;
  /** A patient's later message delivered for the first time before an earlier one. The promise: 0. */
  readonly inversions: number;
  readonly ledgerFaults: readonly string[];
  readonly lostWrites: number;
}

const SENDERS = 8;
const PATIENTS_PER_SENDER = 6;
const LASTING = [20, 400] as const;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function crash(options: CrashOptions): Promise<CrashResult> {
  const random = seededRandom(options.seed);
  const [least, most] = options.lasting ?? LASTING;
  const data = join(options.folder, 'data');
  const undo = join(options.folder, 'undo');
  const ground = options.ground ?? folderGround(data);
  mkdirSync(data, { recursive: true });
  mkdirSync(undo, { recursive: true });

  const acked: string[] = [];
  const received = new Map<string, number>();
  const lastSequence = new Map<string, number>();
  let inversions = 0;
  const sink = await startSink((controlId, content) => {
    const times = (received.get(controlId) ?? 0) + 1;
    received.set(controlId, times);
    if (times > 1) return;
    const pid =
      content
        .toString('latin1')
        .split('\r')
        .find((line) => line.startsWith('PID|'))
        ?.split('|') ?? [];
    const patient = pid[3] as string;
    const sequence = Number(pid[4]);
    if (sequence <= (lastSequence.get(patient) ?? 0)) inversions++;
    lastSequence.set(patient, Math.max(sequence, lastSequence.get(patient) ?? 0));
  });

  let sequence = 0;
  let lostWrites = 0;
  try {
    for (let round = 1; round <= options.rounds; round++) {
      const { child, port } = await start(
        ground,
        sink.port,
        options.lossy && lossyEnvironment(options.lossy.library, data, undo, options.lossy.syncing),
      );
      const startSenders = () =>
        Array.from({ length: options.senders ?? SENDERS }, (_, sender) =>
          startSender(
            port,
            () => {
              sequence++;
              const patient =
                sender * PATIENTS_PER_SENDER + Math.floor(random.fraction() * PATIENTS_PER_SENDER);
              const controlId = `${options.seed}-${round}-${sequence}`;
              return { controlId, text: admission(controlId, patient, sequence) };
            },
            (controlId, code) => {
              if (code === 'AA') acked.push(controlId);
            },
          ),
        );
      const work = async (): Promise<void> => {
        if (options.acknowledging) {
          const [few, many] = options.acknowledging;
          const goal = acked.length + few + random.fraction() * (many - few);
          while (acked.length < goal && child.exitCode === null) await pause(2);
          await pause(random.fraction() * 20);
        } else await pause(least + random.fraction() * (most - least));
      };
      let senders = startSenders();
      await work();
      if (ground.strike) {
        lostWrites += await ground.strike(round);
        for (const sender of senders) sender.stop();
        senders = [...senders, ...startSenders()];
        await work();
      }
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('exit', resolve));
      await Promise.all(senders.map((sender) => sender.ended));
      if (options.lossy) lostWrites += loseUnsynced(undo);
      if (round % 10 === 0 || round === options.rounds) {
        options.progress?.(`round ${round} of ${options.rounds}: ${acked.length} acknowledged so far`);
      }
    }
    await drain(ground, sink.port);
  } finally {
    await sink.close();
  }
  return {
    ...(await judge(ground, acked, received)),
    rounds: options.rounds,
    acked: acked.length,
    inversions,
    lostWrites,
  };
}

async function start(
  ground: Ground,
  sink: number,
  more: Readonly<Record<string, string>> = {},
): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(join(import.meta.dirname, 'engine-process.ts'), {
    env: {
      ...process.env,
      ...ground.environment,
      CRASH_SINK: String(sink),
      ...more,
    },
    execArgv: [],
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the engine ended with ${code} before it was ready`)));
    child.once('message', (message) => resolve((message as { port: number }).port));
  });
  return { child, port };
}

/** One start without a crash: everything that waits goes out. */
async function drain(ground: Ground, sink: number): Promise<void> {
  const { child } = await start(ground, sink);
  for (let look = 0; look < 1_200; look++) {
    child.send('ledger');
    const { ledger } = await new Promise<{ ledger: { waiting: number; running: number } }>((resolve) =>
      child.once('message', (message) => resolve(message as never)),
    );
    if (ledger.waiting + ledger.running === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  child.send('stop');
  await new Promise((resolve) => child.once('exit', resolve));
}

async function judge(
  ground: Ground,
  acked: readonly string[],
  received: ReadonlyMap<string, number>,
): Promise<Pick<CrashResult, 'missing' | 'undelivered' | 'deliveredTwice' | 'unflagged' | 'ledgerFaults'>> {
  const store = await ground.open();
  try {
    const kept = new Map<string, string>();
    let before: string | null = null;
    do {
      const page = await store.search({ limit: 500, ...(before === null ? {} : { before }) });
      for (const row of page.rows) if (row.controlId) kept.set(row.controlId, row.id);
      before = page.before;
    } while (before !== null);
    let unflagged = 0;
    let deliveredTwice = 0;
    for (const [controlId, times] of received) {
      if (times < 2) continue;
      deliveredTwice++;
      const found = await store.message(kept.get(controlId) ?? '0');
      if (!found?.deliveries.some((delivery) => delivery.possibleDuplicate)) unflagged++;
    }
    return {
      missing: acked.filter((controlId) => !kept.has(controlId)).length,
      undelivered: acked.filter((controlId) => !received.has(controlId)).length,
      deliveredTwice,
      unflagged,
      ledgerFaults: ledgerFaults(await store.ledger()),
    };
  } finally {
    await store.close();
  }
}
