/** Something about the bytes that a person may want to know; it never stops a message from being read. */
export interface Finding {
  readonly code: FindingCode;
  /** One sentence, without any value of the message. */
  readonly text: string;
  /** Where it was first seen: `byte 0`, `line 3`, `MSH-18`. */
  readonly where: string;
}

/** Every kind of finding, with what it means. */
export const findingCodes = {
  'no-header': 'no readable MSH stands first: the message is not usable',
  'bytes-before-header': 'a byte order mark or blanks stand before MSH',
  'encoding-characters':
    'MSH-2 declares fewer than four encoding characters, more than five, or the escape character twice',
  'line-ends': 'segments end with LF or CRLF, or with several kinds, where HL7 says CR',
  'blank-lines': 'there are blank lines',
  'segment-id': 'a line does not begin with a segment id and a field separator',
  'second-header': 'another MSH follows: these are several messages, split them first',
  framing: 'an MLLP end stands in the bytes',
  'charset-undeclared': 'bytes beyond ASCII, but MSH-18 declares no character set',
  'charset-unknown': 'MSH-18 names a character set that this program cannot read',
  'charset-mismatch': 'the bytes are not valid in the character set that MSH-18 declares',
} as const;

export type FindingCode = keyof typeof findingCodes;
