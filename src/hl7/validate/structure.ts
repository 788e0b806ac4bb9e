import type { Dictionary } from '../dictionary/definition.ts';
import type { Message } from '../message.ts';
import { structureOf } from '../structure.ts';
import type { Report } from './report.ts';

/** A segment and where it stands. */
export interface Standing {
  readonly id: string;
  readonly path: string;
}

/** Whether segments stand where the message structure has a place for them, and those that it requires are there. */
export function checkStructure(
  message: Message,
  segments: readonly Standing[],
  dictionary: Dictionary,
  expected: (id: string) => boolean,
  report: Report,
): void {
  if (!report.looksAt('structure') && !report.looksAt('cardinality')) return;
  checkName(message, dictionary, report);
  for (const { id, path } of segments)
    if (dictionary.segment(id) === undefined && !id.startsWith('Z') && !expected(id))
      report.add(
        path,
        'segment-unknown',
        `HL7 ${dictionary.version} has no segment ${id}.`,
        'Check MSH-12, or describe the segment under local.segments in the profile of the site.',
      );
  if (message.header.code === '') return;
  for (const { rule, path, text, fix, severity } of structureOf(message, dictionary).findings) {
    const id = path.slice(0, 3);
    const placed = rule === 'segment-place' || rule === 'extra-segment';
    // What the profile expects is no surprise, and what the dictionary does not know was told above.
    if (placed && (expected(id) || dictionary.segment(id) === undefined)) continue;
    report.add(path, rule, text, fix, severity);
  }
}

function checkName({ header }: Message, dictionary: Dictionary, report: Report): void {
  const meant = dictionary.structureOf(header.code, header.trigger);
  if (header.structure === '' || meant === undefined || meant.id === header.structure) return;
  report.add(
    'MSH-9.3',
    'structure-name',
    `MSH-9.3 does not name ${meant.id}, the structure of this type in HL7 ${dictionary.version}.`,
    `Write ${meant.id}; segments are judged by it.`,
  );
}
