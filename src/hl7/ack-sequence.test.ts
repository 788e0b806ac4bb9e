import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  agreeSequence,
  newReceivedSequence,
  type ReceivedSequence,
  receiveSequence,
  resumeSequence,
  type SentSequence,
  takeSequence,
} from './ack-sequence.ts';

const at = (last: number): ReceivedSequence => ({ last, gap: undefined });

describe('a receiver', () => {
  it('takes the first number as it is, and then each next one', () => {
    let state = newReceivedSequence;
    for (const number of ['41', '42', '43']) {
      const step = receiveSequence(state, number);
      expect(step).toEqual({
        kind: 'accept',
        state: at(Number(number)),
        expected: String(Number(number) + 1),
      });
      state = step.state;
    }
  });

  it('answers 0 with what it expects, -1 when it expects nothing, and changes nothing', () => {
    expect(receiveSequence(newReceivedSequence, '0')).toMatchObject({ kind: 'start', expected: '-1' });
    expect(receiveSequence(at(7), '0')).toEqual({ kind: 'start', state: at(7), expected: '8' });
  });

  it('begins anew after -1', () => {
    const { kind, state } = receiveSequence(at(7), '-1');
    expect(kind).toBe('resync');
    expect(receiveSequence(state, '900')).toMatchObject({ kind: 'accept', expected: '901' });
  });

  it('knows the last number again: the stored acknowledgement, and nothing is processed', () => {
    expect(receiveSequence(at(7), '7')).toEqual({ kind: 'duplicate', state: at(7), expected: '8' });
  });

  it('stops at a gap, names both numbers, and goes on only when a person says so', () => {
    const gap = receiveSequence(at(7), '10');
    expect(gap).toMatchObject({ kind: 'stop', state: { last: 7, gap: { expected: 8, got: 10 } } });
    expect(gap.reason).toMatch(/^Sequence number 8 was expected and 10 came: .*Messages are missing/);
    for (const next of ['8', '10', '11', '0', '-1'])
      expect(receiveSequence(gap.state, next)).toMatchObject({
        kind: 'stop',
        state: gap.state,
        reason: gap.reason,
      });
    expect(receiveSequence(at(7), '3').reason).toContain('The sender has gone back');
    expect(receiveSequence(resumeSequence(11), '11').kind).toBe('accept');
    expect(receiveSequence(resumeSequence(), '500').kind).toBe('accept');
  });

  it('does not mind messages without a number, and stops at what is none', () => {
    expect(receiveSequence(at(7), '')).toEqual({ kind: 'unnumbered', state: at(7), expected: '' });
    for (const odd of ['x', '1.5', '-2', '1e9', '99999999999999999999'])
      expect(receiveSequence(at(7), odd)).toMatchObject({ kind: 'stop', state: at(7) });
  });
});

describe('a sender', () => {
  const state: SentSequence = { next: 8, gap: undefined };

  it('goes on when the receiver expects its next number', () => {
    expect(agreeSequence(state, '8')).toEqual({ kind: 'agreed', state });
  });

  it('repeats the last message when the receiver has not taken it, or does not know', () => {
    expect(agreeSequence(state, '7').kind).toBe('repeat last');
    expect(agreeSequence(state, '-1').kind).toBe('repeat last');
  });

  it('stops at anything else, and names both numbers', () => {
    const stop = agreeSequence(state, '3');
    expect(stop).toMatchObject({ kind: 'stop', state: { gap: { expected: 3, got: 8 } } });
    expect(stop).toMatchObject({
      reason: expect.stringMatching(/expects sequence number 3 and 8 would be sent/),
    });
    for (const odd of ['', '0', 'x', '-2']) expect(agreeSequence(state, odd).kind).toBe('stop');
  });
});

it('neither loses nor doubles, whatever is lost on the way and whoever restarts', () => {
  type Fate = 'through' | 'message lost' | 'answer lost' | 'sender restarts' | 'receiver restarts';
  const fates = fc.array(
    fc.constantFrom<Fate>('through', 'message lost', 'answer lost', 'sender restarts', 'receiver restarts'),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(fates, (plan) => {
      let sender: SentSequence = { next: 1, gap: undefined };
      let receiver = newReceivedSequence;
      const processed: number[] = [];
      let pending: number | undefined;
      for (const fate of plan) {
        if (fate === 'receiver restarts') continue; // Its state was kept before each answer.
        if (fate === 'sender restarts') {
          const start = receiveSequence(receiver, '0');
          const agreed = agreeSequence(sender, start.expected);
          expect(agreed.kind).not.toBe('stop');
          if (agreed.kind === 'agreed') pending = undefined;
          continue;
        }
        if (pending === undefined) {
          const taken = takeSequence(sender);
          pending = taken.number;
          sender = taken.state;
        }
        if (fate === 'message lost') continue;
        const step = receiveSequence(receiver, String(pending));
        expect(['accept', 'duplicate']).toContain(step.kind);
        if (step.kind === 'accept') processed.push(pending);
        receiver = step.state;
        if (fate === 'through') pending = undefined;
      }
      expect(processed).toEqual(processed.map((_, i) => i + 1));
    }),
    { numRuns: 500 },
  );
});
