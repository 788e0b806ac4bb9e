/** An application that speaks JSON over HTTP: called, and calling us. */
import { createHttp, HttpError } from '../../fhir/index.ts';
import { asFailure } from '../../std/index.ts';
import type { Capability } from '../capability.ts';
import type {
  Call,
  CallContext,
  Connection,
  ConnectionContext,
  Connector,
  HttpRequest,
  Receiver,
  TestResult,
} from '../contract.ts';
import { parseWebhook, type WebhookConfig, webhookFields } from './config.ts';
import { webhookFailure } from './failures.ts';
import { receiveWebhook } from './receive.ts';
import { callWebhook } from './send.ts';

export type { WebhookConfig } from './config.ts';
export { webhookFailures } from './failures.ts';
export { signatureFault, signatureHeaders } from './signature.ts';

const capabilities: readonly Capability[] = [
  {
    name: 'send',
    about: 'Sends a JSON body (or the message as it was received) to the url or a path below it.',
    effect: true,
    repeatable: true,
    scopes: [],
  },
  {
    name: 'find',
    about: 'Asks with GET; a list, an object with `matches`, or one object. 404 is no match.',
    effect: false,
    scopes: [],
  },
  {
    name: 'create',
    about: 'Makes a record with POST; gives the JSON answer.',
    effect: true,
    repeatable: true,
    scopes: [],
  },
  {
    name: 'update',
    about: 'Changes a record with PUT; gives the JSON answer.',
    effect: true,
    repeatable: true,
    scopes: [],
  },
];

function open(config: WebhookConfig, context: ConnectionContext): Connection {
  const { clock } = context;
  // The body is cut there, so that an endless answer costs no memory.
  const http = createHttp(clock, {
    connect: Math.min(config.timeout, 5_000),
    answer: config.timeout,
    total: config.timeout,
    size: config.maxBody,
  });

  /** A HEAD changes nothing; any answer shows that the way is free. */
  async function reach(signal: AbortSignal): Promise<TestResult> {
    if (config.url === undefined) return { check: 'route', ok: true, text: 'It only receives.' };
    const { host } = new URL(config.url);
    try {
      await http.send({ url: new URL(config.url), method: 'HEAD', headers: {}, signal, mayCut: true });
      return { check: 'route', ok: true, text: `${host} answers.` };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof HttpError)) throw error;
      const code =
        error.trouble === 'tls' ? 'WEBHOOK_TLS' : error.maybeSent ? 'WEBHOOK_TIMEOUT' : 'WEBHOOK_UNREACHABLE';
      const failure = webhookFailure(code, {
        message: `${host} gives no answer: ${error.trouble} (${error.code}).`,
        cause: error,
      });
      return { check: 'route', ok: false, text: `${failure.message} ${failure.fix}`, failure };
    }
  }

  async function secret(): Promise<TestResult> {
    try {
      await context.secrets.get(config.secret);
      return { check: 'secret', ok: true, text: 'The secret is set.' };
    } catch (error) {
      const failure = asFailure(error);
      return { check: 'secret', ok: false, text: `${failure.message} ${failure.fix}`, failure };
    }
  }

  return {
    test: async (signal) => [await secret(), await reach(signal)],
    ...(config.url === undefined
      ? {}
      : { call: (call: Call, about: CallContext) => callWebhook(http, config, context, call, about) }),
    ...(config.accepts
      ? {
          http: (request: HttpRequest, receiver: Receiver) =>
            receiveWebhook(config, context, request, receiver),
        }
      : {}),
    close: () => http.close(),
  };
}

/**
 * @example
 * // connections:
 * //   care-app: { connector: webhook, url: https://care.example/suture, secret: care-app, accepts: true }
 */
export const webhook: Connector<WebhookConfig> = {
  name: 'webhook',
  about: 'An application over JSON and HTTP, with signatures by Standard Webhooks and idempotency keys.',
  fields: webhookFields,
  parse: parseWebhook,
  open,
  capabilities,
};
