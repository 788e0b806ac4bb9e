import { flow, hl7 } from 'suture';

/** Two days after a discharge somebody has the task to call, unless the discharge was cancelled or the patient is back. */
export default flow('follow-up', {
  about: 'Gives the care team a follow-up task after each discharge.',
  order: 'patient',
})
  .on(hl7.message('ADT^A03'))
  .filter('inpatient', { path: 'hl7:PV1-2', in: ['I', 'INPATIENT'] })
  .map('task', {
    visit: { from: 'hl7:PV1-19.1', required: true },
    what: { value: 'Call two days after discharge' },
    unit: 'hl7:PV1-3.1',
    dischargedAt: { from: 'hl7:PV1-45', transform: 'instant' },
    'patient.mrn': { from: 'hl7:PID-3[5=MR].1', required: true },
    'patient.family': 'hl7:PID-5.1',
    'patient.given': 'hl7:PID-5.2',
    'patient.phone': 'hl7:PID-13.1',
    hospital: 'site.name',
  })
  .wait('two-days', { for: '2 days', cancelOn: ['ADT^A13', 'ADT^A01'] })
  .find('known', {
    connection: 'app',
    do: 'find',
    args: { path: { value: '/tasks' }, 'query.visit': 'task.visit' },
    optional: true,
  })
  .create('given', {
    when: { path: 'known', exists: false },
    connection: 'app',
    do: 'create',
    args: { path: { value: '/tasks' }, body: 'task' },
  });
