/**
 * One call of the disk fails, or all from that one on until it is mended, while senders send and a receiver receives: nothing is
 * acknowledged that is not kept, the engine says what is wrong, and goes on by itself.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../src/std/index.ts';
import { judge, PROMISED_ZERO } from '../judge.ts';
import { startTruthfulReceiver } from '../receiver.ts';
import { dealt, sendAll } from '../sender.ts';
import { openProofStore } from '../store.ts';
import { type Figures, sum } from '../tally.ts';
import { type EngineProcess, isHit, mend, NotStarted, startOnDisk } from './disk.ts';

export const FAULTS_ZERO: readonly string[] = [
  ...PROMISED_ZERO,
  'notSaid',
  'notRecovered',
  'startedAgainInVain',
];

const SENDERS = 2;
const MESSAGES = 130;
/** Nobody waits longer than this for what should come by itself. */
const PATIENCE = 60_000;

export interface FaultOptions {
  readonly folder: string;
  readonly library: string;
  readonly nth: number;
  readonly lasting: boolean;
  /** Left out: ENOSPC and EIO in turn. */
  readonly error?: 'ENOSPC' | 'EIO';
  /** For the engine's process: sabotage. */
  readonly env?: Readonly<Record<string, string>>;
}

export async function faultAt(options: FaultOptions): Promise<Figures> {
  const { folder, library, nth, lasting, error = nth % 2 === 0 ? 'ENOSPC' : 'EIO', env } = options;
  const fault = join(folder, 'fault');
  const place = join(folder, 'data');
  mkdirSync(folder, { recursive: true });
  let end = Infinity;
  const late = (): boolean => systemClock.elapsed() > end;
  const receiver = await startTruthfulReceiver(() => 'AA');
  const start = (isFirst: boolean): Promise<EngineProcess> =>
    startOnDisk({
      place,
      sink: receiver.port,
      fault,
      ...(isFirst ? { disk: { library, nth, error, lasting } } : {}),
      ...(env ? { env } : {}),
    });

  const acked: string[] = [];
  const seen = { notStarted: 0, notSaid: 0, notRecovered: 0, startedAgainInVain: 0, strangeAcks: 0 };
  let engine: EngineProcess | undefined;
  try {
    engine = await start(true).catch(async (refusal) => {
      // At the start there is nobody to tell but whoever starts it: with the store's own code and what to do first.
      if (!(refusal instanceof NotStarted)) throw refusal;
      seen.notStarted++;
      if (
        !/code: 'STORE_(IO|FULL|UNOPENED|READONLY)'/.test(refusal.message) ||
        !/fix: /.test(refusal.message)
      )
        seen.notSaid++;
      mend(fault);
      return start(false).catch(() => {
        seen.startedAgainInVain++;
        return undefined;
      });
    });
    if (engine === undefined) return { ...seen };
    const { port } = engine;
    end = systemClock.elapsed() + PATIENCE;
    const sending = Promise.all(
      dealt(MESSAGES, SENDERS, 5).map((messages) =>
        sendAll({
          port: () => port,
          messages,
          acked: (controlId) => acked.push(controlId),
          strange: () => seen.strangeAcks++,
          stopped: late,
        }),
      ),
    );
    if (lasting && seen.notStarted === 0) {
      const isSaid = await saysSo(engine, () => late() || acked.length === MESSAGES);
      // A fault that nothing stumbles over (of a checkpoint that can wait) is nothing to be told.
      if (!isSaid && isHit(fault) && acked.length < MESSAGES) seen.notSaid++;
      mend(fault);
    }
    await sending;
    for (;;) {
      const { waiting, running } = await engine.ledger();
      if (acked.length === MESSAGES && waiting + running === 0 && (await engine.readiness()).ready) break;
      if (late()) {
        seen.notRecovered++;
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await engine.stop();
    engine = undefined;
    const store = await openProofStore(place);
    try {
      const verdict = await judge(store, acked, receiver);
      const { inversions, overtakings, lateCopies } = receiver;
      return {
        acknowledged: acked.length,
        'never came to that call': isHit(fault) ? 0 : 1,
        ...seen,
        ...verdict,
        inversions,
        overtakings,
        lateCopies,
      };
    } finally {
      await store.close();
    }
  } finally {
    await engine?.kill();
    await receiver.close();
  }
}

/** Whether the engine calls itself not ready, with what happened and what to do first, before it is over. */
async function saysSo(engine: EngineProcess, over: () => boolean): Promise<boolean> {
  while (!over()) {
    const { ready, checks } = await engine.readiness();
    const store = checks.find(({ name }) => name === 'store');
    if (!ready && store?.ok === false) return /disk|folder/.test(store.text) && store.text.includes('. ');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return false;
}

/** Several, side by side as many as told. */
export async function faultsAt(
  numbers: readonly number[],
  options: Omit<FaultOptions, 'nth'> & {
    readonly sideBySide: number;
    readonly told?: (text: string) => void;
  },
): Promise<Figures> {
  const waiting = [...numbers];
  let all: Figures = {};
  const work = async (): Promise<void> => {
    for (let nth = waiting.shift(); nth !== undefined; nth = waiting.shift()) {
      const figures = await faultAt({ ...options, nth, folder: join(options.folder, String(nth)) });
      const broken = FAULTS_ZERO.filter((name) => (figures[name] ?? 0) !== 0);
      if (broken.length > 0) options.told?.(`call ${nth}: ${JSON.stringify(figures)}`);
      all = sum(all, figures);
    }
  };
  await Promise.all(Array.from({ length: options.sideBySide }, work));
  return all;
}
