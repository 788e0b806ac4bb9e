import { appointment, flow } from 'suture';

/** A new appointment in the EHR is read in full, with its patient, and made in the application unless it is there. */
export default flow('new-appointment', {
  about: 'Brings every new appointment to the application.',
  order: 'patient',
})
  .on(appointment.created())
  .find('appointment', {
    connection: 'epic',
    do: 'appointment.read',
    args: { id: 'event.id' },
  })
  .find('patient', {
    connection: 'epic',
    do: 'patient.read',
    args: { reference: 'appointment.participant[actor.reference^=Patient/].actor.reference' },
  })
  .map('record', {
    csn: { from: 'event.identifier[0].value', required: true },
    status: 'appointment.status',
    start: 'appointment.start',
    minutes: 'appointment.minutesDuration',
    reason: 'appointment.description',
    family: 'patient.name[use=official].family',
    given: 'patient.name[use=official].given[0]',
    birthDate: 'patient.birthDate',
    hospital: 'site.name',
  })
  .find('known', {
    connection: 'app',
    do: 'find',
    args: { path: { value: '/appointments' }, 'query.csn': 'record.csn' },
    optional: true,
  })
  .create('added', {
    when: { path: 'known', exists: false },
    connection: 'app',
    do: 'create',
    args: { path: { value: '/appointments' }, body: 'record' },
  });
