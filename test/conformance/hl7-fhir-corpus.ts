/** Public HL7 v2 messages and the FHIR bundles that two other converters made of some of them, where they are at hand. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { peek, splitMessages } from '../../src/hl7/index.ts';

/** `HL7_CORPUS` names another folder. None of it is part of this project. */
export const corpusFolder =
  process.env.HL7_CORPUS ?? join(import.meta.dirname, '..', '..', '..', 'shared', 'corpus', 'hl7v2');

export const corpusIsHere = existsSync(corpusFolder);

/** A bundle as read from JSON: whatever converters write. */
export interface AnyBundle {
  readonly resourceType: string;
  readonly entry?: readonly { readonly fullUrl?: string; readonly resource?: AnyResource }[];
}

export interface AnyResource {
  readonly resourceType: string;
  readonly id?: string;
  readonly [element: string]: unknown;
}

export type PairSet = 'ms-fhir-converter' | 'cdc-reportstream' | 'cdc-reportstream-reverse';

export interface Pair {
  readonly name: string;
  readonly set: PairSet;
  /** `ADT^A08`, of MSH-9. */
  readonly type: string;
  readonly message: Uint8Array;
  readonly expected: AnyBundle;
}

/** Every file below, sorted, so that figures are of the same order each time. */
function files(at: string): string[] {
  if (!statSync(at).isDirectory()) return [at];
  return readdirSync(at)
    .sort()
    .flatMap((name) => files(join(at, name)));
}

/**
 * The pairs: `X.hl7` with `X-expected.json` beside it in the other folder, and `X.hl7` with `X.fhir`. ReportStream's folder
 * FHIR_to_HL7 runs the other way: its message is what one receiver is sent of the bundle, so that most of the bundle
 * is not in it.
 */
export function pairs(folder: string = corpusFolder): Pair[] {
  const found: Pair[] = [];
  const add = (set: PairSet, message: string, expected: string): void => {
    if (!existsSync(message)) return;
    const bytes = readFileSync(message);
    const bundle = JSON.parse(readFileSync(expected, 'utf8')) as AnyBundle;
    found.push({
      name: relative(folder, message),
      set,
      type: peek(bytes).type,
      message: bytes,
      expected: bundle,
    });
  };
  for (const file of files(join(folder, 'ms-fhir-converter-expected'))) {
    const name = basename(file).replace(/-expected\.json$/, '.hl7');
    add('ms-fhir-converter', join(folder, 'ms-fhir-converter', name), file);
  }
  for (const file of files(join(folder, 'cdc-reportstream')).filter((each) => each.endsWith('.fhir'))) {
    const set = file.includes('FHIR_to_HL7') ? 'cdc-reportstream-reverse' : 'cdc-reportstream';
    add(set, file.replace(/\.fhir$/, '.hl7'), file);
  }
  return found;
}

/** Every message of the corpus, batches split, strings of other projects' tests included. */
export function messages(folder: string = corpusFolder): { name: string; bytes: Uint8Array }[] {
  return files(folder).flatMap((file) => {
    const name = relative(folder, file);
    if (/\.(hl7|txt)$/i.test(file)) {
      const bytes = readFileSync(file);
      const { messages: parts } = splitMessages(bytes);
      return (parts.length > 0 ? parts : [bytes]).map((each) => ({ name, bytes: each }));
    }
    if (!/^embedded\/.*\.json$/.test(name)) return [];
    const list = JSON.parse(readFileSync(file, 'utf8')) as { text: string }[];
    return list.map(({ text }) => ({ name, bytes: Buffer.from(text, 'utf8') }));
  });
}
