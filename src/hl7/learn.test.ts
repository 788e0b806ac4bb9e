import { describe, expect, it } from 'vitest';
import { parse as parseYaml, stringify } from 'yaml';
import { diffProfiles } from './diff-profiles.ts';
import { Learner, learnProfile } from './learn.ts';
import { type Message, parse } from './message.ts';
import { matchesPattern } from './profile-pattern.ts';
import { profile } from './profile-reading.ts';
import { profileText } from './profile-text.ts';
import { validate } from './validate/index.ts';

const sexes = ['F', 'F', 'M'];

/** A feed of synthetic admissions; every third has a phone number, and the last segment is the site's own. */
function feed(count: number, change: (text: string, i: number) => string = (text) => text): Message[] {
  return Array.from({ length: count }, (_, i) =>
    parse(
      change(
        [
          `MSH|^~\\&|EHR|NORTH|||20260131120000||ADT^A01^ADT_A01|${i}|P|2.5.1`,
          'EVN||20260131120000',
          `PID|1||${7_000_000 + i}^^^EPIC^MR||SURNAME${i}^GIVEN${i}||1980${String(101 + (i % 28))}|${sexes[i % 3]}|||${i} MAIN^^TOWN${i}^^^US^H^^COUNTY${i % 2}|C${i % 2}|${i % 3 === 0 ? `^PRN^PH^^^555^${i}` : ''}`,
          `NK1|1|KIN${i}^OF|SPO`,
          'PV1|1|I|||||99^DOCTOR^WHO',
          `ZPD|secret${i}|Y`,
          '',
        ].join('\r'),
        i,
      ),
    ),
  );
}

describe('learning', () => {
  it('finds what a feed always has, how often, and its codes', () => {
    const learned = learnProfile(feed(60), { name: 'North' });
    expect(learned).toMatchObject({ name: 'North', version: '2.5.1', senders: ['EHR'] });
    expect(learned.messages?.['ADT^A01']).toEqual({
      segments: Object.fromEntries(
        ['MSH', 'EVN', 'PID', 'NK1', 'PV1', 'ZPD'].map((id) => [id, { min: 1, max: 1 }]),
      ),
      order: ['MSH', 'EVN', 'PID', 'NK1', 'PV1', 'ZPD'],
    });
    expect(learned.fields?.['PID-8']).toEqual({ required: true, codes: ['F', 'M'] });
    expect(learned.fields?.['PID-3.5']).toEqual({ codes: ['MR'] });
    expect(learned.fields?.['PID-13']).toBeUndefined();
    expect(learned.observed?.fields['PID-8']).toEqual({
      filled: 60,
      of: 60,
      longest: 1,
      codes: { F: 40, M: 20 },
    });
    expect(learned.observed?.fields['PID-13']).toMatchObject({ filled: 20, of: 60 });
  });

  it('keeps nothing that says who a person is', () => {
    const learned = JSON.stringify(learnProfile(feed(60)));
    for (const value of [
      'SURNAME',
      'GIVEN',
      '70000',
      'MAIN',
      'TOWN',
      'COUNTY',
      '"C0"',
      'KIN',
      'DOCTOR',
      'secret',
      '1980',
    ])
      expect(learned).not.toContain(value);
    // Of an address not even its country and kind, and no list of what is another each time.
    expect(learnProfile(feed(60)).observed?.fields).not.toHaveProperty(['PID-11.6']);
    const rare = learnProfile(feed(30, (text, i) => text.replace('|SPO', `|ROE${i}`)));
    expect(JSON.stringify(rare)).not.toContain('ROE');
    // The sender writes a name, or a number of a person, where a code should be.
    const sloppy = (value: (i: number) => string) =>
      JSON.stringify(
        learnProfile(feed(60, (text, i) => text.replace('|SPO', `|${value(i)}`))).observed?.fields['NK1-3.1'],
      );
    expect(sloppy((i) => `Jane Roe ${i % 3}`)).not.toContain('Jane');
    expect(sloppy((i) => `ROE${i}`)).not.toContain('ROE');
    expect(sloppy(() => '123456789')).not.toContain('123456789');
    expect(sloppy((i) => (i % 2 === 0 ? 'SPO' : 'CHD'))).toContain('"SPO":30');
  });

  it('holds others to nothing it saw too seldom', () => {
    const learned = learnProfile(feed(5));
    expect(learned.fields).toEqual({});
    expect(learned.messages?.['ADT^A01']).toEqual({
      segments: Object.fromEntries(['MSH', 'EVN', 'PID', 'NK1', 'PV1', 'ZPD'].map((id) => [id, {}])),
    });
    expect(learned.observed?.fields['PID-8']?.codes).toEqual({ F: 4, M: 1 });
    expect(learnProfile(feed(5), { evidence: 5 }).fields?.['PID-8']).toEqual({
      required: true,
      codes: ['F', 'M'],
    });
  });

  it('gives a profile that its own feed meets, through YAML and back', () => {
    const messages = feed(60);
    const { value, comments } = profileText(learnProfile(messages));
    const read = profile(parseYaml(stringify(value)));
    expect(read).toEqual(value);
    for (const message of messages)
      expect(validate(message, { profile: read, levels: ['profile'] })).toEqual([]);
    expect(comments).toContainEqual({
      at: ['fields', 'PID-8'],
      text: 'Administrative Sex; filled in all of 60 PID segments; at most 1 characters; F 40, M 20',
    });
    expect(comments).toContainEqual({ at: ['messages', 'ADT^A01'], text: 'in all of 60 messages' });
  });

  it('does not grow with what it is given', () => {
    const learner = new Learner();
    for (let i = 0; i < 2_000; i += 1) {
      const id = `Z${i.toString(36).toUpperCase().padStart(2, '0').slice(-2)}`;
      learner.add(parse(`MSH|^~\\&|S${i}||||||T${i}^A${i}|1|P|9.${i}\r${id}|1\r`));
    }
    learner.add(parse('nothing'));
    expect(learner.counts).toEqual({ messages: 2_000, unusable: 1 });
    const { observed } = learner.profile();
    expect(Object.keys(observed?.types ?? {}).length).toBeLessThanOrEqual(200);
    expect(Object.keys(observed?.senders ?? {}).length).toBeLessThanOrEqual(200);
    expect(Object.keys(observed?.segments ?? {}).length).toBeLessThanOrEqual(200);
  });

  it('gives no order where messages disagree', () => {
    const turned = feed(60, (text, i) => (i === 30 ? text.replace(/(NK1.*\r)(PV1.*\r)/, '$2$1') : text));
    expect(learnProfile(turned).messages?.['ADT^A01']?.order).toBeUndefined();
  });
});

