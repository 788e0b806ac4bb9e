/** What a site's retention means today, for a person. */
import { type Flow, runsAt } from '../flow/index.ts';
import { type Retention, retentionOf, type SiteRecord } from '../site/index.ts';

const DAY = 86_400_000;

const beforeDay =
  (now: number) =>
  (days: number): string =>
    `${new Date(now - days * DAY).toISOString().slice(0, 10)} (${days} days)`;

/** One line for each flow of the site that says how long its messages are kept. */
function flowLines(site: SiteRecord, flows: readonly Flow[], now: number): string[] {
  const before = beforeDay(now);
  return flows.flatMap((flow) => {
    const { name, retention } = flow;
    if (retention === undefined || !runsAt(flow, site)) return [];
    const { days, dead } = retention;
    const feeds = 'as its feed says';
    const forDead =
      dead !== undefined
        ? before(dead)
        : days === undefined
          ? feeds
          : `that day or its feed’s, whichever is earlier`;
    return [
      `${site.site} / flow ${name}: removed is what was received before: ` +
        `delivered or filtered ${days === undefined ? feeds : before(days)}, dead ${forDead}; ` +
        'a message of several flows stays as long as the longest of them says',
    ];
  });
}

/**
 * One line for all connections that keep alike: which, and before which day what is gone at the next round; then one for each
 * flow that says otherwise.
 */
export function retentionLines(site: SiteRecord, flows: readonly Flow[], now: number): string[] {
  const alike = new Map<string, { readonly kept: Retention; readonly names: string[] }>();
  for (const name of Object.keys(site.connections)) {
    const kept = retentionOf(site, name);
    const key = JSON.stringify(kept);
    const group = alike.get(key) ?? { kept, names: [] };
    group.names.push(name);
    alike.set(key, group);
  }
  const before = beforeDay(now);
  const feeds = [...alike.values()].map(
    ({ kept, names }) =>
      `${site.site} / ${names.join(', ')}: removed is what was received before: delivered or filtered ${before(kept.delivered)}, ` +
      `dead ${before(kept.dead)}, refused ${before(kept.rejected)}, wanted by no flow ${before(kept.unrouted)}; ` +
      'what is queued or held stays',
  );
  return [...feeds, ...flowLines(site, flows, now)];
}
