/**
 * Answers a CDS Hooks call: the one thing that is done before it is kept. The flow runs in the request, without lane or
 * retry, against its deadline; the caller waits for whatever comes of it, so what fails or is late is an answer without
 * cards and a finding for us. What was asked and answered is kept afterwards, without the caller's token.
 */
import { randomUUID } from 'node:crypto';
import { type ConnectionContext, cardsFrom, cdsFailure, claimedIssuer } from '../connectors/index.ts';
import { type CdsTrigger, type EventContext, eventContext, next, type PreparedFlow } from '../flow/index.ts';
import type { SiteRecord } from '../site/index.ts';
import { asFailure, type Clock, Failure, type Json } from '../std/index.ts';
import type { Exchange, Store } from '../store/index.ts';
import type { Gate } from './gate.ts';
import type { Open } from './view.ts';

/** What a CDS client reads about a service. */
export interface CdsService {
  readonly hook: string;
  readonly id: string;
  readonly title?: string;
  readonly description: string;
  readonly prefetch?: Readonly<Record<string, string>>;
}

export interface CdsRequest {
  readonly service: string;
  /** The `Authorization` header as it came. */
  readonly authorization: string | undefined;
  readonly body: unknown;
}

export interface CdsAnswer {
  readonly status: number;
  readonly body: Json;
}

export interface Responder {
  services(): readonly CdsService[];
  call(request: CdsRequest): Promise<CdsAnswer>;
  feedback(request: CdsRequest): Promise<CdsAnswer>;
  /** What was answered is on disk. */
  settled(): Promise<void>;
}

export interface ResponderOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly flows: () => readonly { readonly prepared: PreparedFlow; readonly version: string }[];
  readonly site: (name: string) => SiteRecord | undefined;
  readonly open: () => readonly Open[];
  readonly enter: Gate['enter'];
  readonly log: ConnectionContext['log'];
  readonly signal: AbortSignal;
}

/** No flow needs more commands for one answer; past it, it goes in a circle. */
const MOST_COMMANDS = 200;
const NO_CARDS: CdsAnswer = { status: 200, body: { cards: [] } };
/** Entries of one feedback; more is a mistake or an attack. */
const MOST_FEEDBACK = 500;

interface Asked {
  readonly hook: string;
  readonly hookInstance: string;
  readonly context: Readonly<Record<string, unknown>>;
  readonly prefetch: Record<string, unknown>;
  readonly rest: Readonly<Record<string, unknown>>;
  readonly server: string | null;
  /** In memory for as long as the call lasts. */
  readonly token: string | null;
}

interface Serving {
  readonly prepared: PreparedFlow;
  readonly version: string;
  readonly trigger: CdsTrigger;
}

