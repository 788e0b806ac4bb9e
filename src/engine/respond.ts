/**
 * Answers a CDS Hooks call: the one thing that is done before it is kept. The flow runs in the request, without lane or
 * retry, against its deadline; the caller waits for whatever comes of it, so what fails or is late is an answer without
 * cards and a finding for us. What was asked and answered is kept afterwards, without the caller's token.
 */
import { type ConnectionContext, cdsFailure, claimedIssuer } from '../connectors/index.ts';
import { type PreparedFlow, runsAt } from '../flow/index.ts';
import type { SiteRecord } from '../site/index.ts';
import { asFailure, type Clock, type Failure, type Json } from '../std/index.ts';
import type { Exchange, Store } from '../store/index.ts';
import type { Gate } from './gate.ts';
import type { Necessary } from './necessary.ts';
import { askedOf, type CdsAnswer, type CdsRequest, refusalOf, withoutToken } from './respond-request.ts';
import { runFlow, type Said, type Serving } from './respond-run.ts';
import type { RunScript } from './scripts.ts';
import type { Open } from './view.ts';

/** What a CDS client reads about a service. */
export interface CdsService {
  readonly hook: string;
  readonly id: string;
  readonly title?: string;
  readonly description: string;
  readonly prefetch?: Readonly<Record<string, string>>;
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
  readonly see: Necessary['see'];
  readonly script: RunScript;
  readonly log: ConnectionContext['log'];
  readonly signal: AbortSignal;
}

const NO_CARDS: CdsAnswer = { status: 200, body: { cards: [] } };
/** Entries of one feedback; more is a mistake or an attack. */
const MOST_FEEDBACK = 500;

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
    // A token that names nobody must not fit a connection that expects nobody.
    const callers = options
      .open()
      .flatMap((one) =>
        one.connection.cds !== undefined && one.connection.cds.issuer === issuer
          ? [{ one, caller: one.connection.cds }]
          : [],
      );
    let refused: unknown = cdsFailure('CDS_CALLER', {
      message:
        token === undefined
          ? 'A call of a CDS service was refused: it carries no token.'
          : 'A call of a CDS service was refused: no connection of connector cds has its issuer (iss).',
    });
    for (const { one, caller } of callers) {
      try {
        await caller.prove(token, options.signal);
      } catch (error) {
        refused = error;
        continue;
      }
      const serving = all().find(({ trigger, prepared: { flow } }) => {
        const here = runsAt(flow, one.site);
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
    const working = runFlow(options, one, serving, asked, AbortSignal.any([stop.signal, options.signal]));
    // It may fail after the answer went out; that is told as late.
    working.catch(() => undefined);
    let outcome: Exchange['outcome'] = 'answered';
    let failure: Failure | null = null;
    let said: Said = { cards: [], findings: [] };
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
