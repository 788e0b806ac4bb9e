import { describe, expect, it } from 'vitest';
import { AwaitedAcks } from './ack-awaited.ts';

const lab = (controlId: string, deadline = 600) => ({ endpoint: 'lab', controlId, deadline });

describe('an application acknowledgement that comes later', () => {
  it('is credited once, to its own endpoint and message, until its deadline', () => {
    const awaited = new AwaitedAcks();
    awaited.expect(lab('1'));
    expect(awaited.take('ward', '1', 'AA', 10)).toBe('unknown');
    expect(awaited.take('lab', '2', 'AA', 10)).toBe('unknown');
    expect(awaited.take('lab', '1', 'CA', 10)).toBe('unknown');
    expect(awaited.take('lab', '1', 'AE', 600)).toBe('credited');
    expect(awaited.take('lab', '1', 'AE', 600)).toBe('unknown');
    awaited.expect(lab('3'));
    expect(awaited.take('lab', '3', 'AA', 601)).toBe('late');
  });

  it('is missed after its deadline, and told once', () => {
    const awaited = new AwaitedAcks();
    awaited.expect(lab('1', 100));
    awaited.expect(lab('2', 200));
    expect(awaited.overdue(100)).toEqual([]);
    expect(awaited.overdue(150)).toEqual([lab('1', 100)]);
    expect(awaited.overdue(150)).toEqual([]);
    expect(awaited.size).toBe(1);
  });

  it('is remembered for a bounded number of messages, the newest', () => {
    const awaited = new AwaitedAcks(3);
    for (const id of ['1', '2', '3', '1', '4']) awaited.expect(lab(id));
    expect(awaited.size).toBe(3);
    expect(['1', '2', '3', '4'].map((id) => awaited.take('lab', id, 'AA', 0))).toEqual([
      'credited',
      'unknown',
      'credited',
      'credited',
    ]);
  });
});