export function createResponder(options: ResponderOptions): Responder {
  const { store, clock, log } = options;
  /** Writes of what was answered; a failing store must not make a caller wait. */
  const keeping = new Set<Promise<unknown>>();

  const all = (): readonly Serving[] =>
    options.flows().flatMap(({ prepared, version }) => {
      const { trigger } = prepared.flow;
      return trigger.kind === 'cds' ? [{ prepared, version, trigger }] : [];
    });

  /** The flow of this service at a site, and the connection that may call it. */
  async function proved(request: CdsRequest): Promise<{ readonly one: Open; readonly serving: Serving }> {
    const token = /^Bearer (.+)$/i.exec(request.authorization ?? '')?.[1];
    const issuer = claimedIssuer(token);
    const callers = options.open().filter(({ connection }) => connection.cds?.issuer === issuer);
    let refused: unknown = cdsFailure('CDS_CALLER', {
      message:
        token === undefined
          ? 'A call of a CDS service was refused: it carries no token.'
          : 'A call of a CDS service was refused: no connection of connector cds has its issuer (iss).',
    });
    for (const one of callers) {
      try {
        await one.connection.cds?.prove(token, options.signal);
      } catch (error) {
        refused = error;
        continue;
      }
      const serving = all().find(({ trigger, prepared: { flow } }) => {
        const here = flow.sites === 'all' || flow.sites.includes(one.site.site);
        return here && trigger.service === request.service;
      });
      if (serving === undefined) throw cdsFailure('CDS_SERVICE_UNKNOWN');
      return { one, serving };
    }
    throw refused;
  }

  function keep(exchange: Omit<Exchange, 'id'>, body: Json): void {
    const kept = store
      .keepExchange(exchange, body)
      .catch((error) => {
        const { code, message } = asFailure(error);
        log('error', `an answered call could not be kept: ${message}`, { code, service: exchange.service });
      })
      .finally(() => keeping.delete(kept));
    keeping.add(kept);
  }

  async function call(request: CdsRequest): Promise<CdsAnswer> {
    const at = clock.now();
    const started = clock.elapsed();
    let found: Awaited<ReturnType<typeof proved>>;
    try {
      found = await proved(request);
    } catch (error) {
      return refusalOf(error);
    }
    const { one, serving } = found;
    const asked = askedOf(request.body, serving.trigger);
    if (typeof asked === 'string') return refusalOf(cdsFailure('CDS_REQUEST', { message: asked }));
    const place = { site: one.site.site, connection: one.name, flow: serving.prepared.flow.name };

    const stop = new AbortController();
    let giveUp: () => void = () => undefined;
    const late = new Promise<'late'>((resolve) => {
      const left = serving.trigger.deadline - (clock.elapsed() - started);
      giveUp = clock.after(Math.max(0, left), () => resolve('late'));
    });
    const working = run(one, serving, asked, AbortSignal.any([stop.signal, options.signal]));
    // It may fail after the answer went out; that is told as late.
    working.catch(() => undefined);
    let outcome: Exchange['outcome'] = 'answered';
    let failure: Failure | null = null;
    let said: Awaited<ReturnType<typeof run>> = { cards: [], findings: [] };
    try {
      const result = await Promise.race([working, late]);
      if (result === 'late') {
        outcome = 'late';
        failure = cdsFailure('CDS_LATE', { at: place });
        stop.abort(new Error('the deadline is over'));
      } else said = result;
    } catch (error) {
      outcome = 'failed';
      failure = asFailure(error, place);
    } finally {
      giveUp();
    }
    const ms = Math.round(clock.elapsed() - started);
    if (failure) {
      log('warn', failure.message, { ...place, code: failure.code, fix: failure.fix, ms });
    }
    for (const finding of said.findings) log('warn', finding.message, { ...place, code: finding.code });
    const code = failure?.code ?? said.findings[0]?.code ?? null;
    const body = {
      request: asked.rest,
      cards: said.cards,
      ...(failure ? { failure: failure.toJSON(), detail: failure.detail ?? null } : {}),
      findings: said.findings.map((finding) => finding.toJSON()),
    };
    const exchange = {
      kind: 'call' as const,
      at,
      ms,
      ...place,
      flowVersion: serving.version,
      service: request.service,
      hook: asked.hook,
      outcome,
      cards: said.cards.length,
      code,
    };
    // After the answer: the caller does not wait for our disk.
    queueMicrotask(() => keep(exchange, withoutToken(body, asked.token)));
    return outcome === 'answered'
      ? { status: 200, body: { cards: said.cards } as unknown as Json }
      : NO_CARDS;
  }

  async function run(
    one: Open,
    { prepared, trigger }: Serving,
    asked: Asked,
    signal: AbortSignal,
  ): Promise<{ readonly cards: readonly unknown[]; readonly findings: readonly Failure[] }> {
    const findings: Failure[] = [];
    const prefetch = await completed(one, trigger, asked, signal, findings);
    const event = { ...asked.rest, prefetch };
    const bytes = Buffer.from(JSON.stringify(event));
    const context: EventContext = eventContext(
      { format: 'json', type: `cds.${asked.hook}` },
      bytes,
      one.site,
    );
    const remembered = new Map<string, unknown>();
    for (let turn = 0; turn < MOST_COMMANDS; turn++) {
      signal.throwIfAborted();
      const command = next(prepared, context, remembered);
      switch (command.kind) {
        case 'end': {
          const { cards, faults } = cardsFrom(command.cards ?? [], randomUUID);
          findings.push(...faults.map((fault) => cdsFailure('CDS_CARD', { message: `The ${fault}.` })));
          return { cards, findings };
        }
        case 'fail':
        case 'hold':
          throw command.failure;
        case 'sleep':
          throw cdsFailure('CDS_LATE', { message: 'A flow that answers in the request cannot wait.' });
        case 'code': {
          const output = JSON.parse(JSON.stringify((await command.run(command.input)) ?? null));
          remembered.set(command.step, output);
          break;
        }
        case 'call':
          remembered.set(command.step, await ask(one.site.site, prepared.flow.name, command, bytes, signal));
      }
    }
    throw new Failure({
      code: 'FLOW_ENDLESS',
      kind: 'defect',
      message: `The flow asked for more than ${MOST_COMMANDS} steps for one answer.`,
      fix: 'Look for a step that repeats itself.',
    });
  }

  /** A find at a connection of the site; what changes something is refused by the flow's check already. */
  async function ask(
    site: string,
    flow: string,
    command: { step: string; connection: string; do: string; args: Json; effect: boolean },
    bytes: Uint8Array,
    signal: AbortSignal,
  ): Promise<Json> {
    const at = { site, connection: command.connection, flow, step: command.step };
    const one = options.open().find((each) => each.site.site === site && each.name === command.connection);
    if (one?.connection.call === undefined || command.effect) {
      throw new Failure({
        code: 'CONNECTION_MISSING',
        kind: 'config',
        message: `This site has no connection "${command.connection}" that can be asked.`,
        fix: 'Add it to the site record, or correct the name in the flow.',
        at,
      });
    }
    const id = `cds-${randomUUID()}`;
    const pass = options.enter({ site, connection: command.connection }, id);
    if (!pass.open) {
      throw new Failure({
        code: 'CONNECTION_PAUSED',
        kind: 'unreachable',
        message: `The connection "${command.connection}" is not called now.`,
        fix: 'Look at why it fails on Home.',
        at,
      });
    }
    try {
      const output = await one.connection.call(
        { do: command.do, args: command.args },
        {
          idempotencyKey: id,
          delivery: id,
          attempt: 1,
          possibleDuplicate: false,
          flow,
          step: command.step,
          message: { id, bytes, format: 'json' },
          signal,
        },
      );
      pass.ended(null);
      return output;
    } catch (error) {
      const failure = asFailure(error, at);
      pass.ended(signal.aborted ? 'cut' : failure);
      throw failure;
    }
  }

  /** What the hospital sent; what is missing is read with its token if the flow says so, all at once. */
  async function completed(
    one: Open,
    trigger: CdsTrigger,
    asked: Asked,
    signal: AbortSignal,
    findings: Failure[],
  ): Promise<Record<string, unknown>> {
    const keys = Object.keys(trigger.prefetch);
    const entries = await Promise.all(
      keys.map(async (key): Promise<[string, unknown]> => {
        const sent = asked.prefetch[key];
        if (sent !== undefined && sent !== null) return [key, sent];
        const { token, server } = asked;
        if (!trigger.readMissing || token === null || server === null || !one.connection.cds)
          return [key, null];
        try {
          const template = trigger.prefetch[key] ?? '';
          const read = await one.connection.cds.read({
            template,
            call: asked.context,
            token,
            server,
            signal,
          });
          if (read === null) {
            findings.push(
              cdsFailure('CDS_PREFETCH_MISSING', {
                message: `The prefetch "${key}" was not sent and could not be read.`,
              }),
            );
          }
          return [key, read];
        } catch (error) {
          signal.throwIfAborted();
          findings.push(asFailure(error));
          return [key, null];
        }
      }),
    );
    // Everything else that was sent stays to be seen: Epic's prefetch is set up by the site.
    return { ...asked.prefetch, ...Object.fromEntries(entries) };
  }

  async function feedback(request: CdsRequest): Promise<CdsAnswer> {
    const at = clock.now();
    const started = clock.elapsed();
    let found: Awaited<ReturnType<typeof proved>>;
    try {
      found = await proved(request);
    } catch (error) {
      return refusalOf(error);
    }
    const entries = (request.body as { feedback?: unknown } | null)?.feedback;
    if (!Array.isArray(entries) || entries.length > MOST_FEEDBACK) {
      return refusalOf(cdsFailure('CDS_REQUEST', { message: 'The feedback is no list, or too long.' }));
    }
    const { one, serving } = found;
    const exchange = {
      kind: 'feedback' as const,
      at,
      ms: Math.round(clock.elapsed() - started),
      site: one.site.site,
      connection: one.name,
      flow: serving.prepared.flow.name,
      flowVersion: serving.version,
      service: request.service,
      hook: serving.trigger.hook,
      outcome: 'kept' as const,
      cards: entries.length,
      code: null,
    };
    try {
      // Not a call that a clinician waits for: kept first, and said so only then.
      await store.keepExchange(exchange, { feedback: entries as Json[] });
    } catch (error) {
      const { code, message } = asFailure(error);
      log('error', `feedback could not be kept: ${message}`, { code, service: request.service });
      return { status: 503, body: { error: 'It cannot be kept now.' } };
    }
    return { status: 200, body: {} };
  }

  return {
    services: () =>
      all().map(({ trigger }) => ({
        hook: trigger.hook,
        id: trigger.service,
        ...(trigger.title === undefined ? {} : { title: trigger.title }),
        description: trigger.description,
        ...(Object.keys(trigger.prefetch).length === 0 ? {} : { prefetch: trigger.prefetch }),
      })),
    call,
    feedback,
    async settled() {
      while (keeping.size > 0) await Promise.all(keeping);
    },
  };
}

