/**
 * HL7 v2: read, edit, write and acknowledge messages, and carry them over MLLP. Lossless: bytes that are not edited come
 * back as they came, and no bytes make it throw. No dependency but Node.
 * Programs of others enter by the door `suture/hl7`.
 *
 *     const message = parse(bytes);
 *     if (!message.usable) console.error(message.reason);
 *     message.header.type;                       // 'ADT^A08'
 *     message.get('PID-5.1');                    // 'DOE'
 *     message.get('PID-3[5=MR].1');              // the medical record number
 *     message.getAll('OBX[*]-5');                // every observation
 *     message.set('PID-5.1', "O'Brien & Sons");  // escaped as MSH-2 says
 *     send(message.bytes());
 *     reply(buildAck(bytes, { code: 'AA', controlId: '1', time: '20260131120000' }));
 */
export {
  type AckCode,
  type AckContent,
  type AckFault,
  ackErrorTexts,
  buildAck,
  hl7Time,
  isAck,
  type ParsedAck,
  parseAck,
} from './ack.ts';
export { buildMessage, buildSegment, type Content, type FieldContent } from './build.ts';
export { type ByteString, type Charset, CharsetError, charsetNamed } from './charset.ts';
export { type Delimiters, declaredDelimiters, defaultDelimiters } from './delimiters.ts';
export { EditError, type EditFault } from './edit.ts';
export { EscapeError, escapeText, hl7Null, unescapeText } from './escape.ts';
export { type Finding, type FindingCode, findingCodes } from './finding.ts';
export { type Header, peek } from './header.ts';
export { Message, parse, Segment, type Value } from './message.ts';
export * from './mllp/index.ts';
export { type Choice, type Condition, type Path, PathError, path } from './path.ts';
export { type SplitFile, splitMessages } from './split.ts';
export type { Level, Node } from './tree.ts';
