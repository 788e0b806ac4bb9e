import { expect, test } from 'vitest';
import { siteSchema } from '../site/index.ts';
import { permitted } from './necessary.ts';

const site = siteSchema.parse({
  ...{ site: 'mercy', name: 'Mercy', environment: 'sandbox', ehr: { vendor: 'any' }, timeZone: 'UTC' },
  ...{ identifiers: { mrn: { system: 'urn:mrn' } }, connections: {} },
});
const sees = (call: object): boolean =>
  permitted({ list: 'cohort.csv' }, site, 'json', Buffer.from(JSON.stringify(call)), new Set(['77'])).seen;
const patient = (id?: string) => ({
  ...{ resourceType: 'Patient', identifier: [{ system: 'urn:mrn', value: '77' }] },
  ...(id === undefined ? {} : { id }),
});

test('of a CDS call the number of the patient counts whom it is about, and of nobody else that was sent along', () => {
  const context = { patientId: 'p1' };
  expect(sees({ context, prefetch: { one: null, patient: patient('p1') } })).toBe(true);
  expect(sees({ context, prefetch: { patient: patient('p2') } })).toBe(false);
  expect(sees({ context, prefetch: { patient: patient() } })).toBe(false);
  // About nobody: a patient without an id is not that nobody.
  expect(sees({ prefetch: { patient: patient() } })).toBe(false);
  expect(sees({ context: {}, prefetch: { patient: patient() } })).toBe(false);
});
