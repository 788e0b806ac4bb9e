/**
 * Pretend values in the place of real ones, the same one each time: who is named twice is still one person, an id still
 * joins two records. Which value becomes which follows from a key that is thrown away afterwards.
 */
import { createHmac } from 'node:crypto';

const DAY = 86_400_000;

const NAMES = [
  'Alder',
  'Ash',
  'Aspen',
  'Beech',
  'Birch',
  'Bramble',
  'Briar',
  'Cedar',
  'Clover',
  'Cypress',
  'Dogwood',
  'Elder',
  'Elm',
  'Fern',
  'Fir',
  'Gorse',
  'Hawthorn',
  'Hazel',
  'Heather',
  'Holly',
  'Hornbeam',
  'Ivy',
  'Juniper',
  'Larch',
  'Laurel',
  'Linden',
  'Maple',
  'Myrtle',
  'Oak',
  'Olive',
  'Pine',
  'Poplar',
  'Rowan',
  'Sage',
  'Sedge',
  'Sorrel',
  'Spruce',
  'Tamarisk',
  'Thistle',
  'Thyme',
  'Vetch',
  'Walnut',
  'Willow',
  'Yarrow',
  'Yew',
] as const;

export interface Pretend {
  /** Of the same shape: letters for letters, digits for digits. */
  id(text: string): string;
  /** Each word of a name. */
  name(text: string): string;
  /** All of it: `masked text 3`. */
  words(text: string): string;
  phone(text: string): string;
  email(text: string): string;
  /** A street line, a town. */
  place(text: string): string;
  /** HL7 (`20260131170000`) or FHIR (`2026-01-31T17:00:00Z`): as many weeks earlier as every other; the time of day stays. */
  date(text: string): string;
  /** What has been replaced, word by word, for a last look at what was kept. */
  secrets(): ReadonlySet<string>;
}

/** @param weeks How many weeks every date goes back, at least 1. */
export function pretend(key: Uint8Array, weeks: number): Pretend {
  const known = new Map<string, string>();
  const used = new Set<string>();
  const secrets = new Set<string>();
  const hash = (text: string, round: number): Buffer =>
    createHmac('sha256', key).update(`${round}\u0000${text}`).digest();

  /** One pretend value for one real one, never another’s and never the real one. */
  function once(real: string, secret: boolean, make: (bytes: Buffer) => string): string {
    const word = real.trim().toLowerCase();
    if (word === '') return real;
    if (secret && word.length >= 3) secrets.add(word);
    const before = known.get(word);
    if (before !== undefined) return before;
    for (let round = 0; ; round += 1) {
      const made = make(hash(word, round));
      const low = made.toLowerCase();
      // Of very short values there are too few to be all different.
      if (low === word || (round < 20 && word.length > 2 && (used.has(low) || secrets.has(low)))) {
        if (round < 1_000) continue;
      }
      known.set(word, made);
      used.add(low);
      return made;
    }
  }

  const shaped = (text: string, bytes: Buffer): string => {
    let at = 0;
    return [...text]
      .map((sign) => {
        if (!/[\p{L}\p{N}]/u.test(sign)) return sign;
        const byte = bytes[at++ % bytes.length] as number;
        if (/\p{N}/u.test(sign)) return String(at === 1 ? 1 + (byte % 9) : byte % 10);
        const letter = String.fromCharCode(97 + (byte % 26));
        return sign === sign.toLowerCase() ? letter : letter.toUpperCase();
      })
      .join('');
  };

  let texts = 0;
  const self: Pretend = {
    id: (text) => once(text, true, (bytes) => shaped(text.trim(), bytes)),
    name: (text) =>
      text.replaceAll(/[\p{L}\p{N}][\p{L}\p{N}'’-]*/gu, (word) => {
        const made = once(word, true, (bytes) => {
          const name = NAMES[bytes.readUInt16BE(0) % NAMES.length] as string;
          // More people than trees: a second one stands behind.
          return used.has(name.toLowerCase()) ? `${name}${bytes.readUInt16BE(2) % 1_000}` : name;
        });
        return word.length > 1 && word === word.toUpperCase() ? made.toUpperCase() : made;
      }),
    words: (text) =>
      once(text, false, () => {
        texts += 1;
        return `masked text ${texts}`;
      }),
    phone: (text) =>
      once(text, true, (bytes) => {
        const digits = text.replaceAll(/\D/g, '').length;
        // The range that is kept for fiction, at the end as it is written.
        const fiction = `55501${String(bytes.readUInt16BE(0) % 100).padStart(2, '0')}`;
        const all = fiction.slice(-digits).padStart(digits, '2');
        let at = 0;
        return text.trim().replaceAll(/\d/g, () => all[at++] as string);
      }),
    email: (text) => once(text, true, (bytes) => `person-${bytes.readUInt32BE(0)}@example.com`),
    place: (text) => once(text, true, (bytes) => `Example ${bytes.readUInt16BE(0)}`),
    date: (text) => shifted(text, weeks * 7) ?? self.id(text),
    secrets: () => secrets,
  };
  return self;
}

const FHIR_TIME = /^(\d{4})-(\d\d)(?:-(\d\d)((?:T| ).*)?)?$/;
const HL7_TIME = /^(\d{4})(\d\d)(\d\d)?(\d{2,6}(?:\.\d+)?)?([+-]\d{4})?$/;

/** Undefined when it is no date. A year alone goes back by the years that the days make. */
function shifted(text: string, days: number): string | undefined {
  const trimmed = text.trim();
  if (/^\d{4}$/.test(trimmed)) return String(Number(trimmed) - Math.max(1, Math.round(days / 365)));
  const fhir = FHIR_TIME.exec(trimmed);
  const hl7 = fhir ? null : HL7_TIME.exec(trimmed);
  const found = fhir ?? hl7;
  if (found === null) return undefined;
  const [, year, month, day] = found;
  const at = Date.UTC(Number(year), Number(month) - 1, Number(day ?? 15)) - days * DAY;
  if (Number.isNaN(at)) return undefined;
  const [date] = new Date(at).toISOString().split('T') as [string];
  const kept = day === undefined ? date.slice(0, 7) : date;
  if (fhir) return `${kept}${fhir[4] ?? ''}`;
  return `${kept.replaceAll('-', '')}${hl7?.[4] ?? ''}${hl7?.[5] ?? ''}`;
}

/** Whether a text is a date of HL7 or FHIR with at least a day. */
export const isDate = (text: string): boolean =>
  /^(19|20)\d\d-\d\d(-\d\d)?([T ].*)?$/.test(text) ||
  /^(19|20)\d{6}(\d{2,6}(\.\d+)?)?([+-]\d{4})?$/.test(text);
