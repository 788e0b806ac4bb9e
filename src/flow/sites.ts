/** At which sites a flow runs. */
import type { Flow } from './flow.ts';

const TAG = 'tag:';

/**
 * @example
 * runsAt({ sites: ['tag:cardiology'] }, { site: 'mercy', tags: ['cardiology'] }) // true
 */
export function runsAt(
  { sites }: Pick<Flow, 'sites'>,
  site: { readonly site: string; readonly tags?: readonly string[] },
): boolean {
  return (
    sites === 'all' ||
    sites.some((each) =>
      each.startsWith(TAG) ? (site.tags ?? []).includes(each.slice(TAG.length)) : each === site.site,
    )
  );
}

/** Names in it, and tags, each by itself. */
export function sitesNamed(sites: readonly string[]): {
  readonly names: readonly string[];
  readonly tags: readonly string[];
} {
  return {
    names: sites.filter((each) => !each.startsWith(TAG)),
    tags: sites.filter((each) => each.startsWith(TAG)).map((each) => each.slice(TAG.length)),
  };
}
