import { flow, patient } from 'suture';

/** Somebody new in the EHR is somebody new in the application, unless it knows them by their medical record number. */
export default flow('new-patient', {
  about: 'Makes every new patient known to the application.',
  order: 'patient',
})
  .on(patient.created())
  .map('person', {
    mrn: {
      from: 'event.identifier[system=%site.mrnSystem].value',
      required: true,
    },
    family: { from: 'event.name[use=official].family', required: true },
    given: 'event.name[use=official].given[0]',
    birthDate: 'event.birthDate',
    gender: 'event.gender',
    mobile: 'event.telecom[use=mobile].value',
    hospital: 'site.name',
  })
  .find('known', {
    connection: 'app',
    do: 'find',
    args: { path: { value: '/people' }, 'query.mrn': 'person.mrn' },
    optional: true,
  })
  .create('added', {
    when: { path: 'known', exists: false },
    connection: 'app',
    do: 'create',
    args: { path: { value: '/people' }, body: 'person' },
  });
