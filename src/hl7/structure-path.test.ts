import { afterEach, describe, expect, it } from 'vitest';
import { dictionary } from './dictionary/index.ts';
import { type Message, parse } from './message.ts';
import { path } from './path.ts';
import { type Group, structureOf } from './structure.ts';

/** One observation request with so many observations, numbered in OBX-1. */
const results = (observations: number): Message =>
  parse(
    [
      'MSH|^~\\&|LAB||||20260131||ORU^R01^ORU_R01|1|P|2.5.1',
      'PID|1',
      'OBR|1',
      ...Array.from({ length: observations }, (_, i) => `OBX|${i + 1}`),
    ].join('\r'),
  );

const get = Map.prototype.get;
afterEach(() => {
  Map.prototype.get = get;
});

/** How often anything is looked up in a map: each segment that is placed or filed away is, whatever the machine's speed. */
function lookUps(work: () => void): number {
  let count = 0;
  Map.prototype.get = function (this: Map<unknown, unknown>, key: unknown) {
    count += 1;
    return get.call(this, key);
  };
  work();
  Map.prototype.get = get;
  return count;
}

describe('group paths', () => {
  const every = (message: Message, observations: number, from = 1): void => {
    for (let i = from; i <= observations; i += 1) {
      const found = message.get(`PATIENT_RESULT/ORDER_OBSERVATION/OBSERVATION[${i}]/OBX-1`);
      if (found !== String(i)) throw new Error(`observation ${i} is ${found}`);
    }
  };

  it('place 5,000 observations once, and cost for all of them twice what they cost for half', () => {
    const whole = lookUps(() => every(results(5_000), 5_000));
    const half = lookUps(() => every(results(2_500), 2_500));
    expect(whole / half).toBeGreaterThan(1.8);
    expect(whole / half).toBeLessThan(2.2);
  });

  it('are as cheap in one long group', () => {
    const inOne = (message: Message, observations: number): void => {
      for (let i = 1; i <= observations; i += 1)
        expect(message.get(`ORDER_OBSERVATION/OBX[${i}]-1`)).toBe(String(i));
    };
    const whole = lookUps(() => inOne(results(2_000), 2_000));
    const half = lookUps(() => inOne(results(1_000), 1_000));
    expect(whole / half).toBeLessThan(2.2);
  });

  it('remember the groups until a segment comes, goes or is of another type of message', () => {
    const observations = 5_000;
    const message = results(observations);
    const last = `OBSERVATION[${observations}]/OBX-1`;
    const first = lookUps(() => message.get(last));
    expect(first).toBeGreaterThan(observations);
    expect(lookUps(() => message.get(last))).toBeLessThan(20);

    // A value changes no group.
    message.set('ORDER_OBSERVATION/OBX[7]-5', 'changed');
    expect(message.get('OBSERVATION[7]/OBX-5')).toBe('changed');
    expect(lookUps(() => message.get(last))).toBeLessThan(20);

    message.addSegment('OBX|5001');
    expect(message.get(`OBSERVATION[${observations + 1}]/OBX-1`)).toBe('5001');
    message.removeSegment('OBX[1]');
    expect(message.get('OBSERVATION[1]/OBX-1')).toBe('2');
    expect(lookUps(() => message.get(last))).toBeLessThan(20);

    message.setRaw('MSH-9', 'ADT^A08^ADT_A01');
    expect(message.get('OBSERVATION[1]/OBX-1')).toBeUndefined();
    message.setRaw('MSH-9', 'ORU^R01^ORU_R01');
    expect(message.get('OBSERVATION[1]/OBX-1')).toBe('2');
  });

  it('do not mix the groups of two dictionaries', () => {
    const message = results(2);
    expect(message.get(path('PATIENT_RESULT/OBX-1', dictionary('2.5.1')))).toBe('1');
    expect(message.get(path('PIDPD1NTEPV1PV2ORCOBRNTEOBXNTECTI/OBX-1'))).toBeUndefined();
    expect(message.get(path('OBSERVATION[2]/OBX-1', dictionary('2.6')))).toBe('2');
    expect(message.get('OBSERVATION[2]/OBX-1')).toBe('2');
  });

  it('read the very groups that structureOf gives, what came late included', () => {
    const message = parse(
      'MSH|^~\\&|||||||ORU^R01|1|P|2.5.1\rPID|1\rOBR|2\rOBX|3\rPV1|4\rOBX|5\rOBR|6\rZZZ|7\rOBX|8',
    );
    const told: string[] = [];
    const walk = (group: Group): void => {
      for (const id of new Set(group.segments().map((segment) => segment.id)))
        for (const [i, segment] of group.segments(id).entries())
          if (group.path !== '') told.push(`${group.path}/${id}[${i + 1}] ${segment.get('1')}`);
      for (const inner of group.groups()) walk(inner);
    };
    walk(structureOf(message).root);
    expect(told).toHaveLength(8);
    for (const each of told) {
      const [at = '', value] = each.split(' ');
      expect([at, message.get(`${at}-1`)]).toEqual([at, value]);
    }
  });
});
