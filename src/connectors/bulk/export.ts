/**
 * A client of FHIR Bulk Data (Group export): begins an export when its window allows, asks how far it is with growing
 * pauses, streams its files in bounded memory, and tells the server when all were taken. Each step is written down
 * before the next: after a crash it goes on where it was, within a file too.
 */
import {
  codesOf,
  contentOf,
  type Http,
  HttpError,
  type HttpReply,
  retryAfter,
  type Watch,
} from '../../fhir/index.ts';
import { backoffFor, type Clock, Failure, pause, type Random } from '../../std/index.ts';
import { bulkFailure } from './failures.ts';
import { lineLists } from './lines.ts';
import { type BulkFile, type BulkMemory, type BulkPosition, type BulkState, IDLE } from './state.ts';

export interface BulkOptions {
  readonly http: Http;
  readonly clock: Clock;
  readonly random: Random;
  readonly fhirBase: string;
  readonly group: string;
  /** Resource types; none: all that the client may have. */
  readonly types: readonly string[];
  /** FHIR searches by type, where the server has `_typeFilter`: `Observation?category=laboratory`. */
  readonly typeFilters?: readonly string[];
  /** From one kick-off to the next, milliseconds. Epic refuses a second one within 24 hours. */
  readonly window: number;
  readonly memory: BulkMemory;
  readonly token?: (signal: AbortSignal) => Promise<string>;
  /** The server refused this token. */
  readonly refused?: (token: string) => void;
  readonly watch: Watch;
  /** Hosts besides the FHIR base's that may be given the token. */
  readonly hosts?: readonly string[];
}

export interface BulkRecord {
  readonly type: string;
  /** One resource, as it stands in the file: a view of what came with it, so copy what is kept for long. */
  readonly bytes: Uint8Array;
  /** Behind it: what is committed with it. */
  readonly position: BulkPosition;
}

export interface BulkClient {
  /**
   * One step at most: kick-off, a question, or nothing when it is not time. Gives the state it is in now.
   * @throws Failure: refused, failed, lost; where it goes on from is written down.
   */
  advance(signal: AbortSignal): Promise<BulkState>;
  /**
   * Records of the files of these types, from behind a position; lists of at most `most`. Files come in the manifest's
   * order, each once.
   * @throws Failure BULK_BROKEN_OFF and others; ask again from the last position.
   */
  records(
    from: BulkPosition | null,
    types: readonly string[] | null,
    most: number,
    signal: AbortSignal,
  ): AsyncGenerator<readonly BulkRecord[]>;
  /** Everything was taken: the server may delete it, and the next may begin when the window is over. */
  finish(signal: AbortSignal): Promise<void>;
}

/** Between two questions about the state, where the server does not say; milliseconds. */
const ASKED = { first: 10_000, cap: 600_000 };
/** Asked sooner than this, a server that says "1 second" would be asked all day. */
const LEAST_PAUSE = 1_000;
/** After a kick-off that was refused for coming too soon; milliseconds. */
const TOO_SOON = 3_600_000;
/** Bytes of one file; what is more is not one file of an export. */
const LARGEST_FILE = 64 * 1024 * 1024 * 1024;

