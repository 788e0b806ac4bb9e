/** Value set maps that a site's record names: each is a file of the site, or one that all share. */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Fault, LoadedSite } from '../../site/index.ts';
import { nearest } from '../../std/index.ts';

/** @param shared The project's own folder of maps. */
export function valueSetFaults(site: LoadedSite, shared: string): Fault[] {
  const wanted = Object.keys(site.record.valueSets ?? {});
  if (wanted.length === 0) return [];
  const own = join(dirname(site.file), 'maps');
  const there = [...csvNames(own), ...csvNames(shared)];
  return wanted.flatMap((name): Fault[] => {
    if (there.includes(name)) return [];
    const near = nearest(name, there);
    return [
      {
        ...site.placeOf(['valueSets', name]),
        reason: `the record works with the value set map "${name}", and there is no ${join(own, `${name}.csv`)} and no ${join(shared, `${name}.csv`)}`,
        fix: near === undefined ? 'make one of the two files' : `did you mean "${near}"?`,
      },
    ];
  });
}

function csvNames(folder: string): string[] {
  try {
    return readdirSync(folder).flatMap((name) => (name.endsWith('.csv') ? [name.slice(0, -4)] : []));
  } catch {
    return [];
  }
}
