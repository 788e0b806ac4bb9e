import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { JSONWebKeySet } from 'jose';
import type { Behaviour } from '../profile/index.ts';

const fetchMs = 5_000;
const largestKeySet = 262_144;

interface Cached {
  readonly keys: JSONWebKeySet;
  readonly until: number;
}

/** The public keys of clients, fetched from their JWKS URLs. */
export class KeySets {
  readonly #cache = new Map<string, Cached>();
  readonly #pending = new Map<string, Promise<JSONWebKeySet>>();
  readonly #behaviour: Pick<Behaviour, 'jwksCacheMinutes'>;
  readonly #now: () => number;
  readonly #signal: AbortSignal;

  constructor(behaviour: Pick<Behaviour, 'jwksCacheMinutes'>, now: () => number, signal: AbortSignal) {
    this.#behaviour = behaviour;
    this.#now = now;
    this.#signal = signal;
  }

  /** Forgets every key set, as when the cache is emptied by hand; tells how many. */
  forget(): number {
    const { size } = this.#cache;
    this.#cache.clear();
    return size;
  }

  /** The cached keys when they are still good. */
  cached(url: string): JSONWebKeySet | undefined {
    const found = this.#cache.get(url);
    return found && found.until > this.#now() ? found.keys : undefined;
  }

  /** Fetches the keys anew; calls at the same time share one request. Rejects when they cannot be had. */
  fetch(url: string): Promise<JSONWebKeySet> {
    const pending = this.#pending.get(url) ?? this.#fetch(url).finally(() => this.#pending.delete(url));
    this.#pending.set(url, pending);
    return pending;
  }

  async #fetch(url: string): Promise<JSONWebKeySet> {
    const { body, cacheControl } = await get(url, this.#signal);
    const keys = JSON.parse(body) as JSONWebKeySet;
    if (!Array.isArray(keys?.keys)) throw new Error('not a JWK Set');
    const lifetime = cacheLifetime(cacheControl, this.#behaviour.jwksCacheMinutes * 60_000);
    if (lifetime > 0) this.#cache.set(url, { keys, until: this.#now() + lifetime });
    else this.#cache.delete(url);
    return keys;
  }
}

/** How long a key set may be kept, milliseconds, from its Cache-Control header: never longer than `longestMs`. */
export function cacheLifetime(header: string | undefined, longestMs: number): number {
  if (!header) return longestMs;
  if (/\bno-(store|cache)\b/i.test(header)) return 0;
  const age = /\bmax-age\s*=\s*"?(\d+)/i.exec(header)?.[1];
  return age === undefined ? longestMs : Math.min(longestMs, Number(age) * 1000);
}

/** A plain GET on a connection of its own, so that nothing stays open afterwards. */
function get(url: string, stopped: AbortSignal): Promise<{ body: string; cacheControl: string | undefined }> {
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(fetchMs)]);
  return new Promise((resolve, reject) => {
    const send = new URL(url).protocol === 'https:' ? httpsRequest : httpRequest;
    const outgoing = send(
      url,
      { agent: false, signal, headers: { accept: 'application/json' } },
      (incoming) => {
        if (incoming.statusCode !== 200) {
          incoming.destroy();
          reject(new Error(`the JWK Set URL answered ${incoming.statusCode}`));
          return;
        }
        const chunks: Buffer[] = [];
        let size = 0;
        incoming.on('data', (chunk: Buffer) => {
          size += chunk.length;
          chunks.push(chunk);
          if (size > largestKeySet) incoming.destroy(new Error('the JWK Set is too large'));
        });
        incoming.on('error', reject);
        incoming.on('end', () =>
          resolve({
            body: Buffer.concat(chunks).toString('utf8'),
            cacheControl: incoming.headers['cache-control'],
          }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end();
  });
}
