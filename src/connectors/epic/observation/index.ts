/**
 * Observation at Epic: vital signs and laboratory results, asked for by patient and category (a search without category
 * or code is refused). `issued` is when it was made available, so what is filed late is found by it and not by `date`.
 */
import type { ResourceSpec } from '../../capability.ts';
import { groupExport } from '../group-export.ts';
import { writingCapabilities } from '../writing-capabilities.ts';

export { findObservation, readObservation } from './find.ts';

export const observation: ResourceSpec = {
  resource: 'Observation',
  identity: 'order, code and time',
  methods: ['poll', 'feed', 'feed wakes read', 'bulk'],
  scopes: { learn: ['system/Observation.s', 'system/Patient.s'] },
  searchKeys: ['patient', 'category', 'issued'],
  learning: {
    poll: {
      how: "Each patient's observations of each category issued in a window of days, compared by content.",
      needs: ['patient', 'category', 'issued'],
      latency: 'the interval: active patients at the short one, the others at the long one',
      misses: 'corrections of what was issued before the window',
      ground: 'Epic R4 CapabilityStatement: no _lastUpdated, search by category and issued',
    },
    feed: {
      how: 'Result messages, each OBX read as the observation it is.',
      needs: ['ORU^R01'],
      latency: 'seconds',
      misses: 'flowsheet values that no interface sends',
      ground: 'Epic outgoing results interface',
    },
    'feed wakes read': {
      how: 'A result message names the patient, who is then asked about by FHIR.',
      needs: ['ORU', 'patient', 'category', 'issued'],
      latency: 'seconds',
      ground: 'both of the above',
    },
    bulk: groupExport,
  },
  capabilities: [
    {
      name: 'observation.find',
      about: "A patient's values of a category or a code.",
      resource: 'Observation',
      effect: false,
      scopes: ['system/Observation.s'],
    },
    {
      name: 'observation.read',
      about: 'One Observation by FHIR id or reference.',
      resource: 'Observation',
      effect: false,
      scopes: ['system/Observation.r'],
    },
    ...writingCapabilities('Observation'),
  ],
};
