import { expect, test } from 'vitest';
import { fingerprintOf } from './fingerprint.ts';

const failure = {
  code: 'WEBHOOK_REFUSED',
  at: { site: 'mercy', connection: 'app', step: 'post', path: 'body.id' },
};

test('code, flow, step and path make the group; the site and the connection do not', () => {
  const one = fingerprintOf(failure, 'notify');
  expect(one).toMatch(/^[0-9a-f]{16}$/);
  expect(
    fingerprintOf({ ...failure, at: { ...failure.at, site: 'lake', connection: 'crm' } }, 'notify'),
  ).toBe(one);
  const others = [
    fingerprintOf({ ...failure, code: 'WEBHOOK_GONE' }, 'notify'),
    fingerprintOf(failure, 'book'),
    fingerprintOf({ ...failure, at: { ...failure.at, step: 'put' } }, 'notify'),
    fingerprintOf({ ...failure, at: { step: 'post' } }, 'notify'),
    fingerprintOf({ ...failure, at: { path: 'body.id' } }, 'notify'),
    fingerprintOf(null, 'notify'),
  ];
  expect(new Set([one, ...others]).size).toBe(7);
});
