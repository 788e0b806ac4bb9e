import { flow, hl7 } from 'suture';

/** When a patient is admitted, the care app hears of it: ADT^A01, read as FHIR, sent as a webhook. */
export default flow('admission-notice', {
  about: 'Tells the care app when a patient is admitted.',
  order: 'patient',
})
  .on(hl7.message('ADT^A01'))
  .map('notice', {
    'patient.mrn': { from: 'hl7:PID-3[5=MR].1', required: true },
    'patient.family': 'event.patient.name[0].family',
    'patient.given': 'event.patient.name[0].given[0]',
    'patient.birthDate': 'event.patient.birthDate',
    'visit.number': { from: 'hl7:PV1-19.1', required: true },
    'visit.class': 'event.encounter.class.code',
    'visit.unit': 'hl7:PV1-3.1',
    'visit.room': 'hl7:PV1-3.2',
    'visit.admittedAt': 'event.encounter.period.start',
    hospital: 'site.name',
  })
  .send('notify', {
    connection: 'care-app',
    do: 'send',
    args: { path: { value: '/admissions' }, body: 'notice' },
  });
