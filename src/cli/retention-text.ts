/** What a site's retention means today, for a person. */
import { type Retention, retentionOf, type SiteRecord } from '../site/index.ts';

const DAY = 86_400_000;

/** One line for all connections that keep alike: which, and before which day what is gone at the next round. */
export function retentionLines(site: SiteRecord, now: number): string[] {
  const alike = new Map<string, { readonly kept: Retention; readonly names: string[] }>();
  for (const name of Object.keys(site.connections)) {
    const kept = retentionOf(site, name);
    const key = JSON.stringify(kept);
    const group = alike.get(key) ?? { kept, names: [] };
    group.names.push(name);
    alike.set(key, group);
  }
  const before = (days: number): string =>
    `${new Date(now - days * DAY).toISOString().slice(0, 10)} (${days} days)`;
  return [...alike.values()].map(
    ({ kept, names }) =>
      `${site.site} / ${names.join(', ')}: removed is what was received before: delivered or filtered ${before(kept.delivered)}, ` +
      `dead ${before(kept.dead)}, refused ${before(kept.rejected)}, wanted by no flow ${before(kept.unrouted)}; ` +
      'what is queued or held stays',
  );
}
