/**
 * Sign-ins in the browser, from the link to the tokens. What must come back unchanged lies sealed in a slot, so the browser
 * may come back to another node; it is tied to the browser it began in, and taken away before it is used.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { ConsentFacts, SignIn } from '../../connectors/index.ts';
import { asFailure, type Clock, type Json, secret } from '../../std/index.ts';
import type { AuditEntry, Store } from '../../store/index.ts';
import { signInFailure } from './failures.ts';

export interface Offered {
  readonly site: string;
  readonly connection: string;
  readonly signIn: SignIn;
}

/** A connection that works with a person's consent, for people. */
export interface SignInView {
  readonly site: string;
  readonly connection: string;
  readonly begins: SignIn['begins'];
  readonly host: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly consent: ConsentFacts | null;
}

/** Where the browser goes now, and what it must bring back with it: a cookie's value, a secret. */
export interface Begun {
  readonly url: string;
  readonly binding: string;
}

export interface SignedIn {
  readonly site: string;
  readonly connection: string;
  readonly consent: ConsentFacts;
}

export interface SignInControl {
  list(): Promise<readonly SignInView[]>;
  /** A secret that lets one person connect without an account here, within a day. Audited. */
  invite(request: { readonly site: string; readonly connection: string; readonly who: string }): Promise<{
    readonly invitation: string;
    readonly until: number;
  }>;
  /** What an invitation is for; asked before the person goes anywhere. */
  invited(invitation: string): Promise<SignInView>;
  begin(
    request: { readonly redirectUri: string } & (
      | { readonly site: string; readonly connection: string; readonly who: string }
      | { readonly invitation: string }
    ),
  ): Promise<Begun>;
  /** The EHR opened our launch address in its user's browser. */
  beginLaunch(request: {
    readonly iss: string;
    readonly launch: string;
    readonly redirectUri: string;
  }): Promise<Begun>;
  /** The browser is back. `binding`: the cookie that it brought. */
  finish(request: {
    readonly state: string;
    readonly code: string | null;
    /** What the EHR gave in place of a code: `access_denied`. */
    readonly error: string | null;
    /** Which server answers, where it says so (RFC 9207). */
    readonly iss: string | null;
    readonly binding: string | null;
  }): Promise<SignedIn>;
  /** Forgets the consent. Audited. */
  disconnect(request: {
    readonly site: string;
    readonly connection: string;
    readonly who: string;
    readonly reason: string;
  }): Promise<void>;
}

export interface SignInDeskOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly offered: () => readonly Offered[];
  /** What waited for the consent may go on. */
  readonly connected: (place: {
    readonly site: string;
    readonly connection: string;
    readonly who: string;
  }) => void;
  readonly signal: AbortSignal;
}

/** Milliseconds. */
const PENDING_FOR = 10 * 60_000;
const INVITED_FOR = 24 * 3_600_000;
/** For the EHR's answers on the way. */
const PATIENCE = 60_000;

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');
const pendingSlot = (state: string): string => `sign-in ${digest(state)}`;
const invitationSlot = (invitation: string): string => `invitation ${digest(invitation)}`;
const bare = (address: string): string => address.replace(/\/+$/, '');

interface Pending {
  readonly site: string;
  readonly connection: string;
  readonly who: string;
  readonly binding: string;
  readonly redirectUri: string;
  readonly asked: Json;
  readonly invitation?: string;
}

