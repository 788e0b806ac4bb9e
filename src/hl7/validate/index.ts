import type { Dictionary } from '../dictionary/definition.ts';
import { dictionary as dictionaryOf, dictionaryVersions, extendDictionary } from '../dictionary/index.ts';
import type { FindingCode } from '../finding.ts';
import type { Message } from '../message.ts';
import { type SegmentParts, segmentParts } from '../parts.ts';
import type { Profile } from '../profile.ts';
import { checkContent } from './content.ts';
import { checkFields, checkMessage, expectationOf } from './expectation.ts';
import { Report } from './report.ts';
import type { ValidationFinding, ValidationLevel, ValidationRuleName } from './rule.ts';
import { checkStructure } from './structure.ts';
import { Tables } from './tables.ts';

export {
  type Severity,
  type ValidationFinding,
  type ValidationLevel,
  type ValidationRule,
  type ValidationRuleName,
  validationRules,
} from './rule.ts';

export interface ValidationOptions {
  /** What to look at; by default everything but `lengths`, which nearly no sender keeps to. */
  readonly levels?: readonly ValidationLevel[];
  /** What the site expects. */
  readonly profile?: Profile;
  /** The definitions to judge by; by default those of the profile's version, else of MSH-12. */
  readonly dictionary?: Dictionary;
  /** How many findings there may be, 1,000 by default; one more says how many were left out. */
  readonly limit?: number;
}

const usualLevels: readonly ValidationLevel[] = [
  'syntax',
  'types',
  'required',
  'tables',
  'cardinality',
  'structure',
  'profile',
];

/**
 * Judges a message by the standard and, where one is given, by a site's profile. Reads it once; never throws on bytes.
 * What receivers live with is a warning or information; see `validationRules` for each rule.
 *
 *     validate(message).filter(({ severity }) => severity === 'error')
 *     validate(message, { profile: profile(parseYaml(text)), levels: ['profile'] })
 */
export function validate(message: Message, options: ValidationOptions = {}): ValidationFinding[] {
  const { profile, limit = 1_000 } = options;
  const report = new Report(new Set(options.levels ?? usualLevels), limit);
  checkBytes(message, report);
  if (!message.usable) return report.findings();
  const dictionary = options.dictionary ?? siteDictionary(profile, message.header.version);
  checkHeader(message, report);
  const { delimiters } = message;
  const segments = message.segments().map((segment) => segmentParts(segment, delimiters));
  const counts = new Map<string, number>();
  for (const { id } of segments) counts.set(id, (counts.get(id) ?? 0) + 1);
  const pathOf = ({ id, occurrence }: SegmentParts): string =>
    (counts.get(id) ?? 0) > 1 ? `${id}[${occurrence}]` : id;
  const expectation = profile && expectationOf(profile, message.header);
  const rules = { delimiters, dictionary, tables: new Tables(profile), report };
  const standing = segments
    .filter(({ id }) => id !== '')
    .map((each) => ({ id: each.id, path: pathOf(each) }));
  checkStructure(message, standing, dictionary, (id) => expectation?.segments.has(id) === true, report);
  for (const parts of segments) {
    if (parts.id === '') continue;
    const path = pathOf(parts);
    checkContent(parts, path, rules);
    if (expectation !== undefined && report.looksAt('profile'))
      checkFields(parts, path, expectation, delimiters, report);
  }
  if (profile !== undefined && expectation !== undefined)
    checkMessage(
      standing.map(({ id }) => id),
      message.header,
      profile,
      expectation,
      report,
    );
  return report.findings();
}

const siteDictionaries = new WeakMap<Profile, Map<string, Dictionary>>();

/** The dictionary of a profile: its version, with what it defines itself. */
export function siteDictionary(profile: Profile | undefined, declared: string): Dictionary {
  const base = dictionaryOf(profile?.version ?? declared);
  if (profile?.local === undefined) return base;
  const known = siteDictionaries.get(profile) ?? new Map<string, Dictionary>();
  siteDictionaries.set(profile, known);
  const made = known.get(base.version) ?? extendDictionary(base, profile.local);
  known.set(base.version, made);
  return made;
}

const byteRules: Readonly<Partial<Record<FindingCode, ValidationRuleName>>> = {
  'no-header': 'no-header',
  'segment-id': 'segment-id',
  'second-header': 'second-header',
  framing: 'framing',
  escape: 'escape',
};

/** What the codec found odd about the bytes, as findings with a fix. */
function checkBytes(message: Message, report: Report): void {
  if (!report.looksAt('syntax')) return;
  for (const { code, text, where } of message.findings) {
    const rule = byteRules[code] ?? (code.startsWith('charset') ? 'charset' : 'layout');
    report.add(where, rule, text, byteFixes[rule] ?? byteFixes.layout);
  }
}

const byteFixes: Readonly<Partial<Record<ValidationRuleName, string>>> & { readonly layout: string } = {
  'no-header': 'Begin the message with MSH, its field separator and its encoding characters.',
  'segment-id':
    'Escape line ends within a value as \\.br\\ or \\X0D\\, and begin each line with a segment id.',
  'second-header': 'Split the file into its messages first (splitMessages).',
  escape: 'Write \\E\\ for it (with the delimiters of the message), as escapeText and message.set do.',
  framing: 'Take the MLLP bytes off before the message is read.',
  charset: 'Name in MSH-18 the character set that the sender writes, such as UNICODE UTF-8.',
  layout: 'It is read all the same; a stricter receiver may need it as HL7 says.',
};

function checkHeader(message: Message, report: Report): void {
  const { code, trigger, controlId, version } = message.header;
  if (code === '')
    report.add('MSH-9', 'message-type', 'MSH-9.1 is empty.', 'Write the message type, such as ADT^A01.');
  else if (trigger === '' && code !== 'ACK' && code !== 'MCF')
    report.add(
      'MSH-9.2',
      'message-type',
      'MSH-9.2, the trigger event, is empty.',
      'Write the message type with its event, such as ADT^A01.',
      'warning',
    );
  if (controlId === '')
    report.add('MSH-10', 'control-id', 'MSH-10 is empty.', 'Give each message an id of its own.');
  if (version !== '' && !dictionaryVersions.includes(version))
    report.add(
      'MSH-12',
      'version-unknown',
      `MSH-12 names no version that is known here; the message is judged by HL7 ${dictionaryOf(version).version}.`,
      'Write a version such as 2.5.1, or set "version" in the profile of the site.',
    );
}
