/** What the readers and the writer of one open file share. Built again when the file is opened again. */
import type { DatabaseSync } from 'node:sqlite';
import type { Vault } from '../../vault/index.ts';
import type { Dictionary } from './dictionary.ts';
import type { Filing } from './filing.ts';
import type { Aliases } from './lanes.ts';
import type { Numbers } from './numbers.ts';
import type { StandingDeliveries } from './standing.ts';
import type { Tallies } from './tallies.ts';

export interface View {
  readonly database: DatabaseSync;
  readonly vault: Vault;
  readonly dictionary: Dictionary;
}

export interface Desk extends View {
  readonly aliases: Aliases;
  readonly filing: Filing;
  readonly standing: StandingDeliveries;
  readonly numbers: Numbers;
  readonly tallies: Tallies;
}

/** Plain JSON under seal. */
export function sealJson(vault: Vault, purpose: string, id: string | number, value: unknown): Uint8Array {
  return vault.seal(purpose, id, Buffer.from(JSON.stringify(value ?? null)));
}

export function openJson(vault: Vault, purpose: string, id: string | number, sealed: Uint8Array): unknown {
  return JSON.parse(Buffer.from(vault.open(purpose, id, sealed)).toString());
}
