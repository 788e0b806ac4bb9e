import { beforeEach, describe, expect, test } from 'vitest';
import type { FhirResource } from '../../fhir/index.ts';
import { type TestContext, testContext } from '../context.fixture.ts';
import { compare, type Patientwise } from './compare.ts';
import { Tally } from './findings.ts';
import { patientOf, visitOf } from './identities.ts';

const MRN = 'urn:mrn';
const CSN = 'urn:csn';
let context: TestContext;
let findings: Tally;
beforeEach(async () => {
  context = await testContext({ mrn: MRN });
  findings = new Tally();
});

const bytes = (resource: FhirResource): Uint8Array => new TextEncoder().encode(JSON.stringify(resource));
const of = (patient: string | undefined, ...resources: readonly FhirResource[]): Patientwise => ({
  ...(patient === undefined ? {} : { patient }),
  records: resources.map((resource) => ({ resource, bytes: bytes(resource) })),
});
const visit = (id: string, csn: string, more = {}): FhirResource => ({
  resourceType: 'Encounter',
  id,
  identifier: [{ system: CSN, value: csn }],
  ...more,
});
const person = (id: string, mrn: string, more = {}): FhirResource => ({
  resourceType: 'Patient',
  id,
  identifier: [{ system: MRN, value: mrn }],
  ...more,
});

/** One answer, committed as the engine does; what of it was told. */
async function told(resource: 'Encounter' | 'Patient', ...found: readonly Patientwise[]): Promise<string[]> {
  const identify = resource === 'Patient' ? patientOf : visitOf;
  const systems = { ...context, identifiers: { mrn: MRN, csn: CSN } };
  const answer = await compare(found, { resource, identify }, systems, findings, false);
  context.commit({ ...answer, cursor: null, findings: [], more: false });
  return answer.inbound.map(({ change, identity, bytes: body }) => {
    const { id } = JSON.parse(Buffer.from(body).toString()) as { id: string };
    return `${change} ${identity} ${id}`;
  });
}

describe('two records under one number', () => {
  test('of two patients: neither is told, nor taken for a change of the other, and a finding says so', async () => {
    const both = [of('a', visit('e1', '7')), of('b', visit('e2', '7'), visit('e3', '8'))];
    expect(await told('Encounter', ...both)).toEqual(['created CSN:8 e3']);
    expect(await told('Encounter', ...both)).toEqual([]);
    expect(findings.list()).toMatchObject([{ code: 'LEARN_SHARED_IDENTITY', count: 2 }]);
    // Corrected there: each is a record of its own again.
    const corrected = await told('Encounter', of('a', visit('e1', '7')), of('b', visit('e2', '9')));
    expect(corrected).toEqual(['created CSN:7 e1', 'created CSN:9 e2']);
  });

  test('two charts with one medical record number are not one patient', async () => {
    // Their number is all that an export knows them by: it leads to one key for both.
    const twins = of('key', person('p1', 'M1', { gender: 'male' }), person('p2', 'M1', { gender: 'female' }));
    expect(await told('Patient', twins)).toEqual([]);
    expect(findings.list()).toMatchObject([{ code: 'LEARN_SHARED_IDENTITY', count: 1 }]);
  });

  test('one record twice is one: on two pages the newer counts, and in two charts it is told once', async () => {
    const [older, newer] = ['1', '2'].map((versionId, at) =>
      visit('e1', '7', {
        status: versionId,
        meta: { versionId, lastUpdated: `2026-01-0${at + 1}T00:00:00Z` },
      }),
    ) as [FhirResource, FhirResource];
    expect(await told('Encounter', of('a', newer, older))).toEqual(['created CSN:7 e1']);
    expect(findings.list()).toEqual([]);
    expect(await told('Encounter', of('a', visit('e5', '5')), of('b', visit('e5', '5')))).toEqual([
      'created CSN:5 e5',
    ]);
    expect(findings.list()).toMatchObject([{ code: 'LEARN_SHARED_IDENTITY', count: 1 }]);
  });
});
