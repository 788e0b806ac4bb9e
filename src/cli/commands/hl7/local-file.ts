/** The dictionary of each version with a site's own definitions, read from a YAML file. */
import { type Dictionary, dictionary, extendDictionary } from '../../../hl7/index.ts';
import { readLocal } from './profile-file.ts';
import type { Terminal } from './terminal.ts';

/** @returns `undefined` when no file is named: the standard's own names. */
export async function localDictionary(
  terminal: Terminal,
  file: string | undefined,
): Promise<((version: string) => Dictionary) | undefined> {
  if (file === undefined) return undefined;
  const local = await readLocal(terminal, file);
  const known = new Map<Dictionary, Dictionary>();
  return (version) => {
    const standard = dictionary(version);
    const extended = known.get(standard) ?? extendDictionary(standard, local);
    known.set(standard, extended);
    return extended;
  };
}
