/** What the sites that a deployment touches want, and what is not in its way. */
import { siteFindings } from '../site/index.ts';
import type { Deployable } from './types.ts';

/** @param now Milliseconds. */
export function missingAt(_project: Deployable, sites: Deployable['sites'], now: number): readonly string[] {
  return sites.flatMap((site) =>
    siteFindings(site, now).map(
      ({ site: name, reason, fix, person }) =>
        `${name}: ${reason}; ${fix}${person === undefined ? '' : ` (${person})`}`,
    ),
  );
}
