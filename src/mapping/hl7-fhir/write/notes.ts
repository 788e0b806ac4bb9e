import type { Given } from './given.ts';
import { xcn } from './people.ts';
import { repeated, type SegmentFields, said, segment, time, type Writing } from './writing.ts';

/** Notes as NTE: text, who wrote it, when (NTE-5 and 6 from version 2.6 on). */
export function ntes(writing: Writing, annotations: readonly Given[], from = 1): readonly SegmentFields[] {
  return annotations.flatMap((each, index) => {
    const text = said(writing, each, 'text');
    if (text === undefined) return [];
    if (writing.version < 2.6) return [segment('NTE', { 1: String(index + from), 3: text })];
    const author = each.child('authorReference');
    return [
      segment('NTE', {
        1: String(index + from),
        3: text,
        5: author ? repeated([xcn(writing, author, 'NTE-5') ?? []]) : said(writing, each, 'authorString'),
        6: time(writing, each, 'time'),
      }),
    ];
  });
}
