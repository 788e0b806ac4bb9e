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
export { type AwaitedAck, AwaitedAcks } from './ack-awaited.ts';
export {
  type AckCondition,
  type AckOutcome,
  ackModeOf,
  acksOwed,
  type Handling,
  type OwedAcks,
} from './ack-mode.ts';
export {
  agreeSequence,
  newReceivedSequence,
  type ReceivedSequence,
  receiveSequence,
  resumeSequence,
  type SentSequence,
  type SequenceAgreement,
  type SequenceGap,
  type SequenceStep,
  takeSequence,
} from './ack-sequence.ts';
export {
  type Batch,
  type BatchEvent,
  type BatchFile,
  type BatchOptions,
  readBatches,
  readBatchFile,
} from './batch.ts';
export { BatchError, type BatchHeader, buildBatch, writeBatch, writeBatchFile } from './batch-writing.ts';
export { buildMessage, buildSegment, type Content, type FieldContent } from './build.ts';
export { type ByteString, type Charset, CharsetError, charsetNamed, charsetOf } from './charset.ts';
export { declaredCharsets, encodeDeclared } from './declared-text.ts';
export { type Delimiters, declaredDelimiters, defaultDelimiters } from './delimiters.ts';
export {
  type Dictionary,
  dictionary,
  dictionaryVersions,
  extendDictionary,
  type FieldDefinition,
  type LocalDefinitions,
  LocalDefinitionsError,
  localDefinitions,
  type SegmentDefinition,
  type StructureDefinition,
  type StructurePart,
  type TypeDefinition,
} from './dictionary/index.ts';
export { type Difference, type DiffOptions, diffMessages } from './diff.ts';
export { diffProfiles, type ProfileDifference, type ProfileDiffOptions } from './diff-profiles.ts';
export { EditError, type EditFault } from './edit.ts';
export type { Envelope } from './envelope.ts';
export { EscapeError, escapeText, hl7Null, unescapeText } from './escape.ts';
export {
  FEED_FACT_KINDS,
  type FeedFact,
  type FeedFactKind,
  feedFacts,
  feedFactText,
  isFeedCode,
  NOT_A_CODE,
  personalTexts,
} from './feed-facts.ts';
export {
  FieldNameError,
  type FieldReference,
  field,
  fieldsOf,
  type NamedComponent,
  type NamedField,
  type NamedSegment,
} from './field.ts';
export { type Finding, type FindingCode, findingCodes } from './finding.ts';
export {
  type FormattedLine,
  type FormattedRun,
  formattedLines,
  htmlText,
  plainText,
} from './formatted-text.ts';
export { type Header, peek } from './header.ts';
export * from './http/index.ts';
export {
  type CompactMessage,
  fromJson,
  type JsonForm,
  type JsonOptions,
  type ReadableMessage,
  toJson,
} from './json.ts';
export type { CompactField, CompactRepetition, CompactSegment } from './json-compact.ts';
export { JsonError, type JsonValue } from './json-leaf.ts';
export type { ReadableLine, ReadableParts, ReadableSegment, ReadableValue } from './json-readable.ts';
export { compactSchema, readableSchema } from './json-schema.ts';
export { Learner, type LearnOptions, learnProfile } from './learn.ts';
export { type AnyPath, Message, parse, Segment, type Value } from './message.ts';
export * from './mllp/index.ts';
export {
  BuildError,
  build,
  buildFrom,
  type NamedParts,
  type NewField,
  type NewHeader,
  type NewMessage,
  type NewSegment,
} from './new-message.ts';
export { type Choice, type Condition, type GroupStep, type Path, PathError, path } from './path.ts';
export type {
  FieldRule,
  MessageRule,
  Observed,
  ObservedField,
  ObservedSegment,
  Profile,
  SegmentRule,
} from './profile.ts';
export { ProfileError, profile } from './profile-reading.ts';
export { type ProfileComment, type ProfileText, profileText } from './profile-text.ts';
export { type SplitFile, splitMessages } from './split.ts';
export { type Group, type Structure, type StructureFinding, structureOf } from './structure.ts';
export type { Level, Node } from './tree.ts';
export {
  type Severity,
  siteDictionary,
  type ValidationFinding,
  type ValidationLevel,
  type ValidationOptions,
  type ValidationRule,
  type ValidationRuleName,
  validate,
  validationRules,
} from './validate/index.ts';
