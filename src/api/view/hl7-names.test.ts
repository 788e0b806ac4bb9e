import { expect, it } from 'vitest';
import { namesOf } from './hl7-names.ts';

it('calls segments and fields as the version of the message does', () => {
  const { segment, field } = namesOf('2.5.1');
  expect([segment('PID'), field('PID', 5), field('PID', 8)]).toEqual([
    'Patient Identification',
    'Patient Name',
    'Administrative Sex',
  ]);
  expect(namesOf('2.3').field('PID', 8)).toBe('Sex');
});

it('knows what came later than the version that a sender declares, and the segments of the site', () => {
  const { segment, field } = namesOf('2.3');
  expect([segment('SFT'), field('SFT', 1)]).toEqual(['Software Segment', 'Software Vendor Organization']);
  expect(field('PID', 35)).toBe('Species Code');
  expect(field('PID', 99)).toBe('field 99');
  expect([segment('ZPD'), field('ZPD', 2)]).toEqual(['site-defined', 'site-defined']);
  expect([segment('DOE'), field('DOE', 1)]).toEqual([null, 'field 1']);
  expect(namesOf('no version').field('PID', 5)).toBe('Patient Name');
});
