/** HL7 v2 over MLLP, in both directions. */
import { connect } from 'node:net';
import { createMllpClient } from '../../hl7/index.ts';
import type {
  Call,
  CallContext,
  Connection,
  ConnectionContext,
  Connector,
  Listening,
  TestResult,
} from '../contract.ts';
import { type MllpConfig, parseMllp } from './config.ts';
import { mllpFailure } from './failures.ts';
import { listenMllp } from './receive.ts';
import { sendMllp } from './send.ts';

export type { MllpConfig } from './config.ts';
export { mllpFailures } from './failures.ts';

function open(config: MllpConfig, context: ConnectionContext): Connection {
  const { listen, send } = config;
  let listening: Listening | undefined;
  const client =
    send &&
    createMllpClient({
      host: send.host,
      port: send.port,
      connectTimeoutMs: config.connectTimeout,
      responseTimeoutMs: config.ackTimeout,
    });

  function receives(): TestResult {
    return listening
      ? { check: 'listen', ok: true, text: `Listens on ${listening.address}.` }
      : { check: 'listen', ok: false, text: 'It does not listen now: start the connection.' };
  }

  return {
    async test(signal) {
      const results: TestResult[] = [];
      if (listen) results.push(receives());
      if (send) results.push(await route(send, config.connectTimeout, signal));
      return results;
    },
    ...(listen
      ? {
          async listen(receiver) {
            const opened = await listenMllp(listen, config, context, receiver);
            listening = {
              ...opened,
              async close() {
                listening = undefined;
                await opened.close();
              },
            };
            return listening;
          },
        }
      : {}),
    ...(client === undefined
      ? {}
      : { call: (call: Call, about: CallContext) => sendMllp(client, context, call, about) }),
    async close() {
      await Promise.all([listening?.close(), client?.close()]);
    },
  };
}

/** Connects and hangs up: a receiver sees no message. */
function route(
  { host, port }: { readonly host: string; readonly port: number },
  timeout: number,
  signal: AbortSignal,
): Promise<TestResult> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout, signal });
    const fail = (reason: string): void => {
      socket.destroy();
      if (signal.aborted) reject(signal.reason);
      const message = `No connection to ${host} port ${port} (${reason}).`;
      const failure = mllpFailure('MLLP_UNREACHABLE', { message });
      resolve({ check: 'route', ok: false, text: `${message} ${failure.fix}`, failure });
    };
    socket.once('connect', () => {
      socket.destroy();
      resolve({ check: 'route', ok: true, text: `${host} port ${port} takes connections.` });
    });
    socket.once('timeout', () => fail('no answer in time'));
    socket.once('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.name));
  });
}

/**
 * @example
 * // connections:
 * //   adt-in: { connector: mllp, listen: { port: 6661 } }
 * //   adt-out: { connector: mllp, send: { host: engine.hospital.example, port: 6671 } }
 */
export const mllp: Connector<MllpConfig> = {
  name: 'mllp',
  about: 'HL7 v2 over MLLP: listens for senders, and sends to a receiver in order, one message at a time.',
  parse: parseMllp,
  open,
  capabilities: [
    {
      name: 'send',
      about: 'Sends an HL7 message (or the one that was received) and waits for its acknowledgement.',
      effect: true,
      scopes: [],
    },
  ],
};
