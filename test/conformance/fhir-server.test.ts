import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSimulator, type Simulator } from '../../src/simulator/index.ts';
import { Examined, expectations } from './fhir-expectations.ts';
import { type OtherServer, openMedplum } from './fhir-medplum.ts';

let hospital: Simulator;
let medplum: OtherServer;
let ours: Examined;
let theirs: Examined;

beforeAll(async () => {
  hospital = await createSimulator({ patients: 1, eventsPerMinute: 0, generic: { content: 'empty' } });
  medplum = await openMedplum();
  ours = new Examined(hospital.genericBase);
  theirs = new Examined(medplum.base);
});
afterAll(async () => {
  await hospital.close();
  await medplum.close();
});

// The same expectations of a client, on the generic server of the simulator and on one that is not ours. Where the two
// differ the difference is named: when either changes its mind, this turns red.
describe.each(expectations)('$name', ({ run, expected, medplum: other }) => {
  test('on the generic server', async () => {
    expect(await run(ours)).toEqual(expected);
  });
  test(other ? `otherwise on Medplum's: ${other.because}` : "on Medplum's", async () => {
    expect(await run(theirs)).toEqual(other ? other.seen : expected);
  });
});
