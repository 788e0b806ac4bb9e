import { afterEach, beforeEach, expect, test } from 'vitest';
import { manualClock } from '../../std/index.ts';
import type { Store, StoredUser } from '../../store/index.ts';
import { START } from '../server.fixture.ts';
import { openTestStore } from '../store.fixture.ts';
import { createSessions } from './session.ts';

const kim: StoredUser = { name: 'kim', role: 'admin', password: 'scrypt', createdAt: START, disabled: false };
const entry = { at: START, who: 'test', act: 'user.create', on: 'kim' };
const clock = manualClock(START);
let store: Store;
let close: () => Promise<void>;

beforeEach(async () => {
  ({ store, close } = await openTestStore(clock));
  await store.putUser(kim, entry);
});
afterEach(() => close());

test('a request under way while the person signs out does not bring the session back', async () => {
  const sessions = createSessions(store, clock);
  const cookie = await sessions.start('kim');
  const found = await sessions.find(cookie);
  clock.advance(60_000);
  await sessions.end(found?.session.id as string);
  await sessions.touch(found?.session as never);
  expect(await sessions.find(cookie)).toBeNull();
});

test('a session of a disabled user is none, even if its row is there', async () => {
  const sessions = createSessions(store, clock);
  await store.putUser({ ...kim, disabled: true }, entry);
  expect(await sessions.find(await sessions.start('kim'))).toBeNull();
});

test('the store holds the hash of the cookie, not the cookie', async () => {
  const sessions = createSessions(store, clock);
  const cookie = await sessions.start('kim');
  expect(await store.session(cookie)).toBeNull();
  expect((await sessions.find(cookie))?.session.id).not.toContain(cookie);
});
