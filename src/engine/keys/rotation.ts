/**
 * The exchange of a signing key, as data and time: a new key is published first, signs once every cache must know it, and
 * the one before stays published until the last thing it signed is over. Nothing has to happen at those moments: which key
 * signs and which are shown follows from the clock.
 */
import type { SigningKeyPair } from '../../fhir/index.ts';

export interface KeptKey extends SigningKeyPair {
  /** Milliseconds since 1970, all three. */
  readonly madeAt: number;
  readonly signsFrom: number;
  /** Not shown from then on; `null`: no end is set. */
  readonly retiresAt: number | null;
}

export interface KeptKeys {
  readonly keys: readonly KeptKey[];
}

/** `waiting`: published, and known to few yet. `resting`: signs no more, and is still believed. */
export type KeyState = 'waiting' | 'signing' | 'resting' | 'retired';

/** Epic keeps a key set for up to 29 hours; SMART advises to wait no less than a day. */
export const USUAL_WAIT = 30 * 3_600_000;
/** How long the old one stays published after it signed last. */
export const USUAL_REST = 24 * 3_600_000;

const shown = (key: KeptKey, now: number): boolean => key.retiresAt === null || now < key.retiresAt;

/** The one to sign with: the newest whose time has come. */
export function signerOf({ keys }: KeptKeys, now: number): KeptKey | undefined {
  const able = keys.filter((key) => key.signsFrom <= now && shown(key, now));
  return able.sort((a, b) => b.signsFrom - a.signsFrom)[0];
}

/** Those that the key set shows. */
export const publishedOf = ({ keys }: KeptKeys, now: number): readonly KeptKey[] =>
  keys.filter((key) => shown(key, now));

export function stateOf(set: KeptKeys, key: KeptKey, now: number): KeyState {
  if (!shown(key, now)) return 'retired';
  if (now < key.signsFrom) return 'waiting';
  return signerOf(set, now)?.kid === key.kid ? 'signing' : 'resting';
}

/** A key is on its way already. */
export const isRotating = (set: KeptKeys, now: number): boolean =>
  set.keys.some((key) => now < key.signsFrom);

/**
 * With another key. `wait`: milliseconds until it signs; 0 with `rest` 0 when the old one is known to others: then
 * sign-ins fail until the EHR has fetched the set again, and nobody else can sign in with the old one.
 */
export function rotated(
  set: KeptKeys,
  made: SigningKeyPair,
  now: number,
  { wait, rest }: { readonly wait: number; readonly rest: number },
): KeptKeys {
  const signsFrom = now + wait;
  const before = set.keys
    // What nobody is shown any more is not kept either.
    .filter((key) => shown(key, now))
    .map((key) => ({
      ...key,
      retiresAt: Math.min(key.retiresAt ?? Number.MAX_SAFE_INTEGER, signsFrom + rest),
    }));
  return { keys: [...before, { ...made, madeAt: now, signsFrom, retiresAt: null }] };
}
