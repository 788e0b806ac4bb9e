import { Agent, type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { TLSSocket } from 'node:tls';
import { parseAck } from '../ack.ts';
import { peek } from '../header.ts';
import type { SendResult } from '../mllp/client.ts';
import {
  certificateTrouble,
  clientOptions,
  type MllpClientTls,
  TlsRefusal,
  tlsSentence,
  tlsTrouble,
} from '../mllp/tls.ts';
import { contentTypeOf, isHl7 } from './content-type.ts';

export interface Hl7HttpClientOptions {
  /** `https://lab.example/hl7`; with `http:` everything crosses the network readable. */
  readonly url: string;
  /** For `https:`: as of an MLLP client, at least TLS 1.2; `pins` hold the endpoint to its certificate. */
  readonly tls?: MllpClientTls;
  /** Sent as the Authorization header. */
  readonly authorization?: string;
  /** Until the whole answer is here; 30 s unless given. */
  readonly responseTimeoutMs?: number;
  /** Of an answer; 1 MiB unless given. */
  readonly maxBytes?: number;
}

/** As of an MLLP client, and `refused`: a status of 4xx without an acknowledgement. The receiver did not take the message. */
export type Hl7HttpResult =
  | SendResult
  | {
      readonly kind: 'refused';
      readonly outcome: 'not-sent';
      readonly status: number;
      readonly reason: string;
    };

export interface Hl7HttpClient {
  /** Never rejects. Several may be under way, each on its own connection. */
  send(message: Uint8Array): Promise<Hl7HttpResult>;
  /** Ends the connections; what is under way ends as `closed`. */
  close(): void;
}

/**
 * Sends HL7 messages over HTTP. An acknowledgement counts only if its MSA-2 is the MSH-10 sent in the same request, whatever the
 * status that goes with it: some receivers send AE and AR with 400 and 500.
 *
 *     const client = createHl7HttpClient({ url: 'https://lab.example/hl7' });
 *     const result = await client.send(bytes);
 *     if (result.kind === 'ack' && result.code === 'AA') delivered();
 */
export function createHl7HttpClient(options: Hl7HttpClientOptions): Hl7HttpClient {
  const url = new URL(options.url);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new RangeError('The url of an HL7 receiver begins with https:// (or http://).');
  const tls = url.protocol === 'https:' ? clientOptions(url.hostname, options.tls ?? {}) : undefined;
  const agent =
    tls === undefined ? new Agent({ keepAlive: true }) : new TlsAgent({ keepAlive: true, ...tls });
  return {
    send: (message) => exchange(url, options, agent, message),
    close: () => agent.destroy(),
  };
}

function exchange(
  url: URL,
  { tls, authorization, responseTimeoutMs = 30_000, maxBytes = 1024 * 1024 }: Hl7HttpClientOptions,
  agent: Agent | TlsAgent,
  message: Uint8Array,
): Promise<Hl7HttpResult> {
  const header = peek(message);
  const expected = header.fields[10] ?? '';
  if (!header.usable || expected === '') {
    const reason = header.usable
      ? 'MSH-10 is empty: the answer could not be matched to this message.'
      : `The bytes are not a message. ${header.reason}`;
    return Promise.resolve({ kind: 'unsendable', outcome: 'not-sent', reason });
  }
  const where = `${url.hostname} port ${url.port || (url.protocol === 'https:' ? 443 : 80)}`;
  return new Promise((resolve) => {
    let written = false;
    const headers = {
      'content-type': contentTypeOf(header),
      'content-length': message.length,
      accept: 'application/hl7-v2',
      date: new Date().toUTCString(),
      ...(authorization === undefined ? {} : { authorization }),
    };
    const make = url.protocol === 'https:' ? tlsRequest : plainRequest;
    const request: ClientRequest = make(url, { method: 'POST', headers, agent });
    const timer = setTimeout(() => {
      finish({ kind: 'timeout', outcome: 'unknown', afterMs: responseTimeoutMs });
      request.destroy();
    }, responseTimeoutMs);
    const finish = (result: Hl7HttpResult): void => {
      clearTimeout(timer);
      resolve(result);
    };
    request.on('error', (error) => {
      const trouble = tlsTrouble(error);
      const reason = trouble === undefined ? error.message : tlsSentence(where, trouble);
      if (written) finish({ kind: 'closed', outcome: 'unknown', reason });
      else
        finish({
          kind: 'unreachable',
          outcome: 'not-sent',
          reason,
          ...(trouble === undefined ? {} : { tls: trouble }),
        });
    });
    request.on('response', (response) => {
      bodyOf(response, maxBytes).then(
        (body) => finish(resultOf(response, body, expected, maxBytes)),
        (error: Error) => finish({ kind: 'closed', outcome: 'unknown', reason: error.message }),
      );
    });
    // The message leaves only when the connection is there and the certificate is the right one.
    request.on('socket', (socket) => {
      const go = (): void => {
        const trouble =
          tls !== undefined && socket instanceof TLSSocket
            ? certificateTrouble(socket, tls, Date.now())
            : undefined;
        if (trouble !== undefined) {
          request.destroy(new TlsRefusal(where, trouble));
          return;
        }
        written = true;
        request.end(message);
      };
      if (!socket.connecting) go();
      else socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', go);
    });
  });
}

async function bodyOf(response: IncomingMessage, maxBytes: number): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

function resultOf(
  response: IncomingMessage,
  body: Uint8Array | undefined,
  expected: string,
  maxBytes: number,
): Hl7HttpResult {
  const status = response.statusCode ?? 0;
  if (body !== undefined && isHl7(response.headers['content-type'])) {
    const ack = parseAck(body);
    if (ack.kind === 'junk') return { kind: 'junk', outcome: 'unknown', reason: ack.reason, bytes: body };
    const { code, controlId, rawControlId, text, errors } = ack;
    return rawControlId === expected
      ? { kind: 'ack', outcome: 'answered', code, controlId, text, errors, bytes: body }
      : { kind: 'mismatch', outcome: 'unknown', expected, got: rawControlId, bytes: body };
  }
  if (status >= 400 && status < 500 && status !== 408)
    return { kind: 'refused', outcome: 'not-sent', status, reason: `The receiver answered HTTP ${status}.` };
  const reason =
    body === undefined
      ? `The answer is larger than ${maxBytes} bytes.`
      : `The answer (HTTP ${status}) is no HL7: its content type is not application/hl7-v2.`;
  return { kind: 'junk', outcome: 'unknown', reason, bytes: body ?? new Uint8Array() };
}
