/** What goes between the sandbox and its thread: texts and numbers only. */

export interface SandboxLimits {
  /** Milliseconds that a script may take. */
  readonly deadline: number;
  /** Bytes of memory of the script’s own. */
  readonly memory: number;
  /** Bytes of stack. */
  readonly stack: number;
  /** Characters of JSON that go in. */
  readonly input: number;
  /** Characters of JSON that come out. */
  readonly result: number;
  /** Characters of source text. */
  readonly source: number;
}

export interface Task {
  /** For messages: `code/clean-name.js`. */
  readonly file: string;
  readonly source: string;
  /** JSON. */
  readonly input: string;
  /** The time that the script sees as now, milliseconds since 1970, and the offset of its zone from UTC in minutes. */
  readonly at: number;
  readonly offset: number;
  readonly limits: SandboxLimits;
}

export type Fault = 'invalid' | 'threw' | 'late' | 'memory' | 'large' | 'no result' | 'broken';

export type Answer =
  | { readonly result: string }
  /** `line` of the script; `said`: what it threw, for the sealed detail. */
  | { readonly fault: Fault; readonly line: number | null; readonly said: string };
