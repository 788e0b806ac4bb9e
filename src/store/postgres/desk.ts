/** What the parts of one open store share. */
import type { Clock, Failure } from '../../std/index.ts';
import type { Dictionary } from './dictionary.ts';
import type { Keys } from './keys.ts';
import type { NodeLease } from './node.ts';
import type { Ask, Session } from './session.ts';

export interface Desk {
  readonly clock: Clock;
  readonly dictionary: Dictionary;
  readonly keys: Keys;
  readonly node: NodeLease;
  /** A session of its own for each hand that writes, so that none waits for another. */
  readonly writers: {
    readonly append: readonly Session[];
    readonly settle: readonly Session[];
    readonly lease: Session;
    readonly other: Session;
  };
  /** One of the sessions that read. */
  readonly read: Ask;
  readonly fault: (failure: Failure | null) => void;
}

/** Each writing session has tallies of its own to add to; this is which, of the node's eight. */
export const SLOTS_OF_NODE = 8;
export const SLOT = { settle: 4, lease: 6, other: 7 } as const;

/** Plain JSON under seal. */
export function sealJson(keys: Keys, purpose: string, id: string | number, value: unknown): Buffer {
  return Buffer.from(keys.vault.seal(purpose, id, Buffer.from(JSON.stringify(value ?? null))));
}

export function openJson(keys: Keys, purpose: string, id: string | number, sealed: Uint8Array): unknown {
  return JSON.parse(Buffer.from(keys.vault.open(purpose, id, sealed)).toString());
}

/** PostgreSQL keeps no NUL in text: a sign that marks it takes its place. The bytes themselves are kept under seal. */
export function storable(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text;
}

/** Many sealed values as one: each is told by where it begins and how long it is. */
export class Bundle {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  put(bytes: Uint8Array): { readonly off: number; readonly len: number } {
    const off = this.#length;
    this.#parts.push(bytes);
    this.#length += bytes.length;
    return { off, len: bytes.length };
  }

  close(): Buffer {
    return Buffer.concat(this.#parts, this.#length);
  }
}
