/** Immunizations (RXA, RXR) and medication orders (RXO, RXE, RXR). */
import {
  type Assembly,
  absent,
  absentConcept,
  add,
  draftOf,
  encounterRef,
  type Order,
  refer,
  subjectOf,
} from '../assembly.ts';
import { conceptMap } from '../concept-maps.ts';
import { concept, toCoding, toConcept, toConcepts, unmapped } from '../datatypes/cwe.ts';
import { toEntityIdentifier, toPairIdentifier } from '../datatypes/cx.ts';
import { location } from '../datatypes/pl.ts';
import { toWhole, unitOf } from '../datatypes/quantity.ts';
import { address } from '../datatypes/xad.ts';
import { practitioner, practitionerRole, providerRole, toPractitioner } from '../datatypes/xcn.ts';
import { toCodedOrganization } from '../datatypes/xon.ts';
import type { Field, Line } from '../line.ts';
import { type Draft, dateOf, dateTime, element, number, type Reading, trace } from '../reading.ts';
import { apply, constant, row, rows, segmentMap, used } from '../rows.ts';
import { orderFor } from './orders.ts';

const toTime = (field: Field, reading: Reading) => dateTime(reading, field.place, field.get(1));

const orcImmunization = segmentMap(
  'ORC[Immunization]',
  row(2, 'identifier[]', toEntityIdentifier('PLAC')),
  row(3, 'identifier[]', toEntityIdentifier('FILL')),
  row(4, 'identifier[]', toPairIdentifier(2, 'FGN')),
  row(4, 'identifier[]', toPairIdentifier(1, 'PGN')),
  row(9, 'recorded', toTime),
  row(12, 'performer[]', (field, reading) => {
    const actor = practitionerRole(reading, field, {});
    return actor === undefined ? undefined : { function: providerRole('OP', 'Ordering Provider'), actor };
  }),
  row(28, 'meta.security[]', toCoding('ConfidentialityCode')),
);

const rxaMap = segmentMap(
  'RXA[Immunization]',
  rows([20, 21], ['status'], (draft, line, reading) => {
    const code = line.value(20);
    const known = code === undefined ? 'completed' : conceptMap('CompletionStatus').get(code)?.code;
    if (known === undefined) unmapped(reading, 'RXA-20', 'CompletionStatus');
    draft.status = line.value(21) === 'D' ? 'entered-in-error' : (known ?? 'completed');
    trace(reading, draft, 'status', -1, line, 20, 1);
  }),
  row(18, 'statusReason', toConcept()),
  row(5, 'vaccineCode', toConcept()),
  row(3, 'occurrenceDateTime', toTime),
  row(22, 'recorded', toTime, { when: (line) => line.value(21) !== 'D' }),
  row(9, 'reportOrigin', (field, reading, line) => toConcept()(field, reading, line)),
  row(27, 'location', (field, reading, line) => {
    const where = line.first(28);
    const at = where && address(reading, where);
    return location(reading, field, at === undefined ? {} : { address: at });
  }),
  rows([28], ['location.address'], nothing),
  row(17, 'manufacturer', toCodedOrganization),
  row(15, 'lotNumber', (field) => field.get(1)),
  row(16, 'expirationDate', (field, reading) => dateOf(reading, field.place, field.get(1))),
  rows([6, 7], ['doseQuantity'], (draft, line, reading) => {
    const value = number(reading, 'RXA-6', line.value(6));
    // 999 says that the amount is not known (CDC's guide; HL7 table 0320 of RXA-6).
    if (value === undefined || value === 999) return;
    draft.doseQuantity = { value, ...unitOf(reading, line.first(7)) };
    trace(reading, draft, 'doseQuantity', -1, line, 6, 1);
  }),
  row(10, 'performer[]', (field, reading) => {
    const actor = practitioner(reading, field);
    return actor === undefined
      ? undefined
      : { function: providerRole('AP', 'Administering Provider'), actor };
  }),
  row(19, 'reasonCode[]', toConcept()),
  used(1, 2, 4, 11),
);

const rxrImmunization = segmentMap(
  'RXR[Immunization]',
  row(1, 'route', toConcept('RouteOfAdministration')),
  row(2, 'site', toConcept('BodyParts')),
);

/** RXA of a VXU: what was given, with its order's numbers. */
export function rxaHandler(assembly: Assembly, line: Line): void {
  const { reading } = assembly;
  const order: Order = orderFor(assembly, line, false);
  const draft = draftOf('Immunization', { status: '', patient: subjectOf(assembly) });
  delete draft.status;
  const visit = encounterRef(assembly);
  if (visit !== undefined) draft.encounter = visit;
  if (order.orc !== undefined) apply(orcImmunization, draft, order.orc, reading);
  apply(rxaMap, draft, line, reading);
  // RXA-9 00 is a new record, 01 and on somebody's account: R4's primarySource.
  const source = line.value(9);
  const origin = draft.reportOrigin;
  if (source === '00' || origin === undefined) delete draft.reportOrigin;
  if (source !== undefined && /^\d\d$/.test(source)) draft.primarySource = source === '00';
  draft.vaccineCode ??= absentConcept;
  if (draft.occurrenceDateTime === undefined) draft._occurrenceDateTime = absent;
  const key = order.key.length > 0 ? order.key : assembly.messageKey;
  order.immunization = add(assembly, draft, ...key, line.raw(5), line.raw(3));
  assembly.commented = draft;
  assembly.roleOf = 'order';
}