export function createBulkClient(options: BulkOptions): BulkClient {
  const { http, clock, memory, watch } = options;
  const base = options.fhirBase.replace(/\/+$/, '');
  const allowed = new Set([new URL(base).host, ...(options.hosts ?? [])]);

  /** The token goes to the site's own hosts only. */
  async function headersFor(url: URL, accept: string, signal: AbortSignal): Promise<Record<string, string>> {
    const headers: Record<string, string> = { accept };
    if (options.token === undefined) return headers;
    if (!allowed.has(url.host)) throw bulkFailure('BULK_ORIGIN');
    return { ...headers, authorization: `Bearer ${await options.token(signal)}` };
  }

  async function ask(
    url: URL,
    method: 'GET' | 'DELETE',
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<HttpReply> {
    await watch.before(signal);
    try {
      const reply = await http.send({ url, method, headers, signal });
      const wait = retryAfter(reply.headers, clock.now());
      const slow = reply.status === 429 || reply.status === 503;
      watch.after({
        kind: slow ? 'throttle' : reply.status >= 400 ? 'rejected' : 'ok',
        ms: reply.ms,
        ...(slow ? { code: 'FHIR_THROTTLED' } : {}),
        ...(slow && wait !== undefined ? { retryAfter: wait } : {}),
      });
      if (reply.status === 401) options.refused?.(headers.authorization?.slice(7) ?? '');
      return reply;
    } catch (error) {
      throw troubled(error, watch);
    }
  }

  async function kickOff(signal: AbortSignal): Promise<BulkState> {
    const at = clock.now();
    const nextAt = at + options.window;
    const url = new URL(`${base}/Group/${encodeURIComponent(options.group)}/$export`);
    if (options.types.length > 0) url.searchParams.set('_type', options.types.join(','));
    for (const filter of options.typeFilters ?? []) url.searchParams.append('_typeFilter', filter);
    const headers = { ...(await headersFor(url, 'application/fhir+json', signal)), prefer: 'respond-async' };
    // Before the request: a crash behind it must not find us ready to begin another.
    await memory.write({ phase: 'kicking', at, nextAt });
    let reply: HttpReply;
    try {
      reply = await ask(url, 'GET', headers, signal);
    } catch (error) {
      // Not begun for certain only when no connection was made; else the window decides.
      const unsent = error instanceof Failure && error.kind === 'unreachable';
      await memory.write({ phase: 'idle', nextAt: unsent ? 0 : at + TOO_SOON, last: null });
      throw error;
    }
    const location = reply.headers['content-location'];
    if (reply.status === 202 && location !== undefined) {
      const statusUrl = new URL(location, `${base}/`);
      const askAt = clock.now() + pauseOf(reply, 1);
      const state: BulkState = { phase: 'waiting', at, statusUrl: statusUrl.href, askAt, asked: 0 };
      await memory.write(state);
      return state;
    }
    const { text, issues } = contentOf(reply.body);
    // Epic gives no status of its own for it; the words are all there is.
    if (/too recently/i.test(text)) {
      await memory.write({ phase: 'idle', nextAt: at + TOO_SOON, last: null });
      throw bulkFailure('BULK_TOO_SOON', {
        detail: text,
        retry: { again: true, after: TOO_SOON, alone: true },
      });
    }
    const slow = reply.status === 429 || reply.status >= 500;
    const wait = retryAfter(reply.headers, clock.now());
    await memory.write({ phase: 'idle', nextAt: at + (slow ? (wait ?? 60_000) : TOO_SOON), last: null });
    const codes = codesOf(issues);
    throw bulkFailure(slow ? 'BULK_FAILED' : 'BULK_REFUSED', {
      message: `The server answered the kick-off with ${reply.status}${codes.length > 0 ? `; ${codes.join(', ')}` : ''}.`,
      detail: text,
    });
  }

  const pauseOf = (reply: HttpReply, asked: number): number =>
    Math.max(LEAST_PAUSE, retryAfter(reply.headers, clock.now()) ?? backoffFor(asked, ASKED, options.random));

  async function askState(state: BulkState & { phase: 'waiting' }, signal: AbortSignal): Promise<BulkState> {
    const url = new URL(state.statusUrl);
    const reply = await ask(url, 'GET', await headersFor(url, 'application/json', signal), signal);
    const { text } = contentOf(reply.body);
    if (reply.status === 202 || reply.status === 429 || reply.status === 503) {
      const asked = state.asked + 1;
      const next = { ...state, asked, askAt: clock.now() + pauseOf(reply, asked + 1) };
      await memory.write(next);
      return next;
    }
    const later: BulkState = { phase: 'idle', nextAt: state.at + options.window, last: null };
    if (reply.status === 404 || reply.status === 410) {
      await memory.write(later);
      throw bulkFailure('BULK_LOST', { detail: text });
    }
    if (reply.status !== 200) {
      // A gateway's 502 is not the export's end; the server's own 4xx or 500 with an outcome is.
      const outcome = contentOf(reply.body).issues.length > 0;
      if (!outcome && reply.status >= 500) throw bulkFailure('BULK_UNREADABLE', { detail: text });
      await memory.write(later);
      throw bulkFailure('BULK_FAILED', {
        message: `The server ended the export with ${reply.status}.`,
        detail: text,
      });
    }
    const manifest = manifestOf(text, state.statusUrl);
    const next: BulkState = { phase: 'files', at: state.at, statusUrl: state.statusUrl, ...manifest };
    await memory.write(next);
    return next;
  }

  async function* fileRecords(
    state: BulkState & { phase: 'files' },
    index: number,
    skip: number,
    most: number,
    signal: AbortSignal,
  ): AsyncGenerator<readonly BulkRecord[]> {
    const file = state.files[index] as BulkFile;
    const url = new URL(file.url);
    const accept = 'application/fhir+ndjson';
    const headers = state.requiresToken ? await headersFor(url, accept, signal) : { accept };
    await watch.before(signal);
    let line = 0;
    try {
      const answer = await http.stream({ url, method: 'GET', headers, signal }, LARGEST_FILE);
      if (answer.status !== 200) {
        watch.after({ kind: 'rejected', code: 'BULK_UNREADABLE', ms: answer.ms });
        if (answer.status === 401) options.refused?.(headers.authorization?.slice(7) ?? '');
        if (answer.status === 404 || answer.status === 410) throw bulkFailure('BULK_LOST');
        throw bulkFailure('BULK_UNREADABLE', {
          message: `A file of the export was answered with ${answer.status}.`,
        });
      }
      watch.after({ kind: 'ok', ms: answer.ms });
      for await (const lines of lineLists(answer.body)) {
        let batch: BulkRecord[] = [];
        for (const bytes of lines) {
          line += 1;
          if (line <= skip) continue;
          const position = { at: state.at, file: index, line };
          batch.push({ type: file.type, bytes, position });
          if (batch.length >= most) {
            yield batch;
            batch = [];
          }
        }
        if (batch.length > 0) yield batch;
      }
    } catch (error) {
      if (error instanceof RangeError) throw bulkFailure('BULK_UNREADABLE', { cause: error });
      if (error instanceof HttpError && error.trouble !== 'unreachable' && error.trouble !== 'aborted') {
        watch.after({ kind: 'timeout', code: 'BULK_BROKEN_OFF', ms: error.ms });
        throw bulkFailure('BULK_BROKEN_OFF', { cause: error });
      }
      throw troubled(error, watch);
    }
    // Cut off without a word between two lines: the count tells.
    if (file.count !== null && line < file.count) throw bulkFailure('BULK_BROKEN_OFF');
  }

  return {
    async advance(signal) {
      const state = (await memory.read()) ?? IDLE;
      const now = clock.now();
      switch (state.phase) {
        case 'idle':
          return now < state.nextAt ? state : kickOff(signal);
        case 'kicking':
          // A crash in between: the server may have begun one that nobody can ask about. It will say so.
          return kickOff(signal);
        case 'waiting':
          return now < state.askAt ? state : askState(state, signal);
        case 'files':
          return state;
      }
    },

    async *records(from, types, most, signal) {
      const state = (await memory.read()) ?? IDLE;
      if (state.phase !== 'files') return;
      // A position of an earlier export says nothing about this one.
      const here = from !== null && from.at === state.at ? from : { at: state.at, file: 0, line: 0 };
      for (let index = here.file; index < state.files.length; index++) {
        if (types !== null && !types.includes(state.files[index]?.type ?? '')) continue;
        yield* fileRecords(state, index, index === here.file ? here.line : 0, most, signal);
      }
    },

    async finish(signal) {
      const state = (await memory.read()) ?? IDLE;
      if (state.phase !== 'files') return;
      const url = new URL(state.statusUrl);
      try {
        await ask(url, 'DELETE', await headersFor(url, 'application/json', signal), signal);
      } catch (error) {
        // Good manners, no more: the server deletes it by itself some day.
        signal.throwIfAborted();
        if (!(error instanceof Failure)) throw error;
      }
      await memory.write({ phase: 'idle', nextAt: state.at + options.window, last: state.at });
    },
  };
}

/** @throws Failure BULK_UNREADABLE: it is no manifest. */
function manifestOf(
  text: string,
  statusUrl: string,
): Pick<BulkState & { phase: 'files' }, 'files' | 'errors' | 'requiresToken' | 'transactionTime'> {
  let value: Readonly<Record<string, unknown>>;
  try {
    value = JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw bulkFailure('BULK_UNREADABLE', { detail: text.slice(0, 4_096) });
  }
  const files = (list: unknown): BulkFile[] =>
    (Array.isArray(list) ? list : []).map((entry: Readonly<Record<string, unknown>>) => {
      const url = URL.parse(String(entry.url ?? ''), statusUrl);
      if (url === null || typeof entry.type !== 'string') {
        throw bulkFailure('BULK_UNREADABLE');
      }
      return { url: url.href, type: entry.type, count: typeof entry.count === 'number' ? entry.count : null };
    });
  if (!Array.isArray(value.output)) throw bulkFailure('BULK_UNREADABLE', { detail: text.slice(0, 4_096) });
  return {
    files: files(value.output),
    errors: files(value.error),
    // Epic writes it as text; left out, it is safer with than without.
    requiresToken: String(value.requiresAccessToken ?? 'true') !== 'false',
    transactionTime: typeof value.transactionTime === 'string' ? value.transactionTime : null,
  };
}

function troubled(error: unknown, watch: Watch): unknown {
  if (!(error instanceof HttpError)) return error;
  if (error.trouble === 'aborted') return error;
  const kind = error.trouble === 'unreachable' || error.trouble === 'tls' ? 'unreachable' : 'timeout';
  watch.after({ kind, code: 'BULK_BROKEN_OFF', ms: error.ms });
  return bulkFailure('BULK_BROKEN_OFF', {
    kind,
    message: `No answer of the bulk server: ${error.trouble} (${error.code}).`,
    cause: error,
  });
}

/**
 * The whole of one export as one iterator: kick-off when the window allows, waiting, and every record of every file; then
 * the server is told. Begun again after a crash it goes on behind `after`, the last position that was committed.
 * @example
 * for await (const records of bulkExport(options, { after: committed, signal })) await commit(records, records.at(-1)?.position);
 */
export async function* bulkExport(
  options: BulkOptions,
  {
    after = null,
    types = null,
    most = 500,
    signal,
  }: {
    readonly after?: BulkPosition | null;
    /** Only these, of those that are exported. */
    readonly types?: readonly string[] | null;
    /** Records in one list. */
    readonly most?: number;
    readonly signal: AbortSignal;
  },
): AsyncGenerator<readonly BulkRecord[]> {
  const client = createBulkClient(options);
  for (;;) {
    signal.throwIfAborted();
    const state = await client.advance(signal);
    if (state.phase === 'files') break;
    const until = state.phase === 'waiting' ? state.askAt : state.phase === 'idle' ? state.nextAt : 0;
    await pause(options.clock, Math.max(LEAST_PAUSE, until - options.clock.now()), signal);
  }
  yield* client.records(after, types, most, signal);
  await client.finish(signal);
}
