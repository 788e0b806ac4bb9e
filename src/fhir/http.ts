/**
 * One HTTP exchange with limits on time and size, and with knowledge of how far it got when it failed:
 * whoever writes must know whether the request may have arrived. One pool of connections per origin;
 * redirects are never followed.
 */
import { Agent, type Dispatcher } from 'undici';
import type { Clock, FailureKind } from '../std/index.ts';

/** Milliseconds and bytes. */
export interface HttpLimits {
  /** To make a connection. */
  readonly connect: number;
  /** From the request to the first line of the answer, and between two pieces of its body. */
  readonly answer: number;
  /** For everything; a server that drips a byte now and then does not hold us. */
  readonly total: number;
  /** The largest body that is read. */
  readonly size: number;
}

export const usualLimits: HttpLimits = {
  connect: 5_000,
  answer: 30_000,
  total: 120_000,
  size: 64 * 1024 * 1024,
};

export interface HttpAsk {
  readonly url: URL;
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal;
  /** Gives the start of a body that is too large, instead of no answer at all. */
  readonly mayCut?: boolean;
}

export interface HttpReply {
  readonly status: number;
  /** Lower-case names; several of one name joined with commas. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** The body was larger than the limit; only its start is here. */
  readonly cut: boolean;
  readonly ms: number;
}

export type HttpTrouble = 'unreachable' | 'tls' | 'timeout' | 'reset' | 'too large' | 'aborted';

/** Never leaves its room: the caller makes a Failure of it. */
export class HttpError extends Error {
  readonly trouble: HttpTrouble;
  /** The system's own code: `ECONNREFUSED`, `UND_ERR_HEADERS_TIMEOUT`. */
  readonly code: string;
  /** False only when certainly no byte of the request went out. */
  readonly maybeSent: boolean;
  readonly ms: number;

  constructor(trouble: HttpTrouble, code: string, maybeSent: boolean, ms: number, cause: unknown) {
    super(`${trouble} (${code})`, { cause });
    this.name = 'HttpError';
    this.trouble = trouble;
    this.code = code;
    this.maybeSent = maybeSent;
    this.ms = ms;
  }
}

/** An answer whose body is still on its way. */
export interface HttpStream {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Until it gave its first piece; milliseconds. */
  readonly ms: number;
  /**
   * Read once, to the end, or left (a `break` in `for await` lets go of the connection). Throws an `HttpError`: `too large`
   * as soon as more than the limit has come, which is never held.
   */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface Http {
  /** Any status is an answer; throws an `HttpError` when there is none. */
  send(ask: HttpAsk): Promise<HttpReply>;
  /** The same, with the body in pieces as they come; `size`: the most that may come, bytes. */
  stream(ask: HttpAsk, size: number): Promise<HttpStream>;
  close(): Promise<void>;
}

/** What a caller's surroundings want to know and decide about each exchange. */
export interface Watch {
  /** Waits until a request may be made (a rate budget). */
  before(signal: AbortSignal): Promise<void>;
  after(outcome: {
    readonly kind: 'ok' | FailureKind;
    readonly code?: string;
    readonly ms: number;
    /** The other side asked for this pause, milliseconds. */
    readonly retryAfter?: number;
  }): void;
}

/** Watches nothing. */
export const unwatched: Watch = { before: async () => undefined, after: () => undefined };

/**
 * @example
 * const http = createHttp(systemClock, usualLimits);
 * const reply = await http.send({ url: new URL('https://ehr.example/metadata'), method: 'GET', headers: {} });
 */
export function createHttp(clock: Clock, limits: HttpLimits): Http {
  const agent = new Agent({
    connections: 16,
    connect: { timeout: limits.connect },
    headersTimeout: limits.answer,
    bodyTimeout: limits.answer,
    // One request a connection at a time: a lost connection loses one answer, not twenty.
    pipelining: 1,
    allowH2: false,
  });

  /** The signal of one exchange: the caller's, and a deadline. Cheaper than `AbortSignal.any`, which is felt at each read. */
  function bounded(signal: AbortSignal | undefined, total: number) {
    const own = new AbortController();
    let late = false;
    const leave = (): void => own.abort(signal?.reason);
    if (signal?.aborted) leave();
    else signal?.addEventListener('abort', leave, { once: true });
    const cancel = clock.after(total, () => {
      late = true;
      own.abort();
    });
    return {
      signal: own.signal,
      late: () => late,
      end: () => {
        cancel();
        signal?.removeEventListener('abort', leave);
      },
    };
  }

  function request({ url, method, headers, body }: HttpAsk, signal: AbortSignal) {
    return agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      signal,
    });
  }

  return {
    async send(ask) {
      const { signal, mayCut = false } = ask;
      const started = clock.elapsed();
      const ms = (): number => Math.round(clock.elapsed() - started);
      const bound = bounded(signal, limits.total);
      try {
        const answer = await request(ask, bound.signal);
        const read = await readBody(answer.body, limits.size);
        if (read.cut && !mayCut) throw new HttpError('too large', 'SIZE', true, ms(), undefined);
        return { status: answer.statusCode, headers: flat(answer.headers), ...read, ms: ms() };
      } catch (error) {
        if (error instanceof HttpError) throw error;
        throw troubleOf(error, bound.late(), signal?.aborted ?? false, ms());
      } finally {
        bound.end();
      }
    },
    async stream(ask, size) {
      const { signal } = ask;
      const started = clock.elapsed();
      const ms = (): number => Math.round(clock.elapsed() - started);
      const bound = bounded(signal, limits.total * STREAM_PATIENCE);
      const trouble = (error: unknown): HttpError =>
        error instanceof HttpError ? error : troubleOf(error, bound.late(), signal?.aborted ?? false, ms());
      try {
        const answer = await request(ask, bound.signal);
        const pieces = piecesOf(answer.body, size, { ms, trouble, end: bound.end });
        return { status: answer.statusCode, headers: flat(answer.headers), ms: ms(), body: pieces };
      } catch (error) {
        bound.end();
        throw trouble(error);
      }
    },
    // Not `close`, which would wait for answers that nobody wants any more.
    close: () => agent.destroy(),
  };
}

