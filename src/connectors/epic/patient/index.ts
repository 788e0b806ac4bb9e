/**
 * Patient at Epic: found by identifier or by strong demographics, read by id. Never picked. Learnt by reading the
 * roster's patients again: no search tells who has changed, and none gives all patients.
 */
import type { ResourceSpec } from '../../capability.ts';
import { groupExport } from '../group-export.ts';
import { writingCapabilities } from '../writing-capabilities.ts';

export { findPatient, readPatient, resolvePatient } from './find.ts';

export const patient: ResourceSpec = {
  resource: 'Patient',
  identity: 'assigner and type of an identifier',
  methods: ['poll', 'feed', 'feed wakes read', 'bulk'],
  scopes: { learn: ['system/Patient.rs'] },
  searchKeys: ['identifier', 'family', 'given', 'birthdate', 'gender'],
  learning: {
    poll: {
      how: 'Each patient of the roster is read again and compared by content.',
      needs: ['identifier', '_id'],
      latency: 'the interval: active patients at the short one, the others at the long one',
      misses: 'patients that are not on the roster',
      ground: 'Epic R4 CapabilityStatement: no _lastUpdated; a search needs demographics or _id (59159)',
    },
    feed: {
      how: 'Registration messages, read as the patient they name.',
      needs: ['ADT^A01', 'ADT^A04', 'ADT^A05', 'ADT^A08', 'ADT^A28', 'ADT^A31', 'ADT^A40'],
      latency: 'seconds',
      misses: 'what PID, PD1 and NK1 do not carry',
      ground: 'Epic outgoing patient administration interface',
    },
    'feed wakes read': {
      how: 'A message names the patient, who is then read by FHIR.',
      needs: ['ADT', 'identifier'],
      latency: 'seconds',
      ground: 'both of the above',
    },
    bulk: {
      ...groupExport,
      ground: 'Epic Bulk Data: Group export, no _since; _type=Patient alone is refused (59159)',
    },
  },
  capabilities: [
    {
      name: 'patient.find',
      about: 'All patients that an identifier, an id, or name, birth date and sex together lead to.',
      resource: 'Patient',
      effect: false,
      // Finding by id is a read.
      scopes: ['system/Patient.rs'],
    },
    {
      name: 'patient.read',
      about: 'One patient by FHIR id or reference.',
      resource: 'Patient',
      effect: false,
      scopes: ['system/Patient.r'],
    },
    ...writingCapabilities('Patient'),
  ],
};
