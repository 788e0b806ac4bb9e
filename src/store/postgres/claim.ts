/** Work that one node does for a while; judged by the database's clock alone. */
import { secret } from '../../std/index.ts';
import type { Ask } from './session.ts';

const CLAIM = `
INSERT INTO claim (name, owner, until) VALUES ($1, $2, now() + $3 * interval '1 millisecond')
ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
WHERE claim.owner = excluded.owner OR claim.until <= now()
RETURNING 1 AS mine`;

/** An opening of the store claims under a name of its own: a process that is started again is another one. */
export function claimer(ask: Ask) {
  const owner = secret(12);
  return async (name: string, ms: number): Promise<boolean> =>
    (await ask<{ mine: number }>(CLAIM, [name, owner, ms])).length > 0;
}
