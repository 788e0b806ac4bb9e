/**
 * Encounter at Epic: read and search only, in every FHIR version. Learnt like an Appointment, patient by patient over a
 * window of days; its CSN is the visit number of HL7 messages (PV1-19).
 */
import type { ResourceSpec } from '../../capability.ts';
import { groupExport } from '../group-export.ts';
import { writingCapabilities } from '../writing-capabilities.ts';

export { findEncounter, readEncounter } from './find.ts';

export const encounter: ResourceSpec = {
  resource: 'Encounter',
  identity: 'CSN',
  methods: ['poll', 'feed', 'feed wakes read', 'bulk'],
  scopes: { learn: ['system/Encounter.s', 'system/Patient.s'] },
  searchKeys: ['patient', 'date'],
  learning: {
    poll: {
      how: "Each patient's encounters of a window of days, compared by content.",
      needs: ['patient', 'date'],
      latency: 'the interval: active patients at the short one, the others at the long one',
      misses: 'encounters outside the window of days',
      ground: 'Epic R4 CapabilityStatement: no _lastUpdated, search by patient and date',
    },
    feed: {
      how: 'Visit messages, read as the encounter they name.',
      needs: ['ADT^A01', 'ADT^A02', 'ADT^A03', 'ADT^A04', 'ADT^A06', 'ADT^A08', 'ADT^A11', 'ADT^A13'],
      latency: 'seconds',
      misses: 'what PV1 and PV2 do not carry',
      ground: 'Epic outgoing patient administration interface: PV1-19 is the CSN',
    },
    'feed wakes read': {
      how: 'A visit message names the patient, who is then asked about by FHIR.',
      needs: ['ADT', 'patient', 'date'],
      latency: 'seconds',
      ground: 'both of the above',
    },
    bulk: groupExport,
  },
  capabilities: [
    {
      name: 'encounter.find',
      about: "A patient's visits between two dates, or the one of a visit number.",
      resource: 'Encounter',
      effect: false,
      scopes: ['system/Encounter.s'],
    },
    {
      name: 'encounter.read',
      about: 'One Encounter by FHIR id or reference.',
      resource: 'Encounter',
      effect: false,
      scopes: ['system/Encounter.r'],
    },
    ...writingCapabilities('Encounter'),
  ],
};
