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
  escape: 'an escape character begins no escape sequence: it is read as it is written',
  framing: 'an MLLP end stands in the bytes',
  'batch-count': 'BTS-1 is not the number of messages in its batch: some may be missing',
  'batch-open': 'a batch header (BHS) has no trailer (BTS): the batch may have been cut',
  'batch-order': 'a trailer (BTS, FTS) stands without its header',
  'file-count': 'FTS-1 is not the number of batches in its file: some may be missing',
  'file-open': 'a file header (FHS) has no trailer (FTS): the file may have been cut',
  'stray-bytes': 'bytes of a file belong to no message and no envelope',
  'message-size': 'a message is larger than the limit and was left out',
  'charset-undeclared': 'bytes beyond ASCII, but MSH-18 declares no character set',
  'charset-unknown': 'MSH-18 names a character set that this program cannot read',
  'charset-mismatch': 'the bytes are not text of the character set that MSH-18 declares',
} as const;

export type FindingCode = keyof typeof findingCodes;
