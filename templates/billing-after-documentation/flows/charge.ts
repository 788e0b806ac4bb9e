import { documentReference, flow } from 'suture';

/** Notes without which a visit is not billed: LOINC codes of the note's type. */
const NOTES = ['11506-3', '34117-2', '11488-4'];

/** When the note of a visit is signed, its visit is billed, once, whichever of its notes came first. */
export default flow('charge', {
  about: 'Starts the bill of a visit when its note is signed.',
  order: 'patient',
})
  .on(documentReference.changed())
  .filter('signed', { path: 'event.docStatus', in: ['final', 'amended'] })
  .filter('billable-note', { path: 'event.type.coding[system=http://loinc.org].code', in: NOTES })
  .find('visit', {
    connection: 'epic',
    do: 'encounter.read',
    args: { reference: 'event.context.encounter[0].reference' },
  })
  .find('patient', {
    connection: 'epic',
    do: 'patient.read',
    args: { reference: 'event.subject.reference' },
  })
  .map('charge', {
    visit: {
      from: 'visit.identifier[system$=.698084.8].value',
      required: true,
    },
    note: 'event.identifier[system$=.727879].value',
    signedAt: 'event.date',
    visitStatus: 'visit.status',
    class: 'visit.class.code',
    from: 'visit.period.start',
    to: 'visit.period.end',
    'patient.mrn': 'patient.identifier[system=%site.mrnSystem].value',
    'patient.family': 'patient.name[use=official].family',
    hospital: 'site.name',
  })
  .find('billed', {
    connection: 'app',
    do: 'find',
    args: { path: { value: '/charges' }, 'query.visit': 'charge.visit' },
    optional: true,
  })
  .create('bill', {
    when: { path: 'billed', exists: false },
    connection: 'app',
    do: 'create',
    args: { path: { value: '/charges' }, body: 'charge' },
  });
