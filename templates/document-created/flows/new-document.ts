import { documentReference, flow } from 'suture';

/** A new document in the EHR is read in full and filed in the application: what it is, whose, and where its text can be read. */
export default flow('new-document', {
  about: 'Files every new signed document in the application.',
  order: 'patient',
})
  .on(documentReference.created())
  .find('document', { connection: 'epic', do: 'documentReference.read', args: { id: 'event.id' } })
  .filter('valid', { not: { path: 'document.status', equals: 'entered-in-error' } })
  .find('patient', {
    connection: 'epic',
    do: 'patient.read',
    args: { reference: 'document.subject.reference' },
  })
  .map('record', {
    note: {
      from: 'event.identifier[system$=.727879].value',
      required: true,
    },
    type: { from: ['document.type.text', 'document.type.coding[0].display'] },
    written: 'document.date',
    contentType: 'document.content[0].attachment.contentType',
    text: 'document.content[0].attachment.url',
    mrn: 'patient.identifier[system=%site.mrnSystem].value',
    family: 'patient.name[use=official].family',
    hospital: 'site.name',
  })
  .find('known', {
    connection: 'app',
    do: 'find',
    args: { path: { value: '/documents' }, 'query.note': 'record.note' },
    optional: true,
  })
  .create('filed', {
    when: { path: 'known', exists: false },
    connection: 'app',
    do: 'create',
    args: { path: { value: '/documents' }, body: 'record' },
  });
