/** HL7 v2 over MLLP, in both directions. */
import { connect } from 'node:net';
import { createMllpClient, type MllpClient, type MllpClientTls } from '../../hl7/index.ts';
import { asFailure } from '../../std/index.ts';
import type {
  Call,
  CallContext,
  Connection,
  ConnectionContext,
  Connector,
  Listening,
  TestResult,
} from '../contract.ts';
import { observeMllp } from './certificates.ts';
import { type MllpConfig, mllpFields, parseMllp } from './config.ts';
import { mllpFailure } from './failures.ts';
import { listenMllp } from './receive.ts';
import { failureOf, sendMllp } from './send.ts';
import { openClientTls, tlsKeys } from './tls-config.ts';

export type { MllpConfig } from './config.ts';
export { mllpFailures } from './failures.ts';

function open(config: MllpConfig, context: ConnectionContext): Connection {
  const { listen, send } = config;
  let listening: Listening | undefined;
  // Without TLS there is no secret to wait for.
  let client = send && send.tls === undefined ? clientOf(config, context) : undefined;
  let opening: Promise<MllpClient> | undefined;

  /** Opened at the first use, when its secrets can be read; a secret that is missing is looked for again the next time. */
  function opened(tls: NonNullable<NonNullable<MllpConfig['send']>['tls']>): Promise<MllpClient> {
    opening ??= openClientTls(tls, context.secrets).then(
      (ready) => {
        client = clientOf(config, context, ready);
        return client;
      },
      (error: unknown) => {
        opening = undefined;
        throw error;
      },
    );
    return opening;
  }

  function receives(): TestResult {
    return listening
      ? { check: 'listen', ok: true, text: `Listens on ${listening.address}.` }
      : { check: 'listen', ok: false, text: 'It does not listen now: start the connection.' };
  }

  return {
    async test(signal) {
      const results: TestResult[] = [];
      if (listen) results.push(receives());
      if (send)
        results.push(
          send.tls === undefined
            ? await route(send, config.connectTimeout, signal)
            : await handshake(config, context, signal),
        );
      return results;
    },
    ...(listen?.tls === undefined && send?.tls === undefined
      ? {}
      : { observe: (signal: AbortSignal) => observeMllp(config, context, signal) }),
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
    ...(send === undefined
      ? {}
      : {
          async call(call: Call, about: CallContext) {
            const ready = client ?? (send.tls && (await opened(send.tls)));
            if (ready === undefined) throw new Error('no client of a connection that sends');
            return sendMllp(ready, context, call, about);
          },
        }),
    async close() {
      await opening?.catch(() => undefined);
      await Promise.all([listening?.close(), client?.close()]);
    },
  };
}

function clientOf(config: MllpConfig, context: ConnectionContext, tls?: MllpClientTls): MllpClient {
  const { host, port, window, release, framing } = config.send as NonNullable<MllpConfig['send']>;
  return createMllpClient({
    host,
    port,
    window,
    release,
    ...(framing === undefined ? {} : { framing }),
    ...(tls === undefined ? {} : { tls }),
    connectTimeoutMs: config.connectTimeout,
    responseTimeoutMs: config.ackTimeout,
    // Deliveries pause between their attempts themselves, with the circuit of the connection.
    reconnect: { firstMs: 0 },
    onApplicationAck({ code }) {
      if (code === 'AA') return;
      const failure = mllpFailure('MLLP_LATER_REFUSAL');
      context.report({ kind: failure.kind, code: failure.code, ms: 0 });
      context.log('warn', `${failure.message} ${failure.fix}`, { code });
    },
  });
}

/** The handshake with both certificates, and no message. */
async function handshake(
  config: MllpConfig,
  context: ConnectionContext,
  signal: AbortSignal,
): Promise<TestResult> {
  const { host, port, tls } = config.send as NonNullable<MllpConfig['send']>;
  let client: MllpClient;
  try {
    client = clientOf(config, context, await openClientTls(tls ?? {}, context.secrets));
  } catch (error) {
    const failure = asFailure(error);
    return { check: 'route', ok: false, text: `${failure.message} ${failure.fix}`, failure };
  }
  const stop = (): void => void client.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const fault = await client.connect();
    signal.throwIfAborted();
    const failure = fault && failureOf(fault);
    return failure === undefined
      ? { check: 'route', ok: true, text: `${host} port ${port} takes connections over TLS.` }
      : { check: 'route', ok: false, text: `${failure.message} ${failure.fix}`, failure };
  } finally {
    signal.removeEventListener('abort', stop);
    await client.close();
  }
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
  fields: mllpFields,
  parse: parseMllp,
  keys: ({ listen, send }) => tlsKeys(listen?.tls, send?.tls),
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
