/** What goes over the wire about maps; types only. */
import type { Gap } from '../engine/index.ts';

export type { Gap } from '../engine/index.ts';

/** GET /api/maps/gaps?site= */
export interface GapsAnswer {
  readonly now: number;
  /** The most waiting first. */
  readonly gaps: readonly Gap[];
}

/** POST /api/maps/row: nothing is written anywhere, and nothing of it is kept. */
export interface MapRowBody {
  readonly site: string;
  readonly map: string;
  /** The site's code; empty: not said yet. */
  readonly source: string;
  /** What it means; `(none)`: it carries nothing. */
  readonly target: string;
  readonly display?: string | undefined;
  readonly note?: string | undefined;
  readonly by?: string | undefined;
}
export interface MapRowAnswer {
  /** From the project's folder. */
  readonly file: string;
  /** There is no such file yet: it begins with `head`. */
  readonly isNew: boolean;
  /** The columns, as the file names them. */
  readonly head: string;
  /** In those columns. */
  readonly row: string;
  readonly command: string;
  /** What is wrong with the row as it is, and what to do. */
  readonly fault: string | null;
}

/** POST /api/maps/names: what messages that wait for a code call it. Each answer has left audit entries behind. */
export interface CodeNamesBody {
  readonly site: string;
  readonly map: string;
  readonly code: string;
}
export interface CodeNamesAnswer {
  /** The most frequent first. */
  readonly names: readonly string[];
  /** Messages that were looked at. */
  readonly looked: number;
}

/** POST /api/maps/resume: what waits for codes that are there by now goes on. */
export interface ResumeMappedBody {
  readonly site?: string | undefined;
  readonly reason: string;
}
export interface ResumeMappedAnswer {
  readonly resumed: number;
}
