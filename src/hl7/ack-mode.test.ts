import { describe, expect, it } from 'vitest';
import { type AckOutcome, ackModeOf, acksOwed } from './ack-mode.ts';
import { peek } from './header.ts';

const header = (accept: string, application: string, type = 'ADT^A01') =>
  peek(Buffer.from(`MSH|^~\\&|A|B|C|D|20260131||${type}|1|P|2.5.1|||${accept}|${application}\r`));
const owed = (accept: string, application: string, stored: AckOutcome, applied?: AckOutcome) => {
  const { commit, application: app } = acksOwed(header(accept, application), {
    stored,
    ...(applied === undefined ? {} : { applied }),
  });
  return [commit ?? '-', app ?? '-'].join(' ');
};

describe('the mode', () => {
  it.each([
    ['', '', 'original'],
    ['""', '', 'original'],
    ['AL', '', 'enhanced'],
    ['', 'NE', 'enhanced'],
    ['NE', 'NE', 'enhanced'],
  ])('of MSH-15 "%s" and MSH-16 "%s" is %s', (accept, application, mode) => {
    expect(ackModeOf(header(accept, application))).toBe(mode);
  });

  it('of an acknowledgement is none: nothing is owed for it, whatever it asks', () => {
    for (const type of ['ACK', 'ACK^A01^ACK', 'MCF'])
      expect(acksOwed(header('AL', 'AL', type), { stored: 'accept', applied: 'accept' })).toEqual({
        mode: 'none',
        commit: undefined,
        application: undefined,
      });
  });
});

describe('in original mode', () => {
  it('one application acknowledgement is owed, once its outcome is known', () => {
    expect(owed('', '', 'accept')).toBe('- later');
    expect(owed('', '', 'accept', 'accept')).toBe('- AA');
    expect(owed('', '', 'accept', 'error')).toBe('- AE');
    expect(owed('', '', 'accept', 'reject')).toBe('- AR');
  });

  it('what was not kept is answered at once', () => {
    expect(owed('', '', 'error')).toBe('- AE');
    expect(owed('', '', 'reject')).toBe('- AR');
  });
});

// HL7 2.5.1 table 0155, each condition with each outcome of keeping: what MSH-15 asks for.
describe('in enhanced mode', () => {
  it.each([
    ['AL', 'CA -', 'CE -', 'CR -'],
    ['NE', '- -', '- -', '- -'],
    ['ER', '- -', 'CE -', 'CR -'],
    ['SU', 'CA -', '- -', '- -'],
    ['odd', 'CA -', 'CE -', 'CR -'],
  ])('MSH-15 %s decides the accept acknowledgement', (condition, accept, error, reject) => {
    expect([
      owed(condition, 'NE', 'accept'),
      owed(condition, 'NE', 'error'),
      owed(condition, 'NE', 'reject'),
    ]).toEqual([accept, error, reject]);
  });

  it.each([
    ['AL', 'CA AA', 'CA AE', 'CA AR'],
    ['NE', 'CA -', 'CA -', 'CA -'],
    ['ER', 'CA -', 'CA AE', 'CA AR'],
    ['SU', 'CA AA', 'CA -', 'CA -'],
    ['', 'CA -', 'CA -', 'CA -'],
  ])('MSH-16 %s decides the application acknowledgement', (condition, accept, error, reject) => {
    expect(
      (['accept', 'error', 'reject'] as const).map((applied) => owed('AL', condition, 'accept', applied)),
    ).toEqual([accept, error, reject]);
    expect(owed('AL', condition, 'accept')).toBe(
      condition === 'NE' || condition === '' ? 'CA -' : 'CA later',
    );
  });

  it('no application acknowledgement follows a refusal to keep, unless it is the only one asked for', () => {
    expect(owed('AL', 'AL', 'reject')).toBe('CR -');
    expect(owed('SU', 'AL', 'reject')).toBe('- -');
    expect(owed('NE', 'AL', 'reject')).toBe('- AR');
    expect(owed('', 'ER', 'error')).toBe('- AE');
    expect(owed('NE', 'SU', 'error')).toBe('- -');
  });
});
