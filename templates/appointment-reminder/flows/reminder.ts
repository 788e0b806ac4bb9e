import { appointment, flow } from 'suture';

/**
 * A day before it begins, an appointment is looked at again and the patient is reminded. One that was moved has a reminder of
 * its own for the new time; this one ends.
 */
export default flow('reminder', {
  about: 'Reminds patients a day before their appointments.',
  order: 'patient',
})
  .on(appointment.changed())
  .filter('booked', { path: 'event.status', in: ['booked', 'pending'] })
  .find('appointment', { connection: 'epic', do: 'appointment.read', args: { id: 'event.id' } })
  .wait('day-before', { until: 'event.start', before: '1 day', recheck: ['appointment'] })
  .filter('still-booked', { path: 'appointment.status', in: ['booked', 'pending'] })
  .code('unmoved', {
    reads: { told: 'event.start', now: 'appointment.start' },
    run: ({ told, now }) => told !== null && Date.parse(String(told)) === Date.parse(String(now)),
  })
  .filter('same-time', { path: 'unmoved', equals: true })
  .find('patient', {
    connection: 'epic',
    do: 'patient.read',
    args: { reference: 'appointment.participant[actor.reference^=Patient/].actor.reference' },
  })
  .map('reminder', {
    csn: { from: 'event.identifier[0].value', required: true },
    start: 'appointment.start',
    minutes: 'appointment.minutesDuration',
    to: { from: ['patient.telecom[use=mobile].value', 'patient.telecom[0].value'], required: true },
    given: 'patient.name[use=official].given[0]',
    hospital: 'site.name',
  })
  .find('reminded', {
    connection: 'app',
    do: 'find',
    args: { path: { value: '/reminders' }, 'query.csn': 'reminder.csn', 'query.start': 'reminder.start' },
    optional: true,
  })
  .create('remind', {
    when: { path: 'reminded', exists: false },
    connection: 'app',
    do: 'create',
    args: { path: { value: '/reminders' }, body: 'reminder' },
  });
