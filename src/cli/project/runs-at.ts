import type { Flow } from '../../flow/index.ts';
import type { LoadedSite } from '../../site/index.ts';

/** Whether a flow runs at a site of the project. */
export const runsAt = (flow: Flow, { record }: LoadedSite): boolean =>
  flow.sites === 'all' || flow.sites.includes(record.site);