export function createSignInDesk(options: SignInDeskOptions): SignInControl {
  const { store, clock } = options;
  const patient = (): AbortSignal => AbortSignal.any([options.signal, AbortSignal.timeout(PATIENCE)]);

  function found(site: string, connection: string): Offered {
    const one = options.offered().find((each) => each.site === site && each.connection === connection);
    if (one === undefined) throw signInFailure('SIGN_IN_NOT_OFFERED', { at: { site, connection } });
    return one;
  }

  const audit = (
    who: string,
    act: string,
    one: Offered,
    facts?: NonNullable<AuditEntry['facts']>,
  ): Promise<void> =>
    store.audit([
      { at: clock.now(), who, act, on: `${one.site}/${one.connection}`, ...(facts ? { facts } : {}) },
    ]);

  async function viewOf(one: Offered): Promise<SignInView> {
    const { begins, about } = one.signIn;
    return {
      site: one.site,
      connection: one.connection,
      begins,
      ...about,
      consent: await one.signIn.facts(),
    };
  }

  async function readInvitation(invitation: string): Promise<{ one: Offered; version: number; who: string }> {
    const { value, version } = await store.slot(invitationSlot(invitation));
    if (value === null) throw signInFailure('SIGN_IN_INVITATION');
    const { site, connection, who } = value as { site: string; connection: string; who: string };
    return { one: found(site, connection), version, who };
  }

  async function start(
    one: Offered,
    more: { who: string; redirectUri: string; launch?: string; invitation?: string },
  ): Promise<Begun> {
    const { who, redirectUri, launch, invitation } = more;
    const state = secret(24);
    const binding = secret(24);
    const { url, asked } = await one.signIn.start({
      redirectUri,
      state,
      ...(launch === undefined ? {} : { launch }),
      signal: patient(),
    });
    const pending: Pending = {
      site: one.site,
      connection: one.connection,
      who,
      binding: digest(binding),
      redirectUri,
      asked: asked as unknown as Json,
      ...(invitation === undefined ? {} : { invitation }),
    };
    const name = pendingSlot(state);
    const { now, version } = await store.slot(name);
    await store.swapSlot({
      name,
      expect: version,
      value: pending as unknown as Json,
      until: now + PENDING_FOR,
    });
    return { url, binding };
  }

  return {
    list: () => Promise.all(options.offered().map(viewOf)),

    async invite({ site, connection, who }) {
      const one = found(site, connection);
      if (!one.signIn.begins.includes('standalone'))
        throw signInFailure('SIGN_IN_NOT_OFFERED', { at: { site, connection } });
      const invitation = secret(24);
      const name = invitationSlot(invitation);
      const { now, version } = await store.slot(name);
      const until = now + INVITED_FOR;
      await audit(who, 'sign-in.invite', one);
      await store.swapSlot({ name, expect: version, value: { site, connection, who }, until });
      return { invitation, until };
    },

    async invited(invitation) {
      return viewOf((await readInvitation(invitation)).one);
    },

    async begin(request) {
      const { redirectUri } = request;
      if ('invitation' in request) {
        const { invitation } = request;
        const { one, who } = await readInvitation(invitation);
        return start(one, { who: `invited by ${who}`, redirectUri, invitation });
      }
      const one = found(request.site, request.connection);
      if (!one.signIn.begins.includes('standalone')) {
        throw signInFailure('SIGN_IN_NOT_OFFERED', { at: { site: one.site, connection: one.connection } });
      }
      return start(one, { who: request.who, redirectUri });
    },

    async beginLaunch({ iss, launch, redirectUri }) {
      // Before anything is asked of it: whoever may name a server for us to ask can make us ask anything of anyone.
      const one = options
        .offered()
        .find(
          ({ signIn }) =>
            signIn.begins.includes('ehr') && signIn.issuers.some((known) => bare(known) === bare(iss)),
        );
      if (one === undefined) throw signInFailure('SIGN_IN_ISSUER');
      return start(one, { who: 'launched by the EHR', redirectUri, launch });
    },

    async finish({ state, code, error, iss, binding }) {
      const name = pendingSlot(state);
      const { value, version } = await store.slot(name);
      if (value === null) throw signInFailure('SIGN_IN_STATE');
      const pending = value as unknown as Pending;
      const brought = Buffer.from(digest(binding ?? ''));
      // Whoever only has the address, by whatever way, has not begun it; whoever has may still finish it.
      if (!timingSafeEqual(brought, Buffer.from(pending.binding))) throw signInFailure('SIGN_IN_BROWSER');
      // Taken away before it is used: the same answer twice is refused, whichever node it comes to.
      if (!(await store.swapSlot({ name, expect: version, value: null })))
        throw signInFailure('SIGN_IN_STATE');
      const one = found(pending.site, pending.connection);
      try {
        if (iss !== null && !one.signIn.issuers.some((known) => bare(known) === bare(iss))) {
          throw signInFailure('SIGN_IN_ISSUER');
        }
        if (code === null || code === '') throw declined(error);
        if (pending.invitation !== undefined) await spend(pending.invitation);
        const { redirectUri, asked } = pending;
        const given = { redirectUri, code, asked: asked as never, signal: patient() };
        const consent = await one.signIn.finish(given);
        await audit(pending.who, 'sign-in.connect', one, {
          person: consent.person,
          asked: consent.asked,
          granted: consent.granted,
        });
        options.connected({ site: one.site, connection: one.connection, who: pending.who });
        return { site: one.site, connection: one.connection, consent };
      } catch (reason) {
        const failure = asFailure(reason, { site: one.site, connection: one.connection });
        await audit(pending.who, 'sign-in.refused', one, { code: failure.code });
        throw failure;
      }
    },

    async disconnect({ site, connection, who, reason }) {
      const one = found(site, connection);
      await audit(who, 'sign-in.disconnect', one, { reason });
      await one.signIn.disconnect();
    },
  };

  /** Of two who come with one invitation, the first connects. */
  async function spend(invitation: string): Promise<void> {
    const { version } = await readInvitation(invitation);
    const name = invitationSlot(invitation);
    if (!(await store.swapSlot({ name, expect: version, value: null })))
      throw signInFailure('SIGN_IN_INVITATION');
  }
}

/** An error's name is a short word of the standard; what else comes in the address may be anyone's text. */
function declined(error: string | null) {
  const word = /^[a-z_]{1,40}$/.test(error ?? '') ? error : null;
  return signInFailure('SIGN_IN_DECLINED', {
    message: word === null ? 'The EHR sent no code.' : `The EHR gave no consent (${word}).`,
  });
}
