import { describe, expect, test } from 'vitest';
import {
  behaviourOf,
  describeBehaviour,
  profileNames,
  readBehaviour,
  Switchboard,
  switches,
} from './index.ts';

describe('profiles', () => {
  test.each(profileNames)('%s has an allowed value for every switch', (name) => {
    const behaviour = behaviourOf(name);
    expect(readBehaviour(behaviour)).toEqual(behaviour);
    expect(Object.keys(behaviour).sort()).toEqual(Object.keys(switches).sort());
  });

  test('are different hospitals', () => {
    const kinds = profileNames.map((name) => JSON.stringify(behaviourOf(name)));
    expect(new Set(kinds).size).toBe(profileNames.length);
  });

  test('every switch says what it is for', () => {
    for (const { about, expects } of describeBehaviour(behaviourOf('sandbox-2026-05'))) {
      expect(about.length).toBeGreaterThan(10);
      expect(expects).not.toBe('');
    }
  });
});

describe('a switchboard', () => {
  test('changes in place, names what was changed, and forgets it with another profile', () => {
    const board = new Switchboard('legacy-2022', { pageSize: 10 });
    const { behaviour } = board;
    board.change({ pkce: 'required' });
    expect(behaviour).toMatchObject({ pageSize: 10, pkce: 'required', postFilters: false });
    expect(board.changed).toEqual(['pkce', 'pageSize']);
    board.choose('strict-proxy');
    expect(board.behaviour).toBe(behaviour);
    expect(behaviour).toEqual(behaviourOf('strict-proxy'));
  });

  test('what is no switch, or no value of one, is refused in words', () => {
    expect(() => readBehaviour({ pkce: 'maybe' })).toThrow('pkce must be one of ignored, checked, required');
    expect(() => readBehaviour({ pageSize: 0 })).toThrow('a whole number from 1 to 1000');
    expect(() => readBehaviour({ weather: 'fine' })).toThrow('weather is no switch');
    expect(() => readBehaviour({ audiences: [1] })).toThrow('a list of texts');
    expect(() => readBehaviour({ constructor: true })).toThrow('no switch');
  });
});
