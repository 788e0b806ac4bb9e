/** A draft as files: the record, stubs of value set maps, and what was observed. Maps keep what people wrote. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { valueSetsOf } from '../../mapping/index.ts';
import { type Observed, type ObservedPart, observedFile, observedText } from '../../site/index.ts';
import type { Project } from '../project/index.ts';
import type { Draft } from './record.ts';
import { stubText } from './value-sets.ts';

/** @returns The files that are not as they were. */
export function writeDraft(
  file: string,
  text: string,
  made: Draft,
  observed: Readonly<Record<string, Observed>>,
  project: Project | undefined,
): string[] {
  const folder = dirname(file);
  const written: string[] = [];
  const put = (path: string, content: string): void => {
    if (existsSync(path) && readFileSync(path, 'utf8') === content) return;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, content);
    renameSync(`${path}.new`, path);
    written.push(path);
  };
  const shared = project?.maps.shared ?? valueSetsOf({ names: [], rows: () => undefined });
  for (const stub of made.stubs) {
    const path = join(folder, 'maps', `${stub.map}.csv`);
    const before = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
    const known = shared.names.includes(stub.map) ? shared.get(stub.map) : undefined;
    const next = stubText(before, stub, (code) => known?.row(code) !== undefined);
    if (next.added > 0 || before === undefined) put(path, next.text);
  }
  for (const [connection, parts] of Object.entries(observed))
    for (const [part, value] of Object.entries(parts))
      put(
        join(folder, 'observed', observedFile(connection, part as ObservedPart)),
        observedText(part as ObservedPart, value),
      );
  // The record comes last: a draft that was cut short is not in the way of the next.
  put(file, text);
  return written;
}
