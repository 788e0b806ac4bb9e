/**
 * One question to the server and its answer: token, budget, one renewed sign-in, and a Failure for every answer
 * that is no yes. Reads and writes differ in one thing: a write that was not answered may have happened.
 */
import { type Clock, Failure } from '../std/index.ts';
import { type Content, contentOf } from './answer.ts';
import { type Http, type HttpAsk, HttpError, type HttpReply, type Watch } from './http.ts';
import { isRefusal } from './outcome.ts';
import type { Tokens } from './smart/tokens.ts';
import { type Dialect, readTrouble, refusal, writeTrouble } from './status.ts';

export interface Question {
  readonly url: URL;
  readonly method: HttpAsk['method'];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** It changes something at the other side. */
  readonly effect: boolean;
  /** For people, without patient data: `search of Appointment`. */
  readonly what: string;
  /** What the client must be granted for it: `Appointment (search)`. */
  readonly scope: string;
  readonly signal: AbortSignal;
}

export interface Answered {
  readonly content: Content;
  readonly reply: HttpReply;
}

export interface Exchange {
  /** A yes; throws a Failure for anything else. */
  ask(question: Question): Promise<Answered>;
}

/** Without it Epic answers in XML. */
export const FHIR_JSON = 'application/fhir+json';

export function createExchange(options: {
  readonly http: Http;
  readonly clock: Clock;
  readonly tokens: Tokens | undefined;
  readonly dialect: Dialect | undefined;
  readonly watch: Watch;
}): Exchange {
  const { http, clock, tokens, dialect, watch } = options;

  /** One request, told to the watch. */
  async function once(question: Question, token: string | undefined): Promise<Answered | Failure> {
    const { url, method, body, effect, what, scope, signal } = question;
    await watch.before(signal);
    const from = clock.elapsed();
    try {
      const headers: Record<string, string> = { accept: FHIR_JSON, ...question.headers };
      if (token !== undefined) headers.authorization = `Bearer ${token}`;
      const reply = await http.send({
        url,
        method,
        headers,
        signal,
        ...(body === undefined ? {} : { body }),
      });
      const content = contentOf(reply.body);
      // Some refusals come with 200: the outcome counts, not the status.
      const fine = reply.status >= 200 && reply.status < 300 && !isRefusal(content.issues);
      if (fine) {
        watch.after({ kind: 'ok', ms: reply.ms });
        return { content, reply };
      }
      const failure = refusal({ reply, content, what, scope, effect, now: clock.now() }, dialect);
      const wait = failure.retry.again ? failure.retry.after : undefined;
      watch.after({
        kind: failure.kind,
        code: failure.code,
        ms: reply.ms,
        ...(wait === undefined ? {} : { retryAfter: wait }),
      });
      return failure;
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      const failure = effect ? writeTrouble(error, what) : readTrouble(error, what);
      if (error.trouble !== 'aborted') {
        watch.after({ kind: failure.kind, code: failure.code, ms: Math.round(clock.elapsed() - from) });
      }
      return failure;
    }
  }

  return {
    async ask(question) {
      const token = await tokens?.get(question.signal);
      let result = await once(question, token);
      // One forced refresh and one retry: 401 says that nothing was done. A second one is an answer: asking on would be a
      // storm of sign-ins.
      if (tokens && token !== undefined && isUnauthenticated(result)) {
        tokens.invalidate(token);
        result = await once(question, await tokens.get(question.signal));
      }
      if (result instanceof Failure) throw result;
      return result;
    },
  };
}

const isUnauthenticated = (result: Answered | Failure): boolean =>
  result instanceof Failure && result.code === 'FHIR_UNAUTHENTICATED';