describe('two profiles of one feed', () => {
  it('tell what a new version of it changed', () => {
    const before = learnProfile(feed(60));
    const after = learnProfile(
      feed(60, (text, i) =>
        text
          .replace(/NK1.*\r/, '')
          .replace('|M|', i % 2 === 0 ? '|X|' : '|M|')
          .replace(/\^PRN\^PH.*/, '')
          .replace('PV1|1|I', 'PV1|1|I|WARD'),
      ),
    );
    const texts = diffProfiles(before, after).map(({ text }) => text);
    expect(texts).toContain('PID-8 has the new code X (10 times).');
    expect(texts).toContain('Segments NK1 no longer come.');
    expect(texts).toContain('PID-13 is never filled; it was before.');
    expect(texts).toContain('PV1-3 is filled, which it never was before.');
    expect(diffProfiles(before, before)).toEqual([]);
  });

  it('tell a drop in how often a field is filled', () => {
    const before = learnProfile(feed(60));
    const after = learnProfile(feed(60, (text, i) => (i % 2 === 0 ? text.replace('|SPO', '|') : text)));
    expect(diffProfiles(before, after)).toContainEqual({
      kind: 'changed',
      at: 'fields.NK1-3',
      text: 'NK1-3 is filled in 50 % of its places, before in 100 %.',
    });
    expect(diffProfiles(before, after, { points: 60 }).some(({ at }) => at === 'fields.NK1-3')).toBe(false);
  });

  it('written by people, tell their rules apart', () => {
    const a = profile({ name: 'a', fields: { 'PID-3': { required: true }, 'PID-8': { codes: ['F'] } } });
    const b = profile({
      name: 'b',
      version: '2.4',
      fields: { 'PID-3': { length: 5 }, 'PID-8': { codes: ['F', 'M'] } },
    });
    expect(diffProfiles(a, b).map(({ text }) => text)).toEqual([
      'The version is 2.4, before that of each message.',
      'The profile no longer says required of PID-3; it was true.',
      'The profile now says length of PID-3: 5.',
      'The profile says codes of PID-8: ["F","M"], before ["F"].',
    ]);
  });
});

describe('a pattern of a profile', () => {
  it('matches by simple signs', () => {
    for (const [value, pattern] of [
      ['A-1234', '@-####'],
      ['', '*'],
      ['abc', 'a*c'],
      ['a.c', 'a.c'],
      ['É1', '@?'],
    ] as const)
      expect(matchesPattern(value, pattern)).toBe(true);
    for (const [value, pattern] of [
      ['A-123', '@-####'],
      ['abc', 'a.c'],
      ['', '?'],
      ['abd', 'a*c'],
      ['ab', 'a'],
    ] as const)
      expect(matchesPattern(value, pattern)).toBe(false);
  });

  it('ends, whatever it is', () => {
    expect(matchesPattern('a'.repeat(1_000), `${'*a'.repeat(49)}b`)).toBe(false);
    expect(matchesPattern('a'.repeat(1_001), '*')).toBe(false);
    expect(matchesPattern('a', '*'.repeat(101))).toBe(false);
  });
});
