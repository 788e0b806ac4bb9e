import { describe, expect, test } from 'vitest';
import { type Api, apiName, grantedScope, isAllowed, isScope } from './scopes.ts';

const served: readonly Api[] = [
  { type: 'Patient', interaction: 'read' },
  { type: 'Patient', interaction: 'search' },
  { type: 'Patient', interaction: 'create' },
  { type: 'Observation', interaction: 'search', category: 'vital-signs' },
  { type: 'Observation', interaction: 'search', category: 'laboratory' },
];

describe('a granted scope is spelled in each of the ways that were seen', () => {
  const vitals = 'http://terminology.hl7.org/CodeSystem/observation-category|vital-signs';
  const labs = 'http://terminology.hl7.org/CodeSystem/observation-category|laboratory';
  test.each([
    [
      'v2',
      `system/Patient.r system/Patient.s system/Patient.c system/Observation.s?category=${vitals} system/Observation.s?category=${labs}`,
    ],
    ['v1', 'system/Patient.read system/Patient.write system/Observation.read'],
    ['epic', 'Patient.read Patient.search Patient.create Observation.search'],
    ['user', 'user/Patient.Read user/Patient.Search user/Patient.Create user/Observation.Search'],
  ] as const)('%s', (scopeSpelling, expected) => {
    const scope = grantedScope({}, served, 'system', { scopeSpelling, scopeCategories: true });
    expect(scope).toBe(expected);
    // What was granted can be read again, and lets in what it says.
    for (const each of scope.split(' ')) expect(isScope(each)).toBe(true);
    const again = { scopes: scope.split(' ') };
    for (const { type, interaction, category } of served) {
      expect(isAllowed(again, type, interaction, category)).toBe(true);
    }
  });

  test('or without categories', () => {
    const scope = grantedScope({}, served, 'patient', { scopeSpelling: 'v2', scopeCategories: false });
    expect(scope).toBe('patient/Patient.r patient/Patient.s patient/Patient.c patient/Observation.s');
  });
});

test('a record holds what its scopes say and nothing else', () => {
  const may = (scope: string, type: string, interaction: Api['interaction'], category?: string) =>
    isAllowed({ scopes: [scope] }, type, interaction, category);
  expect(may('Patient.Read', 'Patient', 'search')).toBe(false);
  expect(may('system/Patient.read', 'Patient', 'search')).toBe(true);
  expect(may('system/Patient.read', 'Patient', 'create')).toBe(false);
  expect(may('user/Patient.write', 'Patient', 'create')).toBe(true);
  expect(may('system/Patient.cu', 'Patient', 'update')).toBe(true);
  expect(may('system/*.rs', 'Encounter', 'search')).toBe(true);
  expect(may('system/*.*', 'Encounter', 'create')).toBe(true);
  expect(may('Observation.Create (vital-signs)', 'Observation', 'create', 'vital-signs')).toBe(true);
  expect(may('Observation.Create (vital-signs)', 'Observation', 'create', 'laboratory')).toBe(false);
  expect(may('Observation.Create (vital-signs)', 'Observation', 'create')).toBe(true);
  expect(may('nonsense', 'Patient', 'read')).toBe(false);
  expect(isAllowed({ scopes: [] }, 'Patient', 'read')).toBe(false);
  expect(isAllowed({}, 'Patient', 'read')).toBe(true);
  expect(served.map(apiName).every(isScope)).toBe(true);
});
