/**
 * Calls to an application over JSON and HTTP, signed and with an idempotency key. The key is the same for every
 * attempt of a step, so a call whose answer was lost is sent again under it: the application must know it
 * again, or may look at `Suture-Possible-Duplicate`.
 */
import { contentOf, type Http, HttpError, type HttpReply, retryAfter } from '../../fhir/index.ts';
import type { Failure, Json } from '../../std/index.ts';
import type { Call, CallContext, ConnectionContext } from '../contract.ts';
import type { WebhookConfig } from './config.ts';
import { type WebhookFailureCode, webhookFailure } from './failures.ts';
import { isAct, requestOf, type WebhookAct, type WebhookRequest } from './request.ts';
import { signatureHeaders } from './signature.ts';

/** Gives the application's JSON answer, `null` when it gave none; for `find`: `{ matches }`. */
export async function callWebhook(
  http: Http,
  config: WebhookConfig,
  context: ConnectionContext,
  call: Call,
  about: CallContext,
): Promise<Json> {
  if (config.url === undefined) throw webhookFailure('WEBHOOK_NO_URL');
  const act = call.do;
  if (!isAct(act)) throw webhookFailure('WEBHOOK_CAPABILITY_UNKNOWN');
  const request = requestOf(act, call, config.url, about.message);
  const secret = await context.secrets.get(config.secret);
  const started = context.clock.elapsed();
  const report = (failure: Failure | undefined): void =>
    context.report({
      kind: failure?.kind ?? 'ok',
      ms: Math.round(context.clock.elapsed() - started),
      ...(failure ? { code: failure.code } : {}),
    });
  let reply: HttpReply;
  try {
    reply = await http.send({
      url: request.url,
      method: request.method,
      headers: headersOf(request, secret, context.clock.now(), about),
      ...(request.method === 'GET' ? {} : { body: request.body }),
      signal: about.signal,
      mayCut: true,
    });
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    const failure = trouble(error, act);
    if (error.trouble !== 'aborted') report(failure);
    throw failure;
  }
  const failure = refusal(reply, act, context.clock.now());
  report(failure);
  if (failure) throw failure;
  return answerOf(reply, act);
}

function headersOf(
  request: WebhookRequest,
  secret: string,
  now: number,
  about: CallContext,
): Record<string, string> {
  return {
    accept: 'application/json',
    'user-agent': 'Suture',
    ...(request.contentType === undefined ? {} : { 'content-type': request.contentType }),
    ...signatureHeaders(secret, about.idempotencyKey, now, request.body),
    'idempotency-key': about.idempotencyKey,
    ...(about.possibleDuplicate ? { 'suture-possible-duplicate': 'true' } : {}),
  };
}

/** No answer. What was certainly not sent may be sent again without a doubt; a question may be asked again anyway. */
function trouble(error: HttpError, act: WebhookAct): Failure {
  const options = {
    message: `No answer from the application: ${error.trouble} (${error.code}).`,
    cause: error,
  };
  if (!error.maybeSent) {
    return webhookFailure(error.trouble === 'tls' ? 'WEBHOOK_TLS' : 'WEBHOOK_UNREACHABLE', options);
  }
  return webhookFailure(act === 'find' ? 'WEBHOOK_TIMEOUT' : 'WEBHOOK_UNKNOWN', options);
}

const byStatus: Readonly<Record<number, WebhookFailureCode>> = {
  401: 'WEBHOOK_UNAUTHORIZED',
  403: 'WEBHOOK_FORBIDDEN',
  408: 'WEBHOOK_NOT_NOW',
  409: 'WEBHOOK_CONFLICT',
  425: 'WEBHOOK_NOT_NOW',
  429: 'WEBHOOK_THROTTLED',
  503: 'WEBHOOK_THROTTLED',
};

function refusal(reply: HttpReply, act: WebhookAct, now: number): Failure | undefined {
  const { status } = reply;
  if (status >= 200 && status < 300) return undefined;
  if (status === 404 && act === 'find') return undefined;
  const code =
    byStatus[status] ??
    (status >= 500 ? 'WEBHOOK_FAILED' : status >= 400 ? 'WEBHOOK_REFUSED' : 'WEBHOOK_REDIRECTED');
  const { text } = contentOf(reply.body.subarray(0, 16_384));
  const asked = code === 'WEBHOOK_THROTTLED' || status >= 500 ? retryAfter(reply.headers, now) : undefined;
  return webhookFailure(code, {
    message: `The application answered with ${status}.`,
    ...(asked === undefined ? {} : { retry: { again: true, after: asked } }),
    ...(text === '' ? {} : { detail: text }),
  });
}

function answerOf(reply: HttpReply, act: WebhookAct): Json {
  if (act === 'find') {
    if (reply.status === 404 || (reply.body.length === 0 && !reply.cut)) return { matches: [] };
    const found = jsonOf(reply);
    if (found === undefined) throw webhookFailure('WEBHOOK_ANSWER');
    return { matches: listOf(found) };
  }
  const answer = jsonOf(reply);
  // What is passed on needs no answer; of what is made, the answer is what later steps build on.
  if (answer === undefined && reply.cut && act !== 'send') throw webhookFailure('WEBHOOK_ANSWER');
  return answer ?? null;
}

/** A list, an object that holds one as `matches`, or one match by itself. */
function listOf(found: Json): readonly Json[] {
  if (Array.isArray(found)) return found;
  if (found === null) return [];
  const { matches } = found as { readonly matches?: Json };
  return Array.isArray(matches) ? matches : [found];
}

function jsonOf(reply: HttpReply): Json | undefined {
  if (reply.cut) return undefined;
  try {
    return JSON.parse(reply.body.toString('utf8')) as Json;
  } catch {
    return undefined;
  }
}
