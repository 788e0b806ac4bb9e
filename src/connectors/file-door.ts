/** What a connection that reads files is given for it by the engine, on the store. */
import type { Json } from '../std/index.ts';
import type { Inbound } from './contract.ts';

/** A file, as the message that its records come from. */
export interface FileParent {
  readonly name: string;
  readonly size: number;
  /** SHA-256 of its bytes as they came, hexadecimal: a file is this, whatever its name. */
  readonly hash: string;
  readonly format: string;
}

export interface FileBatch {
  readonly file: FileParent;
  /** Each with where reading goes on behind it; opaque to everyone but the connector. */
  readonly records: readonly { readonly inbound: Omit<Inbound, 'reply'>; readonly position: Json }[];
}

export interface FileDoor {
  /** False: another node reads here. */
  mine(): Promise<boolean>;
  position(): Promise<Json>;
  /** Whether a file of this content has been taken to its end here before. */
  taken(hash: string): Promise<boolean>;
  /**
   * Records and the position behind them are one transaction. Resolves when they are on disk.
   * @throws Failure STORE_CURSOR_MOVED: another node has moved the position.
   */
  commit(
    batch: FileBatch,
  ): Promise<{ readonly accepted: number; readonly repeats: number; readonly rejected: number }>;
  /** All of the file is committed: its content is taken from now on. */
  finish(file: FileParent, position: Json): Promise<void>;
  /** Only the position. */
  move(position: Json): Promise<void>;
}
