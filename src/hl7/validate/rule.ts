/** What a validation looks at; choose with `validate(message, { levels })`. */
export type ValidationLevel =
  | 'syntax'
  | 'types'
  | 'required'
  | 'tables'
  | 'cardinality'
  | 'structure'
  | 'lengths'
  | 'profile';

export type Severity = 'error' | 'warning' | 'information';

export interface ValidationRule {
  readonly level: ValidationLevel;
  readonly severity: Severity;
  /** What it means, in one sentence. */
  readonly text: string;
}

const rule = (level: ValidationLevel, severity: Severity, text: string): ValidationRule => ({
  level,
  severity,
  text,
});

/**
 * Every rule. An error says that a receiver cannot work with the message, or that it is not what the site's profile
 * promises; a deviation from the standard is a warning, since real senders have many and receivers live with them.
 */
export const validationRules = {
  'no-header': rule('syntax', 'error', 'no readable MSH stands first'),
  'message-type': rule('syntax', 'error', 'MSH-9 does not say what the message is'),
  'control-id': rule('syntax', 'error', 'MSH-10 is empty, so that no acknowledgement can name the message'),
  'version-unknown': rule('syntax', 'warning', 'MSH-12 names no version of HL7 v2 from 2.1 to 2.8'),
  'segment-id': rule('syntax', 'warning', 'a line does not begin with a segment id and a field separator'),
  'second-header': rule('syntax', 'warning', 'another MSH or a batch envelope follows'),
  charset: rule('syntax', 'warning', 'the bytes and the character set of MSH-18 do not agree'),
  framing: rule('syntax', 'warning', 'an MLLP byte stands in the message'),
  layout: rule(
    'syntax',
    'information',
    'line ends, blank lines, a byte order mark or unusual encoding characters',
  ),
  escape: rule(
    'syntax',
    'information',
    'the escape character stands alone, where it should be escaped itself',
  ),
  'type-format': rule('types', 'warning', 'a value is not written as its data type says'),
  'value-type': rule('types', 'warning', 'OBX-5 is filled, but OBX-2 does not say of what type'),
  'extra-field': rule('types', 'information', 'the segment has more fields than its definition'),
  'extra-component': rule('types', 'information', 'a value has more components than its data type'),
  'extra-subcomponent': rule('types', 'information', 'a component has more subcomponents than its data type'),
  'required-field': rule('required', 'warning', 'a field that the standard requires is empty'),
  'required-component': rule('required', 'information', 'a component that the standard requires is empty'),
  'table-code': rule('tables', 'warning', 'a code is not in its table'),
  'extra-repetition': rule('cardinality', 'warning', 'a field repeats more often than the standard allows'),
  'extra-segment': rule(
    'cardinality',
    'warning',
    'a segment or group stands more often than the structure allows',
  ),
  'segment-unknown': rule('structure', 'warning', 'neither the standard nor the profile knows the segment'),
  'segment-missing': rule('structure', 'warning', 'a segment that the structure requires is not there'),
  'segment-place': rule('structure', 'warning', 'a segment stands where the structure has no place for it'),
  'structure-unknown': rule('structure', 'information', 'the version has no structure for this message type'),
  'structure-name': rule(
    'structure',
    'information',
    'MSH-9.3 names another structure than MSH-9.1 and MSH-9.2',
  ),
  length: rule('lengths', 'information', 'a value is longer than the length the version gives'),
  'profile-message': rule('profile', 'error', 'the profile does not expect this message type'),
  'profile-sender': rule('profile', 'error', 'the profile does not expect this sender'),
  'profile-segment': rule('profile', 'error', 'a segment stands more or less often than the profile says'),
  'profile-order': rule('profile', 'error', 'segments stand in another order than the profile says'),
  'profile-required': rule('profile', 'error', 'a field that the profile requires is empty'),
  'profile-unused': rule('profile', 'error', 'a field that the profile says is unused is filled'),
  'profile-length': rule('profile', 'error', 'a value is longer than the profile says'),
  'profile-repetitions': rule('profile', 'error', 'a field repeats more often than the profile says'),
  'profile-code': rule('profile', 'error', 'a code is not among those of the profile'),
  'profile-pattern': rule('profile', 'error', 'a value is not written as the pattern of the profile says'),
  limit: rule('syntax', 'information', 'there are more findings than were asked for'),
} as const satisfies Record<string, ValidationRule>;

export type ValidationRuleName = keyof typeof validationRules;

/** One thing that is not as it should be. No text holds a value of the message. */
export interface ValidationFinding {
  /** Where: `PID-3[2].4`, `OBX[3]`, `line 4`; '' for the message as a whole. */
  readonly path: string;
  readonly rule: ValidationRuleName;
  readonly level: ValidationLevel;
  readonly severity: Severity;
  /** What was found, as a sentence. */
  readonly text: string;
  /** What to do about it, as a sentence. */
  readonly fix: string;
}
