import type { Coverage } from '../../world/clinical-records.ts';
import type { Declaration, Site } from '../declaration.ts';
import { refuse } from '../outcome.ts';
import { subjectOf } from '../search.ts';
import { patientReference } from './display.ts';

/** Coverage: read and search. */
export function coverages(site: Site): Declaration<Coverage> {
  const { hospital } = site;
  return {
    type: 'Coverage',
    interactions: { R4: ['read', 'search'] },
    native: [
      { name: 'beneficiary', type: 'reference', documentation: 'Who is covered.', include: 'beneficiary' },
      { name: 'patient', type: 'reference', documentation: 'Who is covered.', include: 'beneficiary' },
    ],
    postFilters: [
      { name: 'status', type: 'token', at: 'status' },
      { name: 'subscriber', type: 'reference', at: 'subscriber' },
    ],
    find: (id) => hospital.record('Coverage', id),
    idOf: ({ fhirId }) => fhirId,
    patientOf: ({ patient }) => hospital.patients.get(patient),
    chart: (patient) => hospital.chart('Coverage', patient),
    candidates(query) {
      const patient = subjectOf(site, query, ['patient', 'beneficiary']);
      if (!patient) throw refuse(59108, { element: 'patient' });
      return hospital.chart('Coverage', patient);
    },
    render: ({ fhirId, patient, payer, payerId, plan, memberId, from }) => ({
      resourceType: 'Coverage',
      id: fhirId,
      status: 'active',
      type: { text: plan },
      subscriber: patientReference(hospital, patient),
      subscriberId: memberId,
      beneficiary: patientReference(hospital, patient),
      relationship: {
        coding: [
          {
            system: 'http://terminology.hl7.org/CodeSystem/subscriber-relationship',
            code: 'self',
            display: 'Self',
          },
        ],
      },
      period: { start: from },
      payor: [{ identifier: { value: payerId }, display: payer }],
      class: [
        {
          type: {
            coding: [{ system: 'http://terminology.hl7.org/CodeSystem/coverage-class', code: 'plan' }],
          },
          value: plan,
          name: plan,
        },
      ],
    }),
  };
}
