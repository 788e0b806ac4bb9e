/**
 * DocumentReference at Epic: clinical notes. The one of the five that has `_lastUpdated` (spelled `_lastupdated`), within
 * one patient: asked for by patient with an overlap that outlasts late commits and skew.
 */
import type { ResourceSpec } from '../../capability.ts';
import { groupExport } from '../group-export.ts';
import { writingCapabilities } from '../writing-capabilities.ts';

export { findDocument, readDocument } from './find.ts';

export const documentReference: ResourceSpec = {
  resource: 'DocumentReference',
  identity: 'note id',
  methods: ['poll', 'feed', 'feed wakes read', 'bulk'],
  scopes: { learn: ['system/DocumentReference.s', 'system/Patient.s'] },
  searchKeys: ['patient', '_lastupdated', 'date'],
  learning: {
    poll: {
      how: "Each patient's documents that were updated since the last look, with an overlap; once a day all of a window of days.",
      needs: ['patient', '_lastupdated', 'date'],
      latency: 'the interval: active patients at the short one, the others at the long one',
      ground: 'Epic R4 CapabilityStatement: _lastupdated on DocumentReference and MeasureReport only',
    },
    feed: {
      how: 'Document messages, read as the note they name.',
      needs: ['MDM^T02', 'MDM^T04', 'MDM^T08', 'MDM^T11'],
      latency: 'seconds',
      misses: 'what TXA does not carry; the note itself is in the message, not in a Binary',
      ground: 'Epic outgoing transcription interface',
    },
    'feed wakes read': {
      how: 'A document message names the patient, who is then asked about by FHIR.',
      needs: ['MDM', 'patient', '_lastupdated'],
      latency: 'seconds',
      ground: 'both of the above',
    },
    bulk: groupExport,
  },
  capabilities: [
    {
      name: 'documentReference.find',
      about: "A patient's documents, of a visit, a type or a time of making.",
      resource: 'DocumentReference',
      effect: false,
      scopes: ['system/DocumentReference.s'],
    },
    {
      name: 'documentReference.read',
      about: 'One DocumentReference by FHIR id or reference.',
      resource: 'DocumentReference',
      effect: false,
      scopes: ['system/DocumentReference.r'],
    },
    ...writingCapabilities('DocumentReference'),
  ],
};
