import { expect, test } from 'vitest';
import { shortScopes } from './short-scopes.ts';

test('fifty scopes are a line that can be read', () => {
  const long =
    'Observation.r?category=http://terminology.hl7.org/CodeSystem/observation-category|vital-signs';
  expect(
    shortScopes([
      'openid',
      'user/Patient.s',
      'user/Patient.r',
      `user/${long}`,
      'user/Observation.s',
      'Patient.Read',
    ]),
  ).toBe('openid, Patient.Read, Patient.rs, Observation.rs (some of them)');
});
