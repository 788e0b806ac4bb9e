/** The row that a person adds to a value set map, as it is written in its file, and the command that adds it. */
import { shellWord } from '../../deploy/index.ts';
import type { CodePlace } from '../../engine/index.ts';
import { NO_TARGET, readValueSet, type ValueSetRow, withRow } from '../../mapping/index.ts';
import type { MapRowAnswer, MapRowBody } from '../types.ts';

/**
 * @param day Of today: 2026-01-31.
 * @example
 * mapRow({ site: 'mercy', map: 'visit-types', source: 'ZZ', target: 'urgent' }, place, day).row // 'ZZ,urgent,,,,'
 */
export function mapRow(asked: MapRowBody, place: CodePlace, day: string): MapRowAnswer {
  const { source, target, display = '', note = '', by = '' } = asked;
  const row: Partial<ValueSetRow> = {
    ...(display === '' ? {} : { display }),
    ...(note === '' ? {} : { note }),
    ...(by === '' ? {} : { verifiedBy: by, verifiedOn: day }),
  };
  const before = place.head === null ? undefined : `${place.head}\n`;
  const file = withRow(before, { source, target: target === NO_TARGET ? null : target, ...row });
  const cut = file.indexOf('\n');
  const { faults, open } = readValueSet(new TextEncoder().encode(file), place.file);
  const [fault] =
    open.length === 0 ? faults : [{ reason: 'the row has no target', fix: 'say what the code means' }];
  return {
    file: place.file,
    isNew: place.head === null,
    head: file.slice(0, cut).trim(),
    row: file.slice(cut + 1).replace(/\r?\n$/, ''),
    command: commandOf(asked, place),
    fault: fault === undefined ? null : `${fault.reason}: ${fault.fix}`,
  };
}

function commandOf(
  { site, map, source, target, display, note, by }: MapRowBody,
  { known }: CodePlace,
): string {
  const option = (name: string, value: string | undefined): string[] =>
    value === undefined || value === '' ? [] : [`--${name} ${shellWord(value)}`];
  const codes = [source, target].map((code, at) =>
    code === '' ? (at === 0 ? '<source>' : '<target>') : shellWord(code),
  );
  return [
    'suture maps add',
    ...option('display', display),
    ...option('note', note),
    ...option('by', by),
    ...(known ? [] : ['--new']),
    // A code that begins with a hyphen would be taken for an option.
    ...([source, target].some((code) => code.startsWith('-')) ? ['--'] : []),
    site,
    map,
    ...codes,
  ].join(' ');
}
