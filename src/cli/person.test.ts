import { userInfo } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPasswords } from '../api/index.ts';
import { newDisk, openMemoryStore, type Store } from '../store/index.ts';
import { person, provenUser } from './person.ts';

let store: Store;
beforeAll(async () => {
  store = await openMemoryStore({ disk: newDisk() });
  const password = await createPasswords().hash('correct horse battery');
  for (const [name, role, disabled] of [
    ['ida', 'operator', false],
    ['kim', 'viewer', false],
    ['gone', 'admin', true],
  ] as const) {
    const entry = { at: 1, who: 'admin', act: 'user.create', on: name };
    await store.putUser({ name, role, password, createdAt: 1, disabled }, entry);
  }
});
afterAll(() => store.close());

test('whoever is at the command line is the system’s user, whatever the environment says', () => {
  const { USER, LOGNAME, SUDO_USER } = process.env;
  Object.assign(process.env, { USER: 'ida', LOGNAME: 'ida', SUDO_USER: 'ida' });
  try {
    expect(person()).toBe(`cli:${userInfo().username.toLowerCase()}`);
  } finally {
    for (const [name, value] of Object.entries({ USER, LOGNAME, SUDO_USER })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
});

test('without an engine a user of the console is who knows the password, and may: all else is refused, and recorded', async () => {
  expect(await provenUser(store, ' Ida ', 'correct horse battery')).toBe('ida');
  for (const [name, password] of [
    ['ida', 'another one'],
    ['ida', ''],
    ['kim', 'correct horse battery'],
    ['gone', 'correct horse battery'],
    ['nobody', 'correct horse battery'],
  ] as const)
    await expect(provenUser(store, name, password)).rejects.toMatchObject({ code: 'SIGN_IN_WRONG' });
  const { rows } = await store.auditTrail({ limit: 6 });
  expect(rows.map(({ who, facts }) => `${who} ${facts?.result}`)).toEqual([
    'unknown failed',
    ...['gone failed', 'kim failed', 'ida failed', 'ida failed', 'ida ok'],
  ]);
});
