/** Calls from an application, at `/hooks/<site>/<connection>`: proved, kept byte for byte, then answered. */
import type { ConnectionContext, HttpAnswer, HttpRequest, Inbound, Receiver, Verdict } from '../contract.ts';
import type { WebhookConfig } from './config.ts';
import { signatureFault } from './signature.ts';

/** Seconds; long enough for a restart, short enough not to be noticed. */
const TRY_AGAIN = 5;

export async function receiveWebhook(
  config: WebhookConfig,
  context: ConnectionContext,
  request: HttpRequest,
  receiver: Receiver,
): Promise<HttpAnswer> {
  if (request.method !== 'POST') {
    return { ...answer(405, { error: 'Send it with POST.' }), headers: { ...JSON_TYPE, allow: 'POST' } };
  }
  if (request.body.length > config.maxBody) {
    return answer(413, { error: `The body is larger than ${config.maxBody} bytes.` });
  }
  let secret: string;
  try {
    secret = await context.secrets.get(config.secret);
  } catch {
    context.log('error', 'A webhook call cannot be checked: its secret is missing.');
    return again('The call cannot be checked now.');
  }
  const fault = signatureFault(secret, request.headers, context.clock.now(), request.body);
  if (fault !== null) return answer(401, { error: fault });
  const verdict = await new Promise<Verdict>((resolve) => {
    receiver.receive(inboundOf(request, resolve));
  });
  switch (verdict.kind) {
    case 'accepted':
    case 'duplicate':
      return answer(202, { messageId: verdict.messageId });
    case 'rejected':
      return answer(422, { messageId: verdict.messageId, error: verdict.reason });
    case 'not kept':
      return again('The message could not be kept now.');
  }
}

function inboundOf(request: HttpRequest, reply: (verdict: Verdict) => void): Inbound {
  const { body, headers, path } = request;
  const says = /\bjson\b/i.test(headers['content-type'] ?? '');
  const parses = isJson(body);
  return {
    bytes: body,
    format: says || parses ? 'json' : 'text',
    door: 'webhook',
    type: path.replace(/^\/+/, ''),
    key: headers['webhook-id'] ?? null,
    ...(says && !parses ? { refused: 'The body is labelled as JSON and is not JSON.' } : {}),
    reply,
  };
}

function isJson(body: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    return true;
  } catch {
    return false;
  }
}

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };

const answer = (status: number, body: Readonly<Record<string, string>>): HttpAnswer => ({
  status,
  headers: JSON_TYPE,
  body: JSON.stringify(body),
});

const again = (error: string): HttpAnswer => ({
  ...answer(503, { error }),
  headers: { ...JSON_TYPE, 'retry-after': String(TRY_AGAIN) },
});
