/** `suture simulator` as somebody starts it: what it prints, what it refuses, and that it ends when it is told to. */
import { expect, test } from 'vitest';
import { suture } from './command-line.ts';
import { startSuture } from './process.ts';

test('starts a hospital of a kind, says where everything is, and ends when it is told to', async () => {
  const running = startSuture(
    [
      'simulator',
      '--port',
      '0',
      '--hl7-port',
      'off',
      '--profile',
      'prod-2025-11',
      '--patients',
      '5',
      '--stopped',
    ].concat(['--set', 'pageSize=7', '--now', '2026-05-12T15:00:00Z', '--hl7', '127.0.0.1:9/ADT']),
    process.env,
  );
  const [, admin = ''] = await running.printed(/Admin\s+(\S+)/);
  await running.printed(/Clients\s+\S+\/admin\/clients/);
  expect(running.output()).toContain('prod-2025-11, 5 patients, the clock stands');
  expect(running.output()).toMatch(/HL7 in\s+off/);
  const state = (await (await fetch(admin)).json()) as Record<string, unknown>;
  expect(state).toMatchObject({
    profile: 'prod-2025-11',
    changedSwitches: ['pageSize'],
    clock: { now: '2026-05-12T15:00:00.000Z', running: false },
    counts: { patients: 5 },
    feeds: [{ name: 'feed-1', kinds: ['ADT'] }],
  });
  await running.stop();
  await expect(fetch(admin)).rejects.toThrow();
});

test('what it cannot do it refuses with 2, in words', async () => {
  const refusals = [
    [['--profile', 'other'], 'profile must be one of sandbox-2026-05'],
    [['--hl7', 'nowhere'], 'must be host:port'],
  ] as const;
  await Promise.all(
    refusals.map(async ([words, text]) => {
      const { code, errors } = await suture(['simulator', '--port', '0', '--hl7-port', '0', ...words]);
      expect([code, errors]).toEqual([2, expect.stringContaining(text)]);
    }),
  );
});
