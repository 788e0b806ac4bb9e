/** What a message calls a code that is in it: the text beside it, as senders write it. */
import { declaredDelimiters, defaultDelimiters, unescapeText } from '../../hl7/index.ts';
import type { Format } from '../../message/index.ts';
import { shownText } from './structure.ts';

const LONGEST = 200;

/**
 * In HL7 the component behind the code (CWE.2, and CWE.5 of an alternate code); in FHIR the `display` of a coding, or
 * the `text` of its concept. Each once, in the order of the message.
 * @example
 * codeNames('hl7', bytes, 'ZZ') // ['Follow-up by telephone'] of `PV1|1|O||ZZ^Follow-up by telephone`
 */
export function codeNames(format: Format, bytes: Uint8Array | null, code: string): readonly string[] {
  const shown = shownText(bytes, format)?.text ?? '';
  const found = format === 'hl7' ? hl7Names(shown, code) : jsonNames(shown, code);
  const texts = [...found].map((text) => text.trim().slice(0, LONGEST)).filter((text) => text !== '');
  return [...new Set(texts)];
}

function* hl7Names(text: string, code: string): Generator<string> {
  const declared = declaredDelimiters(text.charAt(3), text.slice(4, 8));
  const delimiters = typeof declared === 'string' ? defaultDelimiters : declared;
  const { field, repetition, component } = delimiters;
  for (const segment of text.split(/\r\n|\r|\n/)) {
    const fields = segment.split(field);
    for (const one of fields
      .slice(1)
      .flatMap((each) => (repetition === undefined ? [each] : each.split(repetition)))) {
      const parts = one.split(component).map((part) => unescapeText(part, delimiters).trim());
      for (const at of [0, 3])
        if (parts[at] === code && parts[at + 1] !== undefined) yield parts[at + 1] as string;
    }
  }
}

function* jsonNames(text: string, code: string): Generator<string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return;
  }
  // No recursion: a body may be nested as deep as its sender likes.
  const open: unknown[] = [value];
  while (open.length > 0) {
    const one = open.shift();
    if (typeof one !== 'object' || one === null) continue;
    const { code: own, display, coding, text: said } = one as Readonly<Record<string, unknown>>;
    if (own === code && typeof display === 'string') yield display;
    const isOf =
      Array.isArray(coding) && coding.some((each) => (each as { code?: unknown } | null)?.code === code);
    if (isOf && typeof said === 'string') yield said;
    open.push(...Object.values(one));
  }
}
