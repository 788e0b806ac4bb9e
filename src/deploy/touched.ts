/** Which sites a change touches, and for which of them a second person must speak. Pure. */
import { type Flow, runsAt } from '../flow/index.ts';
import type { Change } from './changes.ts';
import type { Deployable } from './types.ts';

/**
 * Sites of a project whose record changes, and those at which a flow or a map changes.
 * @param flows Of both projects: a flow that is removed touches the sites at which it ran.
 */
export function sitesTouched<Project extends Deployable>(
  project: Project,
  changes: readonly Change[],
  flows: readonly Flow[],
): Project['sites'] {
  const shared = changes.some(
    ({ of, name }) => (of === 'map' && !/^[^/]+\/[^/]+\/maps\//.test(name)) || of === 'file',
  );
  return project.sites.filter(
    ({ record }) =>
      shared ||
      changes.some(
        ({ of, name }) =>
          (of === 'site' && name === record.site) ||
          (of === 'map' && name.split('/').at(-3) === record.site) ||
          (of === 'flow' && flows.some((flow) => flow.name === name && runsAt(flow, record))),
      ),
  );
}

/** Either asks: a project that no longer does is itself a change that somebody else must see. */
export const asksSecond = (before: Deployable | null, next: Deployable): boolean =>
  [before, next].some((one) => one?.config.deploy?.secondApproval === true);

/** Sites that are in production before or after it, and that it touches; a removed one, too. */
export function productionTouched(
  before: Deployable | null,
  next: Deployable,
  changes: readonly Change[],
): readonly string[] {
  if (!asksSecond(before, next)) return [];
  const flows = [...(before?.flows ?? []), ...next.flows];
  const touched = [next, before].flatMap((one) => (one === null ? [] : sitesTouched(one, changes, flows)));
  const names = touched
    .filter(({ record }) => record.environment === 'production')
    .map(({ record }) => record.site);
  return [...new Set(names)].sort();
}
