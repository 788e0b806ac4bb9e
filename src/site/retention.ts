/** How long a feed's messages are kept, and for how long their repeats are recognised. */
import { milliseconds } from '../std/index.ts';
import type { SiteRecord } from './record.ts';

/** Days, by how a message ended. What is not finished is never removed. */
export interface Retention {
  readonly delivered: number;
  readonly filtered: number;
  readonly dead: number;
  readonly rejected: number;
  readonly unrouted: number;
}

/** When neither the site nor the connection says: a month, and three for what nobody has looked after yet. */
const KEPT = 30;
const KEPT_FOR_A_PERSON = 90;

/**
 * The connection's own word, then the site's, then 30 days; dead letters and refused messages 90, and never less than
 * what was delivered.
 */
export function retentionOf(site: SiteRecord, connection: string): Retention {
  const said = { ...site.retention, ...site.connections[connection]?.retention };
  const days = said.days ?? KEPT;
  const forAPerson = Math.max(days, KEPT_FOR_A_PERSON);
  return {
    delivered: days,
    filtered: days,
    dead: said.dead ?? forAPerson,
    rejected: said.rejected ?? forAPerson,
    unrouted: said.unrouted ?? days,
  };
}

/** What a flow says of its own messages, over what holds where they were received. */
export function retentionOfFlow(
  kept: Retention,
  said: { readonly days?: number; readonly dead?: number },
): Retention {
  const { days = 0, dead = kept.dead } = said;
  return {
    ...kept,
    ...(days === 0 ? {} : { delivered: days, filtered: days }),
    dead: Math.max(dead, days),
  };
}

const WINDOW = 14 * 86_400_000;

/** How repeats of a connection's messages are recognised; `window` in milliseconds. */
export function repeatsOf(
  site: SiteRecord,
  connection: string,
): { readonly window: number; readonly ignoreTime: boolean } {
  const said = site.connections[connection]?.repeats;
  return {
    window: (said && milliseconds(said.window)) ?? WINDOW,
    ignoreTime: said?.ignoreTime ?? false,
  };
}

/** What of a connection's record its connector reads. */
export function connectorRecord(record: SiteRecord['connections'][string]): { readonly connector: string } {
  const { retention: _retention, repeats: _repeats, ...rest } = record;
  return rest as { readonly connector: string };
}
