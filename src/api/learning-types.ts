/** What goes over the wire about learning; types only. */
import type { CursorView } from '../engine/index.ts';

/** GET /api/cursors?site= */
export interface CursorsAnswer {
  readonly now: number;
  readonly cursors: readonly CursorView[];
}

/** POST /api/sites/:site/rewind */
export interface RewindAnswer {
  readonly cursor: CursorView;
}
