import { expect, it } from 'vitest';
import { fhirFailures } from '../fhir/index.ts';
import { connectors, epicFailures, mllpFailures, webhookFailures } from './index.ts';

it('has each connector under its own name, with every capability an action stands behind', () => {
  expect([...connectors].map(([name, connector]) => [name, connector.name])).toEqual([
    ['epic', 'epic'],
    ['fhir', 'fhir'],
    ['mllp', 'mllp'],
    ['webhook', 'webhook'],
  ]);
  const capabilities = [...connectors.values()].map(({ name, capabilities: list }) => [
    name,
    ...list.map((capability) => capability.name),
  ]);
  expect(capabilities).toEqual([
    ['epic', 'patient.find', 'patient.read', 'appointment.find', 'appointment.read'],
    [
      'fhir',
      ...['patient', 'appointment', 'encounter', 'observation', 'documentReference'].flatMap((name) => [
        `${name}.find`,
        `${name}.read`,
      ]),
    ],
    ['mllp', 'send'],
    ['webhook', 'send', 'find', 'create', 'update'],
  ]);
  const learnt = connectors.get('epic')?.resources?.find(({ resource }) => resource === 'Appointment');
  expect(learnt?.scopes.learn).toEqual(['system/Appointment.s', 'system/Patient.s']);
});

it('names every failure once, by its room, and says what to do first', () => {
  const tables = { FHIR: fhirFailures, EPIC: epicFailures, MLLP: mllpFailures, WEBHOOK: webhookFailures };
  for (const [room, table] of Object.entries(tables)) {
    for (const [code, { about, fix }] of Object.entries(table)) {
      expect(code).toMatch(new RegExp(`^${room}_[A-Z_]+$`));
      expect(about, code).toMatch(/^[A-Z].*\.$/s);
      expect(fix, code).toMatch(/^[A-Z].*\.$/s);
    }
  }
});
