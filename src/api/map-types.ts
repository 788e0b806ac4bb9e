/** What goes over the wire about maps; types only. */
import type { Gap } from '../engine/index.ts';

export type { Gap } from '../engine/index.ts';

/** GET /api/maps/gaps?site= */
export interface GapsAnswer {
  readonly now: number;
  /** The most waiting first. */
  readonly gaps: readonly Gap[];
}

/** POST /api/maps/resume: what waits for codes that are there by now goes on. */
export interface ResumeMappedAnswer {
  readonly resumed: number;
}
