import { flow, hl7 } from 'suture';

/** When a patient who has a care manager is admitted, the care manager hears of it. Nobody else's admission leaves the hospital. */
export default flow('admission-notice', {
  about: 'Tells care managers when their patients are admitted.',
  order: 'patient',
})
  .on(hl7.message('ADT^A01'))
  .find('manager', {
    connection: 'app',
    do: 'find',
    args: { path: { value: '/care-managers' }, 'query.mrn': 'hl7:PID-3[5=MR].1' },
    optional: true,
  })
  .filter('has-a-manager', { path: 'manager', exists: true })
  .map('notice', {
    manager: { from: 'manager.id', required: true },
    'patient.mrn': { from: 'hl7:PID-3[5=MR].1', required: true },
    'patient.family': 'hl7:PID-5.1',
    'patient.given': 'hl7:PID-5.2',
    'visit.number': { from: 'hl7:PV1-19.1', required: true },
    'visit.unit': 'hl7:PV1-3.1',
    'visit.room': 'hl7:PV1-3.2',
    'visit.admittedAt': { from: ['hl7:PV1-44', 'hl7:EVN-6'], transform: 'instant' },
    hospital: 'site.name',
  })
  .send('tell', {
    connection: 'app',
    do: 'send',
    args: { path: { value: '/admissions' }, body: 'notice' },
  });