/** A large body may take so many times as long as a usual answer. */
const STREAM_PATIENCE = 10;

async function* piecesOf(
  body: Dispatcher.ResponseData['body'],
  most: number,
  told: { ms: () => number; trouble: (error: unknown) => HttpError; end: () => void },
): AsyncGenerator<Uint8Array> {
  let size = 0;
  try {
    for await (const piece of body as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > most) throw new HttpError('too large', 'SIZE', true, told.ms(), undefined);
      yield piece;
    }
  } catch (error) {
    throw told.trouble(error);
  } finally {
    told.end();
  }
}

async function readBody(
  body: Dispatcher.ResponseData['body'],
  most: number,
): Promise<{ readonly body: Buffer; readonly cut: boolean }> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    size += piece.length;
    // Leaving the loop destroys the stream and its connection.
    if (size > most) return { body: Buffer.concat(pieces), cut: true };
    pieces.push(piece);
  }
  return { body: Buffer.concat(pieces, size), cut: false };
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) result[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return result;
}

/** Errors of the way to a connection: the request was not written. */
const NOT_CONNECTED: ReadonlySet<string> = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'EACCES',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const TLS = /^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO$)/;
const SILENT: ReadonlySet<string> = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT']);

function troubleOf(error: unknown, late: boolean, aborted: boolean, ms: number): HttpError {
  const { code = 'UNKNOWN', syscall } = error as { code?: string; syscall?: string };
  if (late) return new HttpError('timeout', 'TOTAL', true, ms, error);
  if (aborted) return new HttpError('aborted', 'ABORTED', true, ms, error);
  if (TLS.test(code)) return new HttpError('tls', code, false, ms, error);
  if (NOT_CONNECTED.has(code) || syscall === 'connect')
    return new HttpError('unreachable', code, false, ms, error);
  return new HttpError(SILENT.has(code) ? 'timeout' : 'reset', code, true, ms, error);
}

/** No server can stop us for longer than a day by one header. */
const LONGEST_PAUSE = 86_400_000;

/**
 * Milliseconds of a `Retry-After` header, given in seconds or as a date; `undefined` when there is none that
 * can be read. A date is measured against the server's own `Date`, so that skewed clocks do no harm.
 */
export function retryAfter(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const text = headers['retry-after']?.trim();
  if (text === undefined || text === '') return undefined;
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1_000, LONGEST_PAUSE);
  const until = Date.parse(text);
  if (Number.isNaN(until)) return undefined;
  return Math.min(Math.max(0, until - (serverTime(headers) ?? now)), LONGEST_PAUSE);
}

/** Milliseconds since 1970 of the `Date` header. */
export function serverTime(headers: Readonly<Record<string, string>>): number | undefined {
  const at = Date.parse(headers.date ?? '');
  return Number.isNaN(at) ? undefined : at;
}
