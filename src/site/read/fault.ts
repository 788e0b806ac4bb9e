/** What a check of a project's files tells. */

/** A fault in a file that a person wrote. */
export interface Fault {
  readonly file: string;
  /** 1-based; 0 when the file as a whole is meant. */
  readonly line: number;
  readonly reason: string;
  readonly fix: string;
}
