import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface OutgoingCall {
  readonly url: string;
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ends the call from outside, when the simulator closes. */
  readonly stopped: AbortSignal;
  readonly timeoutMs: number;
}

export interface IncomingAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** The call took longer than it may. */
export class TookTooLong extends Error {}

const largestAnswer = 5_000_000;

/**
 * One HTTP call from the hospital to somebody else, on a connection of its own, so that nothing stays open afterwards.
 * Rejects with TookTooLong, or with the error of the socket.
 */
export function callOut(call: OutgoingCall): Promise<IncomingAnswer> {
  const timeout = AbortSignal.timeout(call.timeoutMs);
  const signal = AbortSignal.any([call.stopped, timeout]);
  return new Promise((resolve, reject) => {
    const send = new URL(call.url).protocol === 'https:' ? httpsRequest : httpRequest;
    const fail = (error: Error) =>
      reject(timeout.aborted ? new TookTooLong(`no answer within ${call.timeoutMs} ms`) : error);
    const headers = {
      ...call.headers,
      ...(call.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(call.body)) }),
    };
    const outgoing = send(call.url, { method: call.method, agent: false, signal, headers }, (incoming) =>
      collect(incoming).then(resolve, fail),
    );
    outgoing.on('error', fail);
    outgoing.end(call.body);
  });
}

async function collect(incoming: IncomingMessage): Promise<IncomingAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestAnswer) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks).toString('utf8');
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, body };
}
