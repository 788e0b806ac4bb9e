/** Large Binaries: bytes as they come, up to a limit, never held as a whole. */
import { type Clock, Failure } from '../std/index.ts';
import { contentOf } from './answer.ts';
import { fhirFailure } from './failures.ts';
import { type Http, HttpError, type HttpStream, type Watch } from './http.ts';
import type { Tokens } from './smart/tokens.ts';
import { type Dialect, readTrouble, refusal } from './status.ts';

export interface BinaryOptions {
  readonly signal: AbortSignal;
  /** Bytes; more is `FHIR_TOO_LARGE`, told as soon as they have come. 64 MiB unless told. */
  readonly limit?: number;
  /** The content type that the reference names: the server then sends the bytes themselves. */
  readonly contentType?: string;
}

export interface BinaryStream {
  /** As the server says. */
  readonly contentType: string | undefined;
  /** Read once. Throws a Failure when it breaks off, or grows past the limit. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

const USUAL_LIMIT = 64 * 1024 * 1024;
/** What a refusal says is short. */
const REFUSAL_LIMIT = 1024 * 1024;
const WHAT = 'read of Binary';

export interface BinaryParts {
  readonly http: Http;
  readonly clock: Clock;
  readonly tokens: Tokens | undefined;
  readonly watch: Watch;
  readonly dialect: Dialect | undefined;
}

export async function streamBinary(
  parts: BinaryParts,
  url: URL,
  options: BinaryOptions,
): Promise<BinaryStream> {
  const { tokens } = parts;
  const limit = options.limit ?? USUAL_LIMIT;
  const token = await tokens?.get(options.signal);
  let answer = await open(parts, url, options, token, limit);
  if (answer instanceof Failure && answer.code === 'FHIR_UNAUTHENTICATED' && tokens && token !== undefined) {
    tokens.invalidate(token);
    answer = await open(parts, url, options, await tokens.get(options.signal), limit);
  }
  if (answer instanceof Failure) throw answer;
  const contentType = answer.headers['content-type'];
  // Asked for bytes, some servers give the resource, with the bytes as text inside.
  if (/^application\/(fhir\+)?json\b/.test(contentType ?? '') && options.contentType !== 'application/json') {
    return unwrapped(answer, limit);
  }
  return { contentType, bytes: guarded(answer.body) };
}

async function open(
  { http, clock, watch, dialect }: BinaryParts,
  url: URL,
  { signal, contentType }: BinaryOptions,
  token: string | undefined,
  limit: number,
): Promise<HttpStream | Failure> {
  await watch.before(signal);
  const headers: Record<string, string> = { accept: contentType ?? 'application/octet-stream, */*;q=0.5' };
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  const from = clock.elapsed();
  let failure: Failure;
  try {
    // As text inside a resource they are a third longer.
    const answer = await http.stream({ url, method: 'GET', headers, signal }, Math.ceil(limit * 1.4) + 4_096);
    if (answer.status >= 200 && answer.status < 300) {
      watch.after({ kind: 'ok', ms: answer.ms });
      return { ...answer, body: limited(answer, limit) };
    }
    const body = await collected(answer.body, REFUSAL_LIMIT);
    const { status, ms } = answer;
    const reply = { status, headers: answer.headers, body, cut: false, ms };
    const refused = { reply, content: contentOf(body), what: WHAT, scope: 'Binary (read)', now: clock.now() };
    failure = refusal(refused, dialect);
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    failure = readTrouble(error, WHAT);
    if (error.trouble === 'aborted') return failure;
  }
  const wait = failure.retry.again ? failure.retry.after : undefined;
  const ms = Math.round(clock.elapsed() - from);
  watch.after({
    kind: failure.kind,
    code: failure.code,
    ms,
    ...(wait === undefined ? {} : { retryAfter: wait }),
  });
  return failure;
}

/** Bytes are held to the limit; a resource around them may be larger, and its bytes are held to it afterwards. */
async function* limited(answer: HttpStream, limit: number): AsyncGenerator<Uint8Array> {
  const wrapped = /json/.test(answer.headers['content-type'] ?? '');
  let size = 0;
  for await (const piece of answer.body) {
    size += piece.length;
    if (!wrapped && size > limit) throw tooLarge(limit);
    yield piece;
  }
}

async function collected(body: AsyncIterable<Uint8Array>, most: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    pieces.push(piece);
    if (size > most) break;
  }
  return Buffer.concat(pieces);
}

async function unwrapped(answer: HttpStream, limit: number): Promise<BinaryStream> {
  const pieces: Uint8Array[] = [];
  for await (const piece of guarded(answer.body)) pieces.push(piece);
  const { resource, text } = contentOf(Buffer.concat(pieces));
  if (resource?.resourceType !== 'Binary') {
    // JSON that was filed as a document.
    return { contentType: answer.headers['content-type'], bytes: one(Buffer.from(text), limit) };
  }
  const data = typeof resource.data === 'string' ? resource.data : '';
  const contentType = typeof resource.contentType === 'string' ? resource.contentType : undefined;
  return { contentType, bytes: one(Buffer.from(data, 'base64'), limit) };
}

async function* one(bytes: Uint8Array, limit: number): AsyncGenerator<Uint8Array> {
  if (bytes.length > limit) throw tooLarge(limit);
  yield bytes;
}

async function* guarded(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw error instanceof HttpError ? readTrouble(error, WHAT) : error;
  }
}

const tooLarge = (limit: number): Failure =>
  fhirFailure('FHIR_TOO_LARGE', {
    message: `The Binary is larger than ${limit} bytes, the most that is accepted.`,
  });
