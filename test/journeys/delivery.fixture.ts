/** What delivery journeys share: an engine with one feed, applications and receivers at its ends, all closed after each test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { type Flow, flow, hl7 } from '../../src/flow/index.ts';
import type { Delivery } from '../../src/message/index.ts';
import type { Said } from '../crash/traffic.ts';
import { admission } from '../crash/traffic.ts';
import { type RunningEngine, startEngine, testSite, until } from './engine.ts';
import { connectPeer, msa, type Peer, startTarget } from './peer.ts';
import { type Receiver, startReceiver } from './receiver.ts';

let folder: string;
const opened: (() => Promise<void> | void)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'suture-delivery-'));
});
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true, force: true });
});

export async function receiving(answer?: Receiver['answer']): Promise<Receiver> {
  const receiver = await startReceiver(answer);
  opened.push(receiver.close);
  return receiver;
}

export async function answering(...says: Said[]): ReturnType<typeof startTarget> {
  const target = await startTarget(says);
  opened.push(target.close);
  return target;
}

export interface Running extends RunningEngine {
  /** The data folder. */
  readonly folder: string;
  /** Sends an admission and expects it to be kept; gives nothing before that. */
  admit(controlId: string, patient?: number, sequence?: number): Promise<void>;
  deliveriesOf(controlId: string): Promise<readonly Delivery[]>;
  /** The one delivery of that message, once it is in that state. */
  reaches(controlId: string, state: Delivery['state']): Promise<Delivery>;
}

/** On the one data folder of the test: after its `close`, the next one goes on with what the last has left. */
export async function engineWith(
  connections: Record<string, unknown>,
  flows: readonly Flow[],
  more: Partial<Parameters<typeof startEngine>[1]> = {},
): Promise<Running> {
  const running = await startEngine(join(folder, 'data'), {
    site: testSite({ 'hl7-in': { connector: 'mllp', listen: { port: 0 } }, ...connections }),
    flows,
    secrets: { app: 'a-secret-of-the-test' },
    ...more,
  });
  const peer: Peer = await connectPeer(running.mllpPort);
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= (async () => {
      peer.close();
      await running.close();
    })();
    return closed;
  };
  opened.push(close);
  const deliveriesOf = async (controlId: string): Promise<readonly Delivery[]> => {
    const { rows } = await running.store.search({ controlId, limit: 1 });
    return (await running.store.message(rows[0]?.id ?? '0'))?.deliveries ?? [];
  };
  return {
    ...running,
    folder: join(folder, 'data'),
    close,
    deliveriesOf,
    async admit(controlId, patient = 1, sequence = 1) {
      expect(msa(await peer.send(admission(controlId, patient, sequence)))?.code).toBe('AA');
    },
    reaches: (controlId, state) =>
      until(
        async () => (await deliveriesOf(controlId)).find((delivery) => delivery.state === state),
        `${controlId} to be ${state}`,
      ),
  };
}

export const app = (receiver: Receiver, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  connector: 'webhook',
  url: receiver.url,
  secret: 'app',
  ...more,
});

/** Every admission to `/told` at the connection, with its control id, patient and place in the sequence. */
export const tells = (connection: string, name = `to-${connection}`) =>
  flow(name, { about: 'Tells an application of every admission.', order: 'patient' })
    .on(hl7.message('ADT^A01'))
    .send('tell', {
      connection,
      do: 'send',
      args: {
        path: { value: '/told' },
        'body.id': 'hl7:MSH-10',
        'body.patient': 'hl7:PID-3[5=MR].1',
        'body.sequence': 'hl7:PID-4',
      },
    });

export interface Told {
  readonly id: string;
  readonly patient: string;
  readonly sequence: string;
}
export const told = (receiver: Receiver): Told[] =>
  receiver.asked.map(({ body }) => JSON.parse(body) as Told);

/** Every admission passed on as it came, in the order of its connection. */
export const forward = flow('forward', { about: 'Passes every admission on.', order: 'connection' })
  .on(hl7.message('ADT^A01'))
  .send('forward', { connection: 'out', do: 'send', args: {} });