function nothing(): void {
  return;
}

const intents = constant('intent', 'original-order');

/** RXO-2 to 4 and RXE-3 to 5: the dose as a range, or as one amount when both ends are the same. */
function dose(draft: Draft, line: Line, reading: Reading, low: number, high: number, unit: number): void {
  const from = number(reading, `${line.id}-${low}`, line.value(low));
  const to = number(reading, `${line.id}-${high}`, line.value(high));
  const quantity = unitOf(reading, line.first(unit));
  if (from === undefined && to === undefined) return;
  const rate =
    from !== undefined && (to === undefined || to === from)
      ? { doseQuantity: { value: from, ...quantity } }
      : {
          doseRange: element({
            low: from === undefined ? undefined : { value: from, ...quantity },
            high: to === undefined ? undefined : { value: to, ...quantity },
          }),
        };
  const type = {
    coding: [
      { system: 'http://terminology.hl7.org/CodeSystem/dose-rate-type', code: 'ordered', display: 'Ordered' },
    ],
  };
  dosage(draft).doseAndRate = [{ type, ...rate }];
  trace(reading, draft, 'dosageInstruction', 0, line, low, 1);
}

function dosage(draft: Draft): Record<string, unknown> {
  draft.dosageInstruction ??= [{}];
  return (draft.dosageInstruction as Record<string, unknown>[])[0] as Record<string, unknown>;
}

const rxoMap = segmentMap(
  'RXO[MedicationRequest]',
  intents,
  row(1, 'medicationCodeableConcept', toConcept(), { also: ['medication'] }),
  rows([2, 3, 4], ['dosageInstruction.doseAndRate'], (draft, line, reading) =>
    dose(draft, line, reading, 2, 3, 4),
  ),
  row(9, 'substitution.allowedCodeableConcept', toConcept('AllowSubstitution')),
  rows([11, 12], ['dispenseRequest.quantity'], (draft, line, reading) => {
    const value = number(reading, 'RXO-11', line.value(11));
    if (value === undefined) return;
    draft.dispenseRequest = {
      ...(draft.dispenseRequest as object | undefined),
      quantity: { value, ...unitOf(reading, line.first(12)) },
    };
  }),
  row(13, 'dispenseRequest.numberOfRepeatsAllowed', toWhole(0)),
  row(14, 'requester', toPractitioner),
  row(20, 'reasonCode[]', toConcept()),
  row(7, 'dosageInstruction[0].patientInstruction', (field) => field.get(2) ?? field.get(1)),
  row(6, 'note[]', (field) => {
    const text = field.get(2) ?? field.get(1);
    return text === undefined ? undefined : { text };
  }),
);

/** RXE has no map in the guide but RXE-19, which stands with RXO: its fields go where RXO's of the same meaning go. */
const rxeMap = segmentMap(
  'RXE[MedicationRequest]',
  intents,
  row(2, 'medicationCodeableConcept', toConcept()),
  rows([3, 4, 5], ['dosageInstruction.doseAndRate'], (draft, line, reading) =>
    dose(draft, line, reading, 3, 4, 5),
  ),
  row(7, 'dosageInstruction[0].text', (field) => field.get(2) ?? field.get(1)),
  row(21, 'dosageInstruction[0].patientInstruction', (field) => field.get(2) ?? field.get(1)),
  row(9, 'substitution.allowedCodeableConcept', toConcept('AllowSubstitution')),
  rows([10, 11], ['dispenseRequest.quantity'], (draft, line, reading) => {
    const value = number(reading, 'RXE-10', line.value(10));
    if (value === undefined) return;
    draft.dispenseRequest = {
      ...(draft.dispenseRequest as object | undefined),
      quantity: { value, ...unitOf(reading, line.first(11)) },
    };
  }),
  row(12, 'dispenseRequest.numberOfRepeatsAllowed', toWhole(0)),
  row(13, 'requester', toPractitioner),
  row(15, 'identifier[]', (field) => {
    const value = field.get(1);
    return value === undefined ? undefined : { value };
  }),
  row(27, 'reasonCode[]', toConcept()),
  used(1),
);

const rxrMedication = segmentMap(
  'RXR[MedicationRequest]',
  row(1, 'dosageInstruction[0].route', toConcept('RouteOfAdministration')),
  row(2, 'dosageInstruction[0].site', toConcept('BodyParts')),
  row(4, 'dosageInstruction[0].method', toConcept('AdministrationMethod')),
  row(5, 'dosageInstruction[0].additionalInstruction', toConcepts()),
);

