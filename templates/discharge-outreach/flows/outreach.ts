import { flow, hl7 } from 'suture';

/** Discharge dispositions (PV1-36) after which somebody is at home: 01 home, 06 home with home health, 07 against advice. */
const HOME = ['01', '06', '07'];

/** Who goes home is put on the outreach list the next day, unless the discharge was taken back or they are in hospital again. */
export default flow('outreach', {
  about: 'Puts patients who went home on the outreach list.',
  order: 'patient',
})
  .on(hl7.message('ADT^A03'))
  .filter('inpatient', { path: 'hl7:PV1-2', in: ['I', 'INPATIENT'] })
  .filter('at-home', { path: 'hl7:PV1-36', in: HOME })
  .filter('alive', { not: { path: 'hl7:PID-30', equals: 'Y' } })
  .wait('next-day', { for: '1 day', cancelOn: ['ADT^A13', 'ADT^A01'] })
  .map('call', {
    visit: { from: 'hl7:PV1-19.1', required: true },
    unit: 'hl7:PV1-3.1',
    disposition: 'hl7:PV1-36',
    dischargedAt: { from: 'hl7:PV1-45', transform: 'instant' },
    'patient.mrn': { from: 'hl7:PID-3[5=MR].1', required: true },
    'patient.family': 'hl7:PID-5.1',
    'patient.given': 'hl7:PID-5.2',
    'patient.phone': 'hl7:PID-13.1',
    'patient.language': 'hl7:PID-15.1',
    hospital: 'site.name',
  })
  .send('list', {
    connection: 'app',
    do: 'send',
    args: { path: { value: '/outreach' }, body: 'call' },
  });
