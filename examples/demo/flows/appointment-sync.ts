import { appointment, flow } from 'suture';

/** An appointment in Epic, new or changed, is the same appointment in the care app. */
export default flow('appointment-sync', {
  about: 'Keeps the care app’s appointments as Epic has them.',
  order: 'patient',
})
  .on(appointment.changed())
  .find('patient', {
    connection: 'epic-fhir',
    do: 'patient.read',
    args: { reference: 'event.participant[actor.reference^=Patient/].actor.reference' },
  })
  .map('appointment', {
    csn: { from: 'event.identifier[0].value', required: true },
    status: 'event.status',
    start: 'event.start',
    end: 'event.end',
    minutes: 'event.minutesDuration',
    reason: 'event.description',
    'patient.fhirId': 'patient.id',
    'patient.family': 'patient.name[use=official].family',
    'patient.given': 'patient.name[use=official].given[0]',
    'patient.birthDate': 'patient.birthDate',
    hospital: 'site.name',
  })
  .find('known', {
    connection: 'care-app',
    do: 'find',
    args: { path: { value: '/appointments' }, 'query.csn': 'appointment.csn' },
    optional: true,
  })
  .create('added', {
    when: { path: 'known', exists: false },
    connection: 'care-app',
    do: 'create',
    args: { path: { value: '/appointments' }, body: 'appointment' },
  })
  .update('changed', {
    when: { path: 'known', exists: true },
    connection: 'care-app',
    do: 'update',
    args: { path: { from: ['known.path'] }, body: 'appointment' },
  });