const statuses = new Map([
  ['NW', 'active'],
  ['RE', 'active'],
  ['XO', 'active'],
  ['RF', 'active'],
  ['CA', 'cancelled'],
  ['OC', 'cancelled'],
  ['CR', 'cancelled'],
  ['DC', 'stopped'],
  ['OD', 'stopped'],
  ['DR', 'stopped'],
  ['HD', 'on-hold'],
  ['OH', 'on-hold'],
  ['HR', 'on-hold'],
  ['CM', 'completed'],
]);

function request(assembly: Assembly, line: Line, map: typeof rxoMap): void {
  const { reading } = assembly;
  // RXE follows the RXO of the same order: what was encoded completes what was asked for.
  const known = assembly.order?.medication;
  if (known !== undefined && line.id === 'RXE') {
    apply(map, known, line, reading);
    return;
  }
  const order = orderFor(assembly, line, false);
  const orc = order.orc;
  const draft = draftOf('MedicationRequest', {
    status: statuses.get(orc?.value(5) ?? '') ?? statuses.get(orc?.value(1) ?? '') ?? 'unknown',
    subject: subjectOf(assembly),
  });
  const visit = encounterRef(assembly);
  if (visit !== undefined) draft.encounter = visit;
  apply(map, draft, line, reading);
  if (orc !== undefined) apply(orcMedication, draft, orc, reading);
  draft.medicationCodeableConcept ??= absentConcept;
  const key = order.key.length > 0 ? order.key : [...assembly.messageKey, line.segment.path];
  order.medication = add(assembly, draft, ...key);
  if (order.timing !== undefined) timing(draft, order.timing, reading);
  assembly.commented = draft;
}

/** ORC of a medication order: the guide has no map of its own for it; the rows are those of ORC[ServiceRequest]. */
const orcMedication = segmentMap(
  'ORC[MedicationRequest]',
  row(2, 'identifier[]', toEntityIdentifier('PLAC')),
  row(3, 'identifier[]', toEntityIdentifier('FILL')),
  row(4, 'groupIdentifier', toPairIdentifier(1, 'PGN')),
  row(9, 'authoredOn', toTime),
  row(12, 'requester', toPractitioner),
);

const tq1Medication = segmentMap(
  'TQ1[MedicationRequest]',
  rows([3, 7, 8, 14], ['dosageInstruction.timing'], (draft, line, reading) => {
    const start = dateTime(reading, 'TQ1-7', line.value(7));
    const end = dateTime(reading, 'TQ1-8', line.value(8));
    const code = conceptMap('RepeatPattern').get(line.value(3) ?? '');
    const text = line.first(3)?.get(1);
    const count = Number(line.value(14));
    const repeat = element({
      boundsPeriod: start === undefined && end === undefined ? undefined : element({ start, end }),
      count: Number.isInteger(count) && count > 0 ? count : undefined,
    });
    const parts = element({
      repeat: Object.keys(repeat).length === 0 ? undefined : repeat,
      code: code === undefined ? (text === undefined ? undefined : { text }) : { coding: [code] },
    });
    if (Object.keys(parts).length > 0) dosage(draft).timing = parts;
  }),
  row(9, 'priority', (field) => conceptMap('ExtendedPriorityCodes').get(field.get(1) ?? '')?.code),
  row(10, 'dosageInstruction[0].additionalInstruction', (field) => [{ text: field.text }]),
  row(11, 'dosageInstruction[0].text', (field) => field.text || undefined, { also: ['text'] }),
);

export function timing(draft: Draft, line: Line, reading: Reading): void {
  apply(tq1Medication, draft, line, reading);
}

export const rxoHandler = (assembly: Assembly, line: Line): void => request(assembly, line, rxoMap);
export const rxeHandler = (assembly: Assembly, line: Line): void => request(assembly, line, rxeMap);

export function rxrHandler(assembly: Assembly, line: Line): void {
  const { order, reading } = assembly;
  if (order?.immunization !== undefined) apply(rxrImmunization, order.immunization, line, reading);
  else if (order?.medication !== undefined) apply(rxrMedication, order.medication, line, reading);
}

/** RXC: a component of a compound. R4 says it of a Medication, which the order then names instead of a code. */
export function rxcHandler(assembly: Assembly, line: Line): void {
  const { order, reading } = assembly;
  const item = concept(reading, line.first(2));
  if (order?.medication === undefined || item === undefined) return;
  if (order.compound === undefined) {
    const code = order.medication.medicationCodeableConcept;
    const made = draftOf('Medication', { code, ingredient: [] });
    order.compound = add(assembly, made, order.medication.id as string);
    delete order.medication.medicationCodeableConcept;
    order.medication.medicationReference = refer(made);
  }
  const medication = order.compound;
  const amount = number(reading, 'RXC-3', line.value(3));
  (medication.ingredient as unknown[]).push(
    element({
      itemCodeableConcept: item,
      isActive: line.value(1) === 'A' ? true : line.value(1) === 'B' ? false : undefined,
      strength:
        amount === undefined
          ? undefined
          : { numerator: { value: amount, ...unitOf(reading, line.first(4)) }, denominator: { value: 1 } },
    }),
  );
}
segmentMap('RXC[Medication]', used(1, 2, 3, 4));
