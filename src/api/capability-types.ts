/** What goes over the wire about sites: what they can do, and the calls that were answered in the request. */
import type { DriftState, ShapeState, SiteCapabilities } from '../engine/index.ts';
import type { Observed } from '../site/index.ts';
import type { Exchange } from '../store/index.ts';

/** GET /api/sites */
export interface SitesAnswer {
  readonly sites: readonly {
    readonly site: string;
    readonly name: string;
    readonly connections: readonly string[];
  }[];
}

/** GET /api/sites/:site/capabilities?connection= */
export interface CapabilitiesAnswer extends SiteCapabilities {
  /** How HL7 messages of its connections differ from what is known of them. */
  readonly feeds: readonly ShapeState[];
  readonly now: number;
}

/** GET /api/sites/:site/drift: servers and feeds against what was written down. */
export interface DriftAnswer {
  readonly servers: readonly DriftState[];
  readonly feeds: readonly ShapeState[];
  readonly now: number;
}

/** POST /api/sites/:site/:connection/probe: what the server said; kept nowhere. */
export interface ProbeAnswer {
  readonly observed: Observed;
}

/** GET /api/exchanges?site=&service=&kind=&before=&limit= */
export interface ExchangesAnswer {
  readonly rows: readonly Exchange[];
  readonly before: string | null;
}
