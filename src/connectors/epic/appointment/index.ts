/**
 * Appointment at Epic: found and read, and learnt by walking the roster. There is no `_lastUpdated`, no
 * search over all patients, no Subscription and no create in R4, so changes are told by content.
 */
import type { ResourceSpec } from '../../capability.ts';
import { groupExport } from '../group-export.ts';
import { writingCapabilities } from '../writing-capabilities.ts';

export { findAppointment, readAppointment } from './find.ts';

export const appointment: ResourceSpec = {
  resource: 'Appointment',
  identity: 'CSN',
  methods: ['poll', 'feed', 'feed wakes read', 'bulk'],
  // Patients of the roster are found by their number first.
  scopes: { learn: ['system/Appointment.s', 'system/Patient.s'] },
  searchKeys: ['patient', 'date'],
  learning: {
    poll: {
      how: "Each patient's appointments of a window of days, compared by content.",
      needs: ['patient', 'date'],
      latency: 'the interval: active patients at the short one, the others at the long one',
      misses: 'appointments outside the window of days',
      ground: 'Epic R4 CapabilityStatement: no _lastUpdated, search by patient and date',
    },
    feed: {
      how: 'Scheduling messages, read as the appointment they name.',
      needs: ['SIU^S12', 'SIU^S13', 'SIU^S14', 'SIU^S15', 'SIU^S26'],
      latency: 'seconds',
      misses: 'what the message does not carry: the resource holds what SIU says and no more',
      ground: 'Epic outgoing scheduling interface: SIU with the CSN in SCH-2 and PV1-19',
    },
    'feed wakes read': {
      how: 'A scheduling message names the patient, who is then asked about by FHIR.',
      needs: ['SIU', 'patient', 'date'],
      latency: 'seconds',
      ground: 'both of the above',
    },
    bulk: {
      ...groupExport,
      misses: 'everything between two exports that was undone again',
    },
  },
  capabilities: [
    {
      name: 'appointment.find',
      about: "A patient's appointments between two dates.",
      resource: 'Appointment',
      effect: false,
      scopes: ['system/Appointment.s'],
    },
    {
      name: 'appointment.read',
      about: 'One appointment by FHIR id or reference.',
      resource: 'Appointment',
      effect: false,
      scopes: ['system/Appointment.r'],
    },
    ...writingCapabilities('Appointment'),
  ],
};
