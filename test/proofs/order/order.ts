/**
 * Many messages of many patients through engines of eight workers, to a receiver that refuses for now, hangs up and now and then
 * says nothing, while nodes are killed: no patient's order turns, and what arrives twice is flagged.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Ledger } from '../../../src/message/index.ts';
import { seededRandom } from '../../../src/std/index.ts';
import { judge, PROMISED_ZERO } from '../judge.ts';
import { startTruthfulReceiver } from '../receiver.ts';
import { dealt, sendAll } from '../sender.ts';
import { openProofStore } from '../store.ts';
import type { Figures } from '../tally.ts';

export const ORDER_ZERO: readonly string[] = PROMISED_ZERO;

export interface OrderOptions {
  /** The data folder, or the URL of a database. */
  readonly place: string;
  readonly messages: number;
  readonly patients: number;
  /** Engine processes on one store: one on SQLite. */
  readonly nodes: number;
  readonly kills: number;
  readonly seed: number;
  /** Of 10,000 arrivals so many are refused for now; 250 unless given. */
  readonly refused?: number;
  /** The engine's pauses pass so many times as fast; 10 unless given. */
  readonly times?: number;
  /** Sabotage: each so many deliveries one leaves its patient's lane. */
  readonly stray?: number;
  readonly progress?: (text: string) => void;
}

interface Node {
  child: ChildProcess;
  /** `null` while it is down. */
  port: number | null;
}

const SENDERS = 40;
const WORKERS = 8;
/** Of 10,000 arrivals: refused for now, ended without an answer, never answered. */
const AR = 250;
const HANG_UP = 50;
const SILENCE = 3;
const SITE = { window: WORKERS, ackTimeout: '300ms' };
/** The engine's pauses pass so many times as fast: each retry would hold its patient's sender up for a second otherwise. */
const TIMES = 10;

export async function order(options: OrderOptions): Promise<Figures & { readonly inversions: number }> {
  const { place, messages, patients, seed, progress, refused = AR, times = TIMES } = options;
  const random = seededRandom(seed);
  const answers = { AA: 0, AR: 0, 'hang up': 0, silence: 0 };
  const receiver = await startTruthfulReceiver(() => {
    const drawn = random.fraction() * 10_000;
    const answer =
      drawn < refused
        ? 'AR'
        : drawn < refused + HANG_UP
          ? 'hang up'
          : drawn < refused + HANG_UP + SILENCE
            ? 'silence'
            : 'AA';
    answers[answer]++;
    return answer;
  });

  const start = async (node: Node, number: number): Promise<void> => {
    node.child = fork(join(import.meta.dirname, '..', 'node.ts'), {
      env: {
        ...process.env,
        PROOF_PLACE: place,
        PROOF_SITE: JSON.stringify({ ...SITE, port: receiver.port }),
        // Eight in all, however many nodes there are.
        PROOF_WORKERS: String(Math.floor((WORKERS + (number % options.nodes)) / options.nodes)),
        PROOF_TIMES: String(times),
        PROOF_SEED: String(seed + number),
        PROOF_STRAY: String(options.stray ?? 0),
      },
      execArgv: [],
    });
    node.port = await new Promise<number>((resolve, reject) => {
      node.child.once('exit', (code) => reject(new Error(`the engine ended with ${code}`)));
      node.child.once('message', (message) => resolve((message as { port: number }).port));
    });
    node.child.removeAllListeners('exit');
  };
  const end = async (node: Node, how: 'SIGKILL' | 'stop'): Promise<void> => {
    const ended = new Promise((resolve) => node.child.once('exit', resolve));
    node.port = null;
    if (how === 'stop') node.child.send('stop');
    else node.child.kill('SIGKILL');
    await ended;
  };
  const nodes: Node[] = [];
  try {
    for (let number = 0; number < options.nodes; number++) {
      const node = { child: undefined as unknown as ChildProcess, port: null };
      await start(node, number);
      nodes.push(node);
    }
    const acked: string[] = [];
    let strangeAcks = 0;
    let kills = 0;
    let killing: Promise<void> = Promise.resolve();
    /** At even distances; the node that goes comes back, and senders meanwhile take another if there is one. */
    const killWhenDue = (): void => {
      if (kills >= options.kills || acked.length < (messages * (kills + 1)) / (options.kills + 1)) return;
      const number = kills % nodes.length;
      const node = nodes[number] as Node;
      kills++;
      killing = killing.then(async () => {
        await end(node, 'SIGKILL');
        await start(node, number + options.nodes * kills);
      });
    };
    const portFor = (sender: number): number | null => {
      const up = nodes.filter(({ port }) => port !== null);
      return up.length === 0 ? null : (up[sender % up.length]?.port ?? null);
    };
    await Promise.all(
      dealt(messages, SENDERS, Math.max(1, Math.round(patients / SENDERS))).map((hand, sender) =>
        sendAll({
          port: () => portFor(sender),
          messages: hand,
          acked: (controlId) => {
            acked.push(controlId);
            if (acked.length % Math.ceil(messages / 20) === 0)
              progress?.(
                `${acked.length} acknowledged, ${receiver.arrived.size} arrived, ${receiver.inversions} inversions`,
              );
            killWhenDue();
          },
          strange: () => strangeAcks++,
        }),
      ),
    );
    await killing;
    await drained(nodes[0] as Node);
    for (const node of nodes.splice(0)) await end(node, 'stop');
    const store = await openProofStore(place);
    try {
      const verdict = await judge(store, acked, receiver);
      const { inversions, overtakings, lateCopies } = receiver;
      return {
        acknowledged: acked.length,
        kills,
        'answered AR': answers.AR,
        'hung up': answers['hang up'],
        'said nothing': answers.silence,
        ...verdict,
        strangeAcks,
        inversions,
        overtakings,
        lateCopies,
      };
    } finally {
      await store.close();
    }
  } finally {
    for (const node of nodes) await end(node, 'SIGKILL');
    await receiver.close();
  }
}

async function drained({ child }: Node): Promise<void> {
  for (;;) {
    child.send('ledger');
    const { ledger } = await new Promise<{ ledger: Ledger }>((resolve, reject) => {
      const ended = (code: number | null) => reject(new Error(`the engine ended with ${code}`));
      child.once('exit', ended);
      child.once('message', (message) => {
        child.off('exit', ended);
        resolve(message as { ledger: Ledger });
      });
    });
    if (ledger.waiting + ledger.running === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
