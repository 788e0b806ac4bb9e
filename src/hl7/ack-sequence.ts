/**
 * The sequence number protocol (HL7 2.5.1 chapter 2.10.1): MSH-13 numbers the messages of one link, MSA-4 says which number is expected next.
 * The only way of HL7 v2 to rule out both loss and repetition. Pure: the caller keeps the state, and must have it on disk
 * before it sends the acknowledgement; a number acknowledged and then forgotten would be taken twice.
 */

/** A number that was not the next one. The link stops until a person decides. */
export interface SequenceGap {
  readonly expected: number;
  readonly got: number;
}

/** What a receiver keeps of one link. */
export interface ReceivedSequence {
  /** The last number taken; undefined when any number may come next. */
  readonly last: number | undefined;
  /** Set when the link has stopped. */
  readonly gap: SequenceGap | undefined;
}

/** A link on which nothing has come yet. */
export const newReceivedSequence: ReceivedSequence = { last: undefined, gap: undefined };

/** What to do with a message, and what to keep before it is acknowledged with this MSA-4. */
export interface SequenceStep {
  /**
   * `unnumbered`: MSH-13 is empty, the protocol is not used. `start`: 0, the sender asks which number is expected;
   * there is nothing to process. `resync`: -1, the sender begins anew with whatever number comes next. `accept`: the next
   * number. `duplicate`: the last one again: send the stored acknowledgement again and process nothing. `stop`: a gap, or
   * the link has stopped before: answer with an error and call a person.
   */
  readonly kind: 'unnumbered' | 'start' | 'resync' | 'accept' | 'duplicate' | 'stop';
  readonly state: ReceivedSequence;
  /** MSA-4: the number expected next, -1 when any will do, empty without the protocol. */
  readonly expected: string;
  /** For `stop`: a sentence with both numbers. */
  readonly reason?: string;
}

/**
 * Takes MSH-13 of the next message of a link.
 *
 *     const step = receiveSequence(state, header.sequenceNumber);
 *     await keep(step.state);                  // before the acknowledgement
 *     buildAck(bytes, { ..., sequenceNumber: step.expected });
 */
export function receiveSequence(state: ReceivedSequence, sequenceNumber: string): SequenceStep {
  const text = sequenceNumber.trim();
  const expected = expectedOf(state);
  if (text === '' || text === '""') return { kind: 'unnumbered', state, expected: '' };
  const got = /^[+-]?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (state.gap !== undefined) return stopped(state, state.gap);
  if (Number.isNaN(got) || got < -1)
    return {
      kind: 'stop',
      state,
      expected,
      reason: 'MSH-13 is no sequence number: it must be 0, -1 or a positive whole number.',
    };
  if (got === 0) return { kind: 'start', state, expected };
  if (got === -1) return { kind: 'resync', state: newReceivedSequence, expected: '-1' };
  const { last } = state;
  if (last === undefined || got === last + 1) {
    const next: ReceivedSequence = { last: got, gap: undefined };
    return { kind: 'accept', state: next, expected: expectedOf(next) };
  }
  if (got === last) return { kind: 'duplicate', state, expected };
  const gap = { expected: last + 1, got };
  return stopped({ last, gap }, gap);
}

const expectedOf = ({ last }: ReceivedSequence): string => (last === undefined ? '-1' : String(last + 1));

function stopped(state: ReceivedSequence, gap: SequenceGap): SequenceStep {
  const reason = `Sequence number ${gap.expected} was expected and ${gap.got} came: the link has stopped. ${
    gap.got > gap.expected ? 'Messages are missing' : 'The sender has gone back'
  }; let a person compare both sides, then set the number to go on with.`;
  return { kind: 'stop', state, expected: expectedOf(state), reason };
}

/** A person has decided: the link goes on and expects this number, or any number when none is given. */
export const resumeSequence = (next?: number): ReceivedSequence =>
  next === undefined ? newReceivedSequence : { last: next - 1, gap: undefined };

/** What a sender keeps of one link. */
export interface SentSequence {
  /** The number of the next new message. */
  readonly next: number;
  readonly gap: SequenceGap | undefined;
}

/** What the answer to a message with MSH-13 = 0 means for the sender. */
export type SequenceAgreement =
  /** Everything before `state.next` was taken: go on with it. */
  | { readonly kind: 'agreed'; readonly state: SentSequence }
  /**
   * The receiver has not taken the last message, or does not know (-1): unless it was answered, send it again under its
   * old number, then go on.
   */
  | { readonly kind: 'repeat last'; readonly state: SentSequence }
  | { readonly kind: 'stop'; readonly state: SentSequence; readonly reason: string };

/**
 * Compares what the receiver expects (MSA-4 of its answer to MSH-13 = 0) with what we would send next.
 */
export function agreeSequence(state: SentSequence, expected: string): SequenceAgreement {
  const theirs = /^[+-]?\d{1,15}$/.test(expected.trim()) ? Number(expected) : Number.NaN;
  if (Number.isNaN(theirs) || theirs < -1 || theirs === 0)
    return { kind: 'stop', state, reason: 'MSA-4 of the answer is no sequence number.' };
  if (theirs === state.next) return { kind: 'agreed', state: { ...state, gap: undefined } };
  if (theirs === -1 || theirs === state.next - 1)
    return { kind: 'repeat last', state: { ...state, gap: undefined } };
  const gap = { expected: theirs, got: state.next };
  const reason = `The receiver expects sequence number ${theirs} and ${state.next} would be sent: the link has stopped. Let a person compare both sides, then set the number to go on with.`;
  return { kind: 'stop', state: { ...state, gap }, reason };
}

/** The number for the next new message, and the state to keep before it is sent. */
export function takeSequence(state: SentSequence): { readonly number: number; readonly state: SentSequence } {
  return { number: state.next, state: { ...state, next: state.next + 1 } };
}
