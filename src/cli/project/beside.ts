/** Files that stand beside a site's record: lists that it names. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import type { CodeFile } from '../../engine/index.ts';
import type { LoadedSite } from '../../site/index.ts';
import { Failure } from '../../std/index.ts';
import type { Project } from './index.ts';

/** A file beside a site's record, by its name alone: nothing above that folder. */
export async function besideRecord(
  project: { readonly sites: readonly LoadedSite[] },
  site: string,
  name: string,
): Promise<string> {
  const record = project.sites.find((one) => one.record.site === site)?.file;
  if (record === undefined || name !== basename(name)) {
    throw new Failure({
      code: 'SITE_FILE',
      kind: 'config',
      message: `"${name}" is no file beside the record of ${site}.`,
      fix: 'Put it into the folder of site.yaml and give its name alone.',
      at: { site },
    });
  }
  return readFile(join(dirname(record), name), 'utf8');
}

/** The file of a site's value set map, from the project's folder, and the line in it that names the columns. */
export async function codeFile(
  { folder, maps }: Pick<Project, 'folder' | 'maps'>,
  site: string,
  map: string,
): Promise<CodeFile> {
  const path = maps.fileOf(site, basename(map));
  const text = await readFile(path, 'utf8').catch(() => '');
  const head = text.replace(/^\uFEFF/, '').split(/\r?\n|\r/, 1)[0] ?? '';
  return { file: relative(folder, path).replaceAll('\\', '/'), head: head.trim() === '' ? null : head };
}