/** The parts of a call; a sentence when it is none. The token is taken out here, and nowhere else looked at. */
function askedOf(body: unknown, trigger: CdsTrigger): Asked | string {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return 'The body is no JSON object.';
  const { fhirAuthorization, ...rest } = body as Record<string, unknown>;
  const { hook, hookInstance, context, prefetch, fhirServer } = rest;
  if (hook !== trigger.hook) return `This service answers ${trigger.hook}; the call is of another hook.`;
  if (typeof hookInstance !== 'string' || hookInstance === '') return 'The call has no hookInstance.';
  if (typeof context !== 'object' || context === null || Array.isArray(context))
    return 'The call has no context.';
  const { patientId, userId } = context as Record<string, unknown>;
  if (typeof patientId !== 'string' || typeof userId !== 'string')
    return 'The context has no patientId or no userId.';
  const sent = typeof prefetch === 'object' && prefetch !== null && !Array.isArray(prefetch) ? prefetch : {};
  const token = (fhirAuthorization as { access_token?: unknown } | null | undefined)?.access_token;
  return {
    hook: trigger.hook,
    hookInstance,
    context: context as Record<string, unknown>,
    prefetch: { ...sent },
    rest,
    server: typeof fhirServer === 'string' ? fhirServer : null,
    token: typeof token === 'string' && token !== '' ? token : null,
  };
}

/** What is kept never holds the token, wherever a sender may have put it. */
function withoutToken(body: unknown, token: string | null): Json {
  const clean = (value: unknown): unknown => {
    if (typeof value === 'string') return token === null ? value : value.replaceAll(token, '[removed]');
    if (Array.isArray(value)) return value.map(clean);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [String(clean(key)), clean(each)]));
  };
  return clean(JSON.parse(JSON.stringify(body ?? null))) as Json;
}

function refusalOf(error: unknown): CdsAnswer {
  const failure = asFailure(error);
  const status =
    failure.kind === 'auth'
      ? 401
      : failure.code === 'CDS_SERVICE_UNKNOWN'
        ? 404
        : failure.kind === 'validation'
          ? 400
          : 500;
  return { status, body: { error: failure.message } };
}
