import { expect, it } from 'vitest';
import { fhirFailures } from '../fhir/index.ts';
import {
  bulkFailures,
  cdsFailures,
  connectors,
  epicFailures,
  mllpFailures,
  webhookFailures,
  writeFailures,
} from './index.ts';

it('has each connector under its own name, with every capability an action stands behind', () => {
  expect([...connectors].map(([name, connector]) => [name, connector.name])).toEqual([
    ['cds', 'cds'],
    ['email', 'email'],
    ['epic', 'epic'],
    ['fhir', 'fhir'],
    ['file', 'file'],
    ['mllp', 'mllp'],
    ['webhook', 'webhook'],
  ]);
  const namesOf = (name: string): string[] =>
    (connectors.get(name)?.capabilities ?? []).map((capability) => capability.name);
  expect(namesOf('mllp')).toEqual(['send']);
  expect(namesOf('webhook')).toEqual(['send', 'find', 'create', 'update']);
  const five = ['patient', 'appointment', 'encounter', 'observation', 'documentReference'];
  for (const name of five) {
    for (const connector of ['epic', 'fhir'])
      expect(namesOf(connector)).toEqual(
        expect.arrayContaining(['find', 'read', 'create', 'upsert'].map((verb) => `${name}.${verb}`)),
      );
  }
  // What Epic cannot change is not offered.
  expect(namesOf('epic').filter((name) => name.endsWith('.update'))).toEqual([
    'observation.update',
    'documentReference.update',
  ]);
  const learnt = connectors.get('epic')?.resources?.find(({ resource }) => resource === 'Appointment');
  expect(learnt?.scopes.learn).toEqual(['system/Appointment.s', 'system/Patient.s']);
});

it('names every failure once, by its room, and says what to do first', () => {
  const tables = {
    FHIR: fhirFailures,
    EPIC: epicFailures,
    MLLP: mllpFailures,
    WEBHOOK: webhookFailures,
    CDS: cdsFailures,
    BULK: bulkFailures,
    WRITE: writeFailures,
  };
  for (const [room, table] of Object.entries(tables)) {
    for (const [code, { about, fix }] of Object.entries(table)) {
      expect(code).toMatch(new RegExp(`^${room}_[A-Z_]+$`));
      expect(about, code).toMatch(/^[A-Z].*\.$/s);
      expect(fix, code).toMatch(/^[A-Z].*\.$/s);
    }
  }
});
