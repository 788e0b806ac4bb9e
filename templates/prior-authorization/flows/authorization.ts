import { appointment, flow } from 'suture';

/** Visit types that need a prior authorization, by the site's codes. */
const SERVICES = ['2310', '2311', '3055'];

/** A new appointment for such a service starts a request for authorization, after a person has looked at it. */
export default flow('authorization', {
  about: 'Starts prior authorizations for appointments that need one.',
  order: 'patient',
})
  .on(appointment.created())
  .filter('needs-one', { path: 'event.serviceType[0].coding[0].code', in: SERVICES })
  .find('patient', {
    connection: 'epic',
    do: 'patient.read',
    args: { reference: 'event.participant[actor.reference^=Patient/].actor.reference' },
  })
  .approve('coordinator', {
    ask: 'Shall a prior authorization be requested for this appointment?',
    role: 'operator',
    deadline: '3 days',
    whenLate: 'hold',
    show: {
      patient: 'patient.name[use=official].family',
      service: 'event.serviceType[0].text',
      start: 'event.start',
    },
  })
  .map('request', {
    csn: { from: 'event.identifier[0].value', required: true },
    service: { from: 'event.serviceType[0].coding[0].code', required: true },
    serviceName: 'event.serviceType[0].text',
    start: 'event.start',
    approvedBy: 'coordinator.who',
    'patient.mrn': 'patient.identifier[system=%site.mrnSystem].value',
    'patient.family': 'patient.name[use=official].family',
    'patient.birthDate': 'patient.birthDate',
    hospital: 'site.name',
  })
  .create('requested', {
    connection: 'app',
    do: 'create',
    args: { path: { value: '/authorizations' }, body: 'request' },
  });
