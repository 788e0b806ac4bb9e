import { flow, hl7 } from 'suture';

/** Orders that are referrals, by the site's codes. */
const REFERRALS = ['REF1', 'REF2', 'REF17'];

/** An order for a referral becomes a referral in the application, once; the order's cancellation takes it back. */
export default flow('referral', {
  about: 'Makes a referral of every order that is one.',
  order: 'patient',
})
  .on(hl7.message('ORM^O01'))
  .filter('is-a-referral', { path: 'hl7:OBR-4.1', in: REFERRALS })
  .filter('new-or-cancelled', { path: 'hl7:ORC-1', in: ['NW', 'CA', 'OC'] })
  .map('order', {
    number: { from: 'hl7:ORC-2.1', required: true },
    specialty: 'hl7:OBR-4.2',
    reason: 'hl7:OBR-31.2',
    orderedBy: { from: ['hl7:ORC-12.2', 'hl7:ORC-12.3'], transform: 'join', with: ', ' },
    orderedAt: { from: 'hl7:ORC-9', transform: 'instant' },
    'patient.mrn': { from: 'hl7:PID-3[5=MR].1', required: true },
    'patient.family': 'hl7:PID-5.1',
    'patient.given': 'hl7:PID-5.2',
    'patient.birthDate': { from: 'hl7:PID-7', transform: 'dateOnly' },
    hospital: 'site.name',
  })
  .find('known', {
    connection: 'app',
    do: 'find',
    args: { path: { value: '/referrals' }, 'query.number': 'order.number' },
    optional: true,
  })
  .create('referred', {
    when: {
      all: [
        { path: 'hl7:ORC-1', equals: 'NW' },
        { path: 'known', exists: false },
      ],
    },
    connection: 'app',
    do: 'create',
    args: { path: { value: '/referrals' }, body: 'order' },
  })
  .update('taken-back', {
    when: {
      all: [
        { path: 'hl7:ORC-1', in: ['CA', 'OC'] },
        { path: 'known', exists: true },
      ],
    },
    connection: 'app',
    do: 'update',
    args: { path: 'known.path', 'body.number': 'order.number', 'body.cancelled': { value: true } },
  });
