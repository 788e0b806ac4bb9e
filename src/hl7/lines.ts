import { EditError, rawBytes } from './edit.ts';
import { type Path, path as readPath } from './path.ts';
import type { Source } from './source.ts';
import { isDeclaration, type SegmentSpan } from './span.ts';
import { segmentsOf } from './structure-path.ts';

/** The line end this message uses: its first one, or CR. */
function lineEnd(text: string): string {
  return text.match(/\r\n|\r|\n/)?.[0] ?? '\r';
}

/** The byte string with a segment put behind the last one, or behind the one that is named. */
export function insertLine(source: Source, raw: string, after: Path | undefined): string {
  const id = raw.slice(0, 3);
  if (!/^[A-Z][A-Z0-9]{2}$/.test(id) || id === 'MSH')
    throw new EditError(
      'raw',
      'A segment',
      'it must begin with a segment id of three capitals, other than MSH',
    );
  if (source.place.reason !== undefined)
    throw new EditError('unusable', id, `the bytes are not a usable message. ${source.place.reason}`);
  const bytes = rawBytes(source, readPath(id), raw);
  const behind = after === undefined ? source.index.all().at(-1) : named(source, after);
  if (behind === undefined)
    throw new EditError('not-found', id, `the message has no ${after?.source ?? 'segment'} to put it behind`);
  // Edits keep `to` in the source; the joined text is the source with each edited segment exchanged.
  const place = joinedEnd(source, behind);
  const joined = source.joined();
  return joined.slice(0, place) + lineEnd(source.text) + bytes + joined.slice(place);
}

/** The byte string without the named segment; undefined when it is not there. */
export function removeLine(source: Source, path: Path): string | undefined {
  const segment = named(source, path);
  if (segment === undefined) return undefined;
  if (path.field !== 0)
    throw new EditError('raw', path.source, 'a segment is removed by its own path, such as ZPD[2]');
  if (isDeclaration(segment, 1))
    throw new EditError('delimiters', path.source, 'a message without its header is not a message');
  const joined = source.joined();
  const end = joinedEnd(source, segment);
  const start = end - (segment.end - segment.start);
  const after = joined.slice(end).match(/^(\r\n|\r|\n)/)?.[0].length ?? 0;
  return joined.slice(0, start) + joined.slice(end + after);
}

function named(source: Source, path: Path): SegmentSpan | undefined {
  return segmentsOf(source, path, false)[0];
}

/** Where a segment ends in the joined text: its place in the source, moved by the edits before it. */
function joinedEnd(source: Source, segment: SegmentSpan): number {
  let moved = 0;
  for (const each of source.index.all()) {
    moved += each.end - each.start - (each.to - each.from);
    if (each === segment) break;
  }
  return segment.to + moved;
}
