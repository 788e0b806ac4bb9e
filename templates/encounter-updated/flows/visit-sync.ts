import { encounter, flow } from 'suture';

/** When a visit changes in the EHR, the application has it as it is now. */
export default flow('visit-sync', {
  about: 'Keeps the application’s visits as the EHR has them.',
  order: 'patient',
})
  .on(encounter.updated())
  .find('encounter', { connection: 'epic', do: 'encounter.read', args: { id: 'event.id' } })
  .find('patient', {
    connection: 'epic',
    do: 'patient.read',
    args: { reference: 'encounter.subject.reference' },
  })
  .map('visit', {
    csn: {
      from: 'event.identifier[system$=.698084.8].value',
      required: true,
    },
    status: 'encounter.status',
    class: 'encounter.class.code',
    from: 'encounter.period.start',
    to: 'encounter.period.end',
    place: 'encounter.location[0].location.display',
    mrn: 'patient.identifier[system=%site.mrnSystem].value',
    family: 'patient.name[use=official].family',
    hospital: 'site.name',
  })
  .find('known', {
    connection: 'app',
    do: 'find',
    args: { path: { value: '/visits' }, 'query.csn': 'visit.csn' },
    optional: true,
  })
  .create('added', {
    when: { path: 'known', exists: false },
    connection: 'app',
    do: 'create',
    args: { path: { value: '/visits' }, body: 'visit' },
  })
  .update('changed', {
    when: { path: 'known', exists: true },
    connection: 'app',
    do: 'update',
    args: { path: 'known.path', body: 'visit' },
  });
