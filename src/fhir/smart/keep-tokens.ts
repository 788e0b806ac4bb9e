/**
 * Keeps one token for all who ask: fetched once however many ask at the same time, on all nodes. The token lies in a slot
 * that nodes share; whoever renews it says so there first, and the others wait for what comes of it.
 */
import { asFailure, type Clock, Failure, type Json, pause, secret } from '../../std/index.ts';
import { fhirFailure } from '../failures.ts';
import type { Instance } from './register.ts';
import type { SharedSlot } from './slot.ts';
import type { Granted } from './token-request.ts';
import type { Tokens } from './tokens.ts';

/** As it lies in the slot. Times are the slot's, milliseconds since 1970. */
export interface KeptGrant {
  readonly token?: {
    readonly text: string;
    readonly refreshAt: number;
    readonly goodUntil: number;
    readonly scope?: string;
  };
  readonly refreshToken?: string;
  /** In place of a refresh token, where the client registers an instance of itself. */
  readonly instance?: Instance;
  readonly context?: Readonly<Record<string, string>>;
  /** Who consented, when, and to what: only where a person did. */
  readonly consent?: Consent;
  /** Somebody is at it. */
  readonly busy?: { readonly by: string; readonly until: number };
  /** It cannot be renewed any more: a person must consent again. */
  readonly ended?: { readonly at: number; readonly code: string };
}

export interface Consent {
  readonly at: number;
  /** The EHR's own name for the person, from the id token; `null` when it did not say. */
  readonly person: string | null;
  readonly asked: readonly string[];
}

export interface KeepOptions {
  readonly clock: Clock;
  readonly slot: SharedSlot;
  /** Asks the token endpoint; throws a Failure. */
  readonly fetch: (kept: KeptGrant, signal: AbortSignal) => Promise<Granted>;
  /** A failure that means: never again with what is kept. */
  readonly isEnd?: (failure: Failure) => boolean;
}

/** Nobody waits longer than this for one fetch; milliseconds. */
const PATIENCE = 60_000;
/** A node that fetches and says nothing for so long is gone. */
const BUSY = 45_000;
/** How often one that waits for another node looks. */
const LOOK = 150;
/** After a refresh failed while the old token is still good; milliseconds. */
const NOT_AGAIN_FOR = 10_000;
/** Of its life; after that the next one is fetched. */
const FRESH = 0.8;

export const keptOf = (value: Json): KeptGrant =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as unknown as KeptGrant) : {};

export const keptJson = (kept: KeptGrant): Json => JSON.parse(JSON.stringify(kept)) as Json;

/** What a token response adds to what was kept. @param now The slot's. */
export function withGranted(kept: KeptGrant, granted: Granted, now: number): KeptGrant {
  const { busy: _busy, ended: _ended, ...rest } = kept;
  // Not every server sends another one: then the one before goes on.
  const refreshToken = granted.refreshToken ?? kept.refreshToken;
  // What cannot be renewed is used to its end.
  const last = kept.consent !== undefined && refreshToken === undefined && kept.instance === undefined;
  return {
    ...rest,
    token: {
      text: granted.accessToken,
      refreshAt: now + granted.life * (last ? 1 : FRESH),
      goodUntil: now + granted.life,
      ...(granted.scope === undefined ? {} : { scope: granted.scope }),
    },
    ...(refreshToken === undefined ? {} : { refreshToken }),
    context: { ...kept.context, ...granted.context },
  };
}

export function keepTokens(options: KeepOptions): Tokens & { readonly forget: () => void } {
  const { clock, slot } = options;
  const me = secret(9);
  let held: { text: string; refreshAt: number; goodUntil: number; scope: string | undefined } | undefined;
  let scope: string | undefined;
  let flight: Promise<string> | undefined;
  let notBefore = 0;
  let refused: string | undefined;

  /** Times of the slot as times of ours. */
  function hold(token: NonNullable<KeptGrant['token']>, now: number): string {
    const from = clock.elapsed();
    held = {
      text: token.text,
      refreshAt: from + (token.refreshAt - now),
      goodUntil: from + (token.goodUntil - now),
      scope: token.scope,
    };
    scope = token.scope;
    return token.text;
  }

  async function renew(signal: AbortSignal): Promise<string> {
    for (;;) {
      if (signal.aborted)
        throw fhirFailure('FHIR_TIMEOUT', { message: 'Nobody answered the sign-in in time.' });
      const { value, version, now } = await slot.read();
      const kept = keptOf(value);
      // Another node was first, or this one before it was started again.
      const known = kept.token?.text === refused ? undefined : kept.token;
      // Even an old one is good while no new one is to be had.
      if (known && now < known.goodUntil) hold(known, now);
      if (known && now < known.refreshAt) return known.text;
      if (kept.busy && kept.busy.by !== me && kept.busy.until > now) {
        await pause(clock, LOOK, signal);
        continue;
      }
      const busy = { by: me, until: now + BUSY };
      if (!(await slot.swap(version, keptJson({ ...kept, busy })))) continue;
      try {
        const granted = await options.fetch(kept, signal);
        const then = (await slot.read()).now;
        const next = withGranted(kept, granted, then);
        // Not ours any more: somebody connected anew meanwhile, and theirs counts.
        if (!(await slot.swap(version + 1, keptJson(next)))) continue;
        return hold(next.token as NonNullable<KeptGrant['token']>, then);
      } catch (error) {
        const { busy: _busy, ...before } = kept;
        const failure = asFailure(error);
        const ended = options.isEnd?.(failure) ? { ended: { at: now, code: failure.code } } : {};
        await slot.swap(version + 1, keptJson({ ...before, ...ended })).catch(() => false);
        throw error;
      }
    }
  }

  async function fetchToken(): Promise<string> {
    // The fetch serves everyone who waits, so it must not end with the one who began it.
    const patience = new AbortController();
    const stop = clock.after(PATIENCE, () => patience.abort());
    try {
      return await renew(patience.signal);
    } catch (error) {
      notBefore = clock.elapsed() + NOT_AGAIN_FOR;
      // Between 80 % and the end of its life the old token is as good as a new one.
      if (held && clock.elapsed() < held.goodUntil) return held.text;
      held = undefined;
      throw patience.signal.aborted && !(error instanceof Failure && error.code === 'FHIR_TIMEOUT')
        ? fhirFailure('FHIR_TIMEOUT', { cause: error })
        : asFailure(error);
    } finally {
      stop();
      flight = undefined;
    }
  }

  return {
    async get(signal) {
      signal.throwIfAborted();
      const now = clock.elapsed();
      if (held && now < held.refreshAt) return held.text;
      if (held && now < held.goodUntil && now < notBefore) return held.text;
      flight ??= fetchToken();
      return await unlessAborted(flight, signal);
    },
    invalidate(token) {
      // Another one is held already: the refusal is old news.
      if (held !== undefined && held.text !== token) return;
      refused = token;
      held = undefined;
    },
    granted: () => scope,
    forget() {
      held = undefined;
    },
  };
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
