/** Value set maps that a site's record names: each is a file of the site, or one that all share. */
import { dirname, join } from 'node:path';
import type { Fault, LoadedSite } from '../../site/index.ts';
import { nearest } from '../../std/index.ts';
import type { ProjectMaps } from './maps.ts';

export function valueSetFaults(site: LoadedSite, maps: Pick<ProjectMaps, 'folder' | 'valueSets'>): Fault[] {
  const wanted = Object.keys(site.record.valueSets ?? {});
  if (wanted.length === 0) return [];
  const own = join(dirname(site.file), 'maps');
  const there = maps.valueSets(site.record.site).names;
  return wanted.flatMap((name): Fault[] => {
    if (there.includes(name)) return [];
    const near = nearest(name, there);
    return [
      {
        ...site.placeOf(['valueSets', name]),
        reason: `the record works with the value set map "${name}", and there is no ${join(own, `${name}.csv`)} and no ${join(maps.folder, `${name}.csv`)}`,
        fix: near === undefined ? 'make one of the two files' : `did you mean "${near}"?`,
      },
    ];
  });
}
