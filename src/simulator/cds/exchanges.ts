import type { Resource } from '../fhir/outcome.ts';
import { callOut, TookTooLong } from '../outgoing.ts';
import type { Behaviour } from '../profile/index.ts';
import { Ring } from '../ring.ts';
import type { CallerTokens } from './caller-token.ts';
import { type Screen, type Shown, shownOf } from './cards.ts';
import { contextOf, filledIn, hookRequest } from './hook-request.ts';
import type { Misbehaviour } from './misbehaviour.ts';
import type { HookService } from './services.ts';
import type { Situation } from './situation.ts';

/** How a call ended. Whatever is not `answered` shows nothing, and the clinician notices nothing. */
export type Outcome = 'answered' | 'timeout' | 'refused' | 'unreadable' | 'unreachable';

/** One call of a service. */
export interface Exchange {
  readonly id: string;
  /** Wall time, ISO 8601. */
  readonly at: string;
  readonly service: string;
  readonly situation: Situation;
  readonly outcome: Outcome;
  readonly problem?: string;
  readonly status?: number;
  readonly milliseconds: number;
  /** Without the access token in it. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly answer?: unknown;
  readonly shown: Shown;
  /** The basket of orders, as suggestions that were accepted have changed it. */
  draft: readonly Resource[];
}

export interface ExchangeParts {
  readonly tokens: CallerTokens;
  readonly behaviour: Behaviour;
  readonly stopped: AbortSignal;
  now(): number;
  fhirServer(): string;
  /** A token for the application, with the patient in context. */
  accessToken(clientId: string, patientId: string, seconds: number): string;
  /** Ends that token at once. */
  endToken(token: string): void;
  scopeOf(clientId: string): string;
  launchUrlsOf(clientId: string): readonly string[];
  /** Reads from the hospital's own FHIR server, with that token. */
  read(path: string, token: string): Promise<{ status: number; body: unknown }>;
}

const nothing: Shown = { cards: [], systemActions: [], remarks: [] };
const remembered = 200;

/** Calls services and keeps what was said. */
export class Exchanges {
  readonly #all = new Ring<Exchange>(remembered);
  readonly #parts: ExchangeParts;

  constructor(parts: ExchangeParts) {
    this.#parts = parts;
  }

  newest(): Exchange[] {
    return this.#all.newest(remembered);
  }
  get(id: string): Exchange | undefined {
    return this.newest().find((each) => each.id === id);
  }

  async call(service: HookService, situation: Situation, bad: Misbehaviour): Promise<Exchange> {
    const { parts, seconds } = { parts: this.#parts, seconds: this.#parts.behaviour.cdsTokenSeconds };
    const token = parts.accessToken(service.clientId, situation.patientId, seconds);
    const prefetch = bad.stripped
      ? undefined
      : await this.#prefetch(service, situation, token, bad.withoutPrefetch);
    const request = hookRequest(service, situation, {
      fhirServer: parts.fhirServer(),
      accessToken: bad.stripped ? undefined : token,
      expiresIn: seconds,
      scope: parts.scopeOf(service.clientId),
      prefetch,
    });
    if (bad.deadAuthorization) parts.endToken(token);
    const body = JSON.stringify(request);
    const authorization = await parts.tokens.header(service, bad.token);
    const begun = parts.now();
    const end = await this.#send(
      service,
      bad.truncated ? body.slice(0, body.length / 2) : body,
      authorization,
    );
    const exchange: Exchange = {
      id: String(request.hookInstance),
      at: new Date(begun).toISOString(),
      service: service.id,
      situation,
      milliseconds: parts.now() - begun,
      request: withoutToken(request),
      draft: situation.draft,
      ...end,
    };
    this.#all.add(exchange);
    return exchange;
  }

  async #send(
    service: HookService,
    body: string,
    authorization: string | undefined,
  ): Promise<Pick<Exchange, 'outcome' | 'problem' | 'status' | 'answer' | 'shown'>> {
    const { behaviour, stopped, launchUrlsOf } = this.#parts;
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json',
      ...(authorization === undefined ? {} : { authorization }),
    };
    const call = {
      url: service.endpoint,
      method: 'POST',
      headers,
      body,
      stopped,
      timeoutMs: service.timeoutMs,
    };
    let status: number | undefined;
    try {
      const answer = await callOut(call);
      status = answer.status;
      if (status !== 200)
        return { outcome: 'refused', problem: `HTTP status ${status}`, status, shown: nothing };
      const said: unknown = JSON.parse(answer.body);
      const screen: Screen = {
        systemActions: behaviour.cdsSystemActions,
        launchUrls: launchUrlsOf(service.clientId),
      };
      return { outcome: 'answered', status, answer: said, shown: shownOf(said, screen) };
    } catch (error) {
      const problem = (error as Error).message;
      if (error instanceof TookTooLong) return { outcome: 'timeout', problem, shown: nothing };
      if (status !== undefined) return { outcome: 'unreadable', problem, status, shown: nothing };
      return { outcome: 'unreachable', problem, shown: nothing };
    }
  }

  async #prefetch(
    service: HookService,
    situation: Situation,
    token: string,
    without: Misbehaviour['withoutPrefetch'],
  ): Promise<Record<string, unknown> | undefined> {
    const names = Object.keys(service.prefetch).filter(
      (name) => without !== 'all' && !without?.includes(name),
    );
    if (names.length === 0) return undefined;
    const context = contextOf(service, situation);
    const read = await Promise.all(
      names.map(async (name): Promise<[string, unknown][]> => {
        const path = filledIn(service.prefetch[name] as string, context);
        const answer = path === undefined ? undefined : await this.#parts.read(path, token);
        if (answer?.status === 200) return [[name, answer.body]];
        return this.#parts.behaviour.cdsFailedPrefetch === 'null' ? [[name, null]] : [];
      }),
    );
    return Object.fromEntries(read.flat());
  }
}

/** The request as it may be kept and shown. */
function withoutToken(request: Record<string, unknown>): Record<string, unknown> {
  const authorization = request.fhirAuthorization as Record<string, unknown> | undefined;
  if (!authorization) return request;
  return { ...request, fhirAuthorization: { ...authorization, access_token: '(not kept)' } };
}
