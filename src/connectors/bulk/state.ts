/** How far an export has come: plain JSON, kept where a crash does not reach it. */

export interface BulkFile {
  readonly url: string;
  readonly type: string;
  /** Resources in it, as the server says. */
  readonly count: number | null;
}

export type BulkState =
  /** None is under way. Not before `nextAt` may one begin. */
  | { readonly phase: 'idle'; readonly nextAt: number; readonly last: number | null }
  /** Written before the kick-off: after a crash here nobody knows whether the server began one. */
  | { readonly phase: 'kicking'; readonly at: number; readonly nextAt: number }
  | {
      readonly phase: 'waiting';
      readonly at: number;
      readonly statusUrl: string;
      /** Not asked again before. */
      readonly askAt: number;
      readonly asked: number;
    }
  | {
      readonly phase: 'files';
      readonly at: number;
      readonly statusUrl: string;
      readonly files: readonly BulkFile[];
      readonly errors: readonly BulkFile[];
      readonly requiresToken: boolean;
      /** When the server's data is of, as it says. */
      readonly transactionTime: string | null;
    };

/** Where a reader of an export is: behind line `line` of file `file` of the export that began at `at`. */
export interface BulkPosition {
  readonly at: number;
  readonly file: number;
  /** Lines that were taken. */
  readonly line: number;
}

/** Where the state is kept. */
export interface BulkMemory {
  read(): Promise<BulkState | null>;
  write(state: BulkState): Promise<void>;
}

export const IDLE: BulkState = { phase: 'idle', nextAt: 0, last: null };
