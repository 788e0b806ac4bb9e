import { expect, test } from 'vitest';
import { logLine } from './log.ts';

test('a line of the log for people has the time, the place, what happened and what to do, and the rest at its end', () => {
  const at = Date.UTC(2026, 0, 5, 18, 22, 31);
  const facts = {
    site: 'mercy',
    connection: 'app',
    code: 'WEBHOOK_FAILED',
    fix: 'Start it.',
    queued: 3,
    limit: null,
  };
  expect(logLine('warn', 'It does not answer.', facts, at)).toBe(
    '18:22:31 warn   mercy / app: It does not answer. Start it. (code WEBHOOK_FAILED, queued 3)',
  );
  expect(logLine('info', 'replays begin', undefined, at)).toBe('18:22:31 info   replays begin');
});
