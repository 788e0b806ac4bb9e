import { flow, observation } from 'suture';

/** Interpretations that somebody should hear of; HH and LL are critical. */
const NOTABLE = ['H', 'L', 'HH', 'LL', 'A', 'AA', 'HU', 'LU'];

/** A laboratory result that is out of its range is told to the application; a correction is told again. */
export default flow('result-notice', {
  about: 'Tells the application of notable laboratory results.',
  order: 'patient',
})
  .on(observation.changed())
  .filter('laboratory', { path: 'event.category[0].coding[0].code', equals: 'laboratory' })
  .filter('final', { path: 'event.status', in: ['final', 'corrected', 'amended'] })
  .filter('notable', { path: 'event.interpretation[0].coding[0].code', in: NOTABLE })
  .find('patient', { connection: 'epic', do: 'patient.read', args: { reference: 'event.subject.reference' } })
  .map('notice', {
    test: { from: ['event.code.text', 'event.code.coding[0].display'] },
    loinc: 'event.code.coding[system=http://loinc.org].code',
    value: 'event.valueQuantity.value',
    unit: 'event.valueQuantity.unit',
    interpretation: 'event.interpretation[0].coding[0].code',
    range: 'event.referenceRange[0].text',
    takenAt: 'event.effectiveDateTime',
    status: 'event.status',
    'patient.mrn': 'patient.identifier[system=%site.mrnSystem].value',
    'patient.family': 'patient.name[use=official].family',
    hospital: 'site.name',
  })
  .send('tell', {
    connection: 'app',
    do: 'send',
    args: { path: { value: '/results' }, body: 'notice' },
  });
