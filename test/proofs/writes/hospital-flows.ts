/** What makes records at the demo hospital, by every route that it has: the same in the engine's processes and in the judge's eyes. */
import { type Flow, flow, hl7 } from '../../../src/flow/index.ts';

export const MRN = 'urn:oid:1.2.840.114350.1.13.0.1.7.5.737384.14';
const SSN = 'urn:oid:2.16.840.1.113883.4.1';
const LOINC = 'http://loinc.org';
const VISIT_TYPE = 'urn:oid:1.2.840.114350.1.13.0.1.7.2.808267';

const limits = { giveUpAfter: '90d', exhausted: 'dead letter' } as const;
const byNumber = {
  connection: 'ehr',
  do: 'patient.find',
  args: { 'identifier.system': { value: MRN }, 'identifier.value': 'hl7:ZWR-6' },
} as const;

/** ZWR: 1 a time, 2 an id, 3 a value, 4 a text as base64, 5 a code, 6 the patient's number. PID-3 is the lane's. */
const reading = {
  patient: 'patient',
  'resource.code.coding[0].system': { value: LOINC },
  'resource.code.coding[0].code': 'hl7:ZWR-5',
  'resource.encounter.reference': 'hl7:ZWR-2',
  'resource.effectiveDateTime': 'hl7:ZWR-1',
  'resource.valueQuantity.value': { from: 'hl7:ZWR-3', transform: 'number' },
  'resource.valueQuantity.unit': { value: '/min' },
  'resource.valueQuantity.system': { value: 'http://unitsofmeasure.org' },
  'resource.valueQuantity.code': { value: '/min' },
} as const;

const person = {
  'resource.name[0].family': 'hl7:PID-5.1',
  'resource.name[0].given[0]': 'hl7:PID-5.2',
  'resource.birthDate': 'event.patient.birthDate',
  'resource.gender': 'event.patient.gender',
  'resource.address[0].use': { value: 'home' },
  'resource.address[0].line[0]': 'hl7:PID-11.1',
  'resource.address[0].city': 'hl7:PID-11.3',
} as const;

/** Several flows make the same record now and then, as when one has two versions for a while. */
export const hospitalFlows: readonly Flow[] = [
  flow('readings', { about: 'Files what monitors measure.', ...limits })
    .on(hl7.message('ORU^*'))
    .find('patient', byNumber)
    .create('file', { connection: 'ehr', do: 'observation.create', args: reading }),
  flow('readings-again', { about: 'Files some of it a second time.', ...limits })
    .on(hl7.message('ORU^R02'))
    .find('patient', byNumber)
    .create('file', { connection: 'ehr', do: 'observation.create', args: reading }),
  flow('notes', { about: 'Files notes.', ...limits })
    .on(hl7.message('MDM^T02'))
    .find('patient', byNumber)
    .create('file', {
      connection: 'ehr',
      do: 'documentReference.create',
      args: {
        patient: 'patient',
        'resource.docStatus': { value: 'final' },
        'resource.type.coding[0].system': { value: LOINC },
        'resource.type.coding[0].code': { value: '11506-3' },
        'resource.context.encounter[0].reference': 'hl7:ZWR-2',
        'resource.content[0].attachment.contentType': { value: 'text/plain' },
        'resource.content[0].attachment.data': 'hl7:ZWR-4',
      },
    }),
  flow('newcomers', { about: 'Makes a chart for who has none.', ...limits })
    .on(hl7.message('ADT^A28'))
    .create('file', {
      connection: 'ehr',
      do: 'patient.create',
      args: {
        ...person,
        'resource.identifier[0].system': { value: SSN },
        'resource.identifier[0].value': 'hl7:ZWR-2',
      },
    }),
  flow('corrections', { about: 'Finds who has a chart, and makes one for who has none.', ...limits })
    .on(hl7.message('ADT^A31'))
    .create('file', {
      connection: 'ehr',
      do: 'patient.upsert',
      args: {
        ...person,
        'resource.identifier[0].system': { value: MRN },
        'resource.identifier[0].value': 'hl7:ZWR-2',
      },
    }),
  flow('bookings', { about: 'Books what was agreed elsewhere.', ...limits })
    .on(hl7.message('SIU^S12'))
    .find('patient', byNumber)
    .create('book', {
      connection: 'ehr',
      do: 'appointment.create',
      args: {
        patient: 'patient',
        'resource.start': 'hl7:ZWR-1',
        'resource.minutesDuration': { value: 15 },
        'resource.serviceType[0].coding[0].system': { value: VISIT_TYPE },
        'resource.serviceType[0].coding[0].code': { value: '1023' },
      },
    }),
  flow('walk-ins', { about: 'Opens a visit.', ...limits })
    .on(hl7.message('ADT^A04'))
    .find('patient', byNumber)
    .create('open', {
      connection: 'ehr',
      do: 'encounter.create',
      args: {
        patient: 'patient',
        'resource.class.code': { value: 'E' },
        'resource.status': { value: 'arrived' },
        'resource.period.start': 'hl7:ZWR-1',
      },
    }),
];
