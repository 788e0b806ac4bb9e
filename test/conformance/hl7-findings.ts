/**
 * `node test/conformance/hl7-findings.ts FOLDER`: every message of a folder comes back byte for byte, untouched and
 * after each field was written over with what stood there; the findings by kind, with where each kind was seen first.
 * Prints no value of a message.
 */

import { usage } from '../../scripts/usage.ts';
import { EditError, parse } from '../../src/hl7/index.ts';
import { corpusMessages } from './hl7-differential.ts';

usage(import.meta.filename);

const folder = process.argv[2];
if (folder === undefined) {
  process.stderr.write('usage: node test/conformance/hl7-findings.ts FOLDER\n');
  process.exit(2);
}

const kinds = new Map<string, { count: number; files: string[] }>();
let wrong = 0;
let fields = 0;
const messages = corpusMessages(folder);
for (const { file, bytes } of messages) {
  const message = parse(bytes);
  if (message.bytes() !== bytes) wrong += 1;
  for (const { code, where } of message.findings) {
    const kind = kinds.get(code) ?? { count: 0, files: [] };
    kind.count += 1;
    if (kind.files.length < 3) kind.files.push(`${file} (${where})`);
    kinds.set(code, kind);
  }
  const edited = message.copy();
  for (const segment of edited.usable ? edited.segments() : []) {
    if (!/^[A-Z][A-Z0-9]{2}$/.test(segment.id)) continue;
    for (let field = segment.id === 'MSH' ? 3 : 1; field <= segment.fieldCount; field += 1) {
      const path = `${segment.path}-${field}`;
      try {
        const raw = edited.raw(path) ?? '';
        edited.set(path, 'x');
        edited.setRaw(path, raw);
        fields += 1;
      } catch (error) {
        if (!(error instanceof EditError)) throw error;
      }
    }
  }
  if (Buffer.compare(edited.bytes(), bytes) !== 0) {
    wrong += 1;
    process.stdout.write(`WRONG after edits: ${file}\n`);
  }
}
process.stdout.write(
  `${messages.length} messages, ${fields} fields written over; ${wrong} did not come back byte for byte\n`,
);
for (const [code, { count, files }] of [...kinds].sort((a, b) => b[1].count - a[1].count))
  process.stdout.write(`${String(count).padStart(5)}  ${code}: ${files.join('; ')}\n`);
process.exit(wrong > 0 ? 1 : 0);
