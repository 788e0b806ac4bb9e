import {
  type Assembly,
  absentConcept,
  add,
  draftOf,
  encounterRef,
  type Order,
  push,
  refer,
  subjectOf,
} from '../assembly.ts';
import { conceptMap } from '../concept-maps.ts';
import { toCode, toCoding, toConcept, unmapped } from '../datatypes/cwe.ts';
import { toEntityIdentifier, toIdentifier, toPairIdentifier } from '../datatypes/cx.ts';
import { toQuantity } from '../datatypes/quantity.ts';
import { address } from '../datatypes/xad.ts';
import { practitioner, practitionerRole, roleOf } from '../datatypes/xcn.ts';
import { organizationOf } from '../datatypes/xon.ts';
import { contactPoint } from '../datatypes/xtn.ts';
import type { Field, Line } from '../line.ts';
import { type Draft, dateTime, element, present, type Reading, timeOf, trace } from '../reading.ts';
import { apply, constant, extension, row, rows, segmentMap, used } from '../rows.ts';
import { codeable, v2Table } from '../tables.ts';
import { orderNumber } from './order-number.ts';
import { orderProvenance } from './order-provenance.ts';
import { obrReport, orcReport } from './report.ts';
import { obrSpecimenOf } from './specimen.ts';

const toTime = (field: Field, reading: Reading) => dateTime(reading, field.place, field.get(1));
const base = 'http://hl7.org/fhir/StructureDefinition/';

/** ORC-5, else ORC-1. R4 demands a status: what neither map knows is `unknown`. */
const requestStatus = rows([1, 5], ['status'], (draft, line, reading) => {
  const ordered = line.value(5);
  const control = line.value(1);
  const place = ordered === undefined ? 'ORC-1' : 'ORC-5';
  const code = ordered ?? control;
  if (code === undefined) return;
  const map = ordered === undefined ? 'OrderControlCode_ServiceRequest.status' : 'OrderStatus';
  const known =
    reading.lookup.code?.(place, code)?.code ??
    requestStatuses.get(conceptMap(map).get(code)?.code ?? '') ??
    requestStatuses.get(orderStatuses.get(code) ?? '');
  if (known === undefined) unmapped(reading, place, map);
  else {
    draft.status = known;
    trace(reading, draft, 'status', -1, line, ordered === undefined ? 1 : 5, 1);
  }
});

/** What R4's request-status has; the guide's maps name a few others. */
const requestStatuses = new Map(
  ['draft', 'active', 'on-hold', 'revoked', 'completed', 'entered-in-error', 'unknown'].map((each) => [
    each,
    each,
  ]),
);
/** Order controls that the guide leaves open, where the standard leaves no doubt. */
const orderStatuses = new Map([
  ['RE', 'completed'],
  ['SN', 'active'],
  ['SC', 'active'],
  ['XO', 'active'],
  ['PA', 'active'],
  ['CH', 'active'],
  ['CN', 'completed'],
  ['NA', 'active'],
  ['RP', 'active'],
  ['IP', 'active'],
  ['CM', 'completed'],
  ['CA', 'revoked'],
  ['DC', 'revoked'],
  ['HD', 'on-hold'],
  ['ER', 'entered-in-error'],
]);

/** ORC-12 with ORC-21 to 24: who ordered, in which role of which organization. */
const requester = rows([12, 21, 22, 23, 24], ['requester'], (draft, line, reading) => {
  const who = line.first(12);
  const named = line.first(21);
  const where = line.first(22);
  const phone = line.first(23);
  const home = line.first(24);
  const organization =
    named &&
    organizationOf(
      reading,
      named,
      element({
        address: where === undefined ? undefined : present(address(reading, where)),
        telecom: phone === undefined ? undefined : present(contactPoint(reading, phone)),
      }),
    );
  const at = home && address(reading, home);
  const person = who && practitioner(reading, who, at === undefined ? {} : { address: [at] });
  if (person === undefined && organization === undefined) return;
  draft.requester = roleOf(reading, person, organization === undefined ? {} : { organization });
  trace(reading, draft, 'requester', -1, line, person === undefined ? 21 : 12, 1);
});

export const orcRequest = segmentMap(
  'ORC[ServiceRequest]',
  orderNumber(2, 'PLAC'),
  orderNumber(3, 'FILL'),
  row(4, 'requisition', toPairIdentifier(1, 'PGN')),
  row(4, 'identifier[]', toPairIdentifier(2, 'FGN'), { when: (line) => line.first(38) === undefined }),
  row(33, 'identifier[]', toIdentifier),
  row(38, 'identifier[]', toEntityIdentifier('FGN')),
  requestStatus,
  row(9, 'authoredOn', toTime, { when: (line) => line.value(1) === 'NW' }),
  requester,
  row(29, 'locationCode[]', toConcept('OrderType')),
  row(28, 'meta.security[]', toCoding('ConfidentialityCode')),
  row(
    16,
    'extension[]',
    (field, reading, line) =>
      extension(`${base}request-statusReason`, 'CodeableConcept', toConcept()(field, reading, line)),
    { when: (line) => line.first(5) === undefined },
  ),
  row(14, 'extension[]', (field, reading) =>
    extension(
      `${base}servicerequest-order-callback-phone-number`,
      'ContactPoint',
      contactPoint(reading, field),
    ),
  ),
  rows([1, 9], ['extension', 'intent'], (draft, line, reading) => {
    const code = line.value(1);
    if (code === undefined) return;
    const at = dateTime(reading, 'ORC-9', line.value(9));
    push(draft, 'extension', {
      url: `${base}businessEvent`,
      extension: [
        { url: 'value', valueCodeableConcept: codeable(v2Table('0119'), code) },
        ...(at === undefined ? [] : [{ url: 'date', valueDateTime: at }]),
      ],
    });
  }),
  rows([7], ['$this'], (draft, line, reading) => timing(draft, line, 7, reading)),
  used(6, 8, 13, 15),
);

const obrRequest = segmentMap(
  'OBR[ServiceRequest]',
  orderNumber(2, 'PLAC'),
  orderNumber(3, 'FILL'),
  row(53, 'identifier[]', toIdentifier),
  row(11, 'intent', (field) => (field.get(1) === 'G' ? 'reflex-order' : undefined)),
  constant('intent', 'order'),
  row(4, 'code', toConcept()),
  row(5, 'priority', toCode('ExtendedPriorityCodes')),
  row(6, 'occurrenceDateTime', toTime),
  row(16, 'requester', (field, reading) => practitionerRole(reading, field, {}), {
    also: ['requester.extension'],
  }),
  row(31, 'reasonCode[]', toConcept()),
  row(46, 'orderDetail[]', toConcept()),
  row(47, 'orderDetail[]', toConcept()),
  rows([27], ['$this', 'priority', 'occurrenceTiming'], (draft, line, reading) =>
    timing(draft, line, 27, reading),
  ),
  row(
    29,
    'basedOn[]',
    (field, reading, line) => {
      const identifier =
        toPairIdentifier(1, 'PLAC')(field, reading, line) ??
        toPairIdentifier(2, 'FILL')(field, reading, line);
      return identifier === undefined ? undefined : { type: 'ServiceRequest', identifier };
    },
    { when: (line) => line.first(50) === undefined },
  ),
  row(13, 'extension[]', (field, reading, line) =>
    extension(
      'http://hl7.org/fhir/5.0/StructureDefinition/extension-ServiceRequest.supportingInfo',
      'CodeableConcept',
      toConcept()(field, reading, line),
    ),
  ),
  used(1, 7, 8, 9, 10, 12, 14, 15, 22, 24, 25, 26, 17),
);

/** TQ of ORC-7 and OBR-27: start, end and priority. */
function timing(draft: Draft, line: Line, at: number, reading: Reading): void {
  const field = line.first(at);
  if (field === undefined) return;
  const start = dateTime(reading, field.place, field.get(4));
  const end = dateTime(reading, field.place, field.get(5));
  if (start !== undefined || end !== undefined)
    draft.occurrencePeriod ??= draft.occurrenceDateTime === undefined ? element({ start, end }) : undefined;
  if (draft.occurrencePeriod === undefined) delete draft.occurrencePeriod;
  const priority = conceptMap('ExtendedPriorityCodes').get(field.get(6) ?? '')?.code;
  if (priority !== undefined) draft.priority ??= priority;
}

/** ORC opens an order; what is ordered comes with the next detail (OBR, RXO, RXA). */
export function orcHandler(assembly: Assembly, line: Line): void {
  closeOrder(assembly);
  assembly.order = { orc: line, key: orderKey(line) };
  assembly.roleOf = 'order';
}

const orderKey = (line: Line): readonly string[] =>
  line.first(2) === undefined && line.first(3) === undefined ? [] : [line.raw(2), line.raw(3)];

/** The order that a detail segment belongs to: ORC's, unless that has its detail already. */
export function orderFor(assembly: Assembly, line: Line, numbered: boolean): Order {
  const { order } = assembly;
  const open =
    order !== undefined &&
    order.orc !== undefined &&
    order.request === undefined &&
    order.report === undefined &&
    order.medication === undefined &&
    order.immunization === undefined;
  if (open) {
    if (order.key.length > 0 || !numbered) return order;
    const keyed = { ...order, key: orderKey(line) };
    assembly.order = keyed;
    return keyed;
  }
  const made: Order = { key: numbered ? orderKey(line) : [] };
  assembly.order = made;
  return made;
}

/** OBR: in a result message a report, with its order when ORC gives one; in an order or document message the order. */
export function obrHandler(assembly: Assembly, line: Line): void {
  const { reading, family } = assembly;
  const order = orderFor(assembly, line, true);
  const key =
    order.key.length > 0 ? [...order.key, line.raw(4)] : [...assembly.messageKey, line.segment.path];
  const results = family === 'ORU' || family === 'VXU';
  const visit = encounterRef(assembly);
  if (!results || order.orc !== undefined) {
    const request = draftOf('ServiceRequest', { status: '', subject: subjectOf(assembly) });
    delete request.status;
    if (visit !== undefined) request.encounter = visit;
    if (order.orc !== undefined) apply(orcRequest, request, order.orc, reading);
    apply(obrRequest, request, line, reading);
    if (order.timing !== undefined) apply(tq1Map, request, order.timing, reading);
    request.status ??= 'unknown';
    request.code ??= absentConcept;
    order.request = add(assembly, request, ...key);
    if (order.orc !== undefined && !results) orderProvenance(assembly, request, order.orc);
    if (assembly.document !== undefined) relateDocument(assembly.document, request);
  }
  if (results) {
    const report = draftOf('DiagnosticReport', { status: '' });
    delete report.status;
    if (order.orc !== undefined) apply(orcReport, report, order.orc, reading);
    apply(obrReport, report, line, reading);
    report.code ??= absentConcept;
    if (assembly.subject !== undefined) report.subject = assembly.subject;
    if (visit !== undefined) report.encounter = visit;
    if (order.request !== undefined) report.basedOn = [refer(order.request)];
    order.report = add(assembly, report, ...key);
  }
  obrSpecimenOf(assembly, order, line, key);
  assembly.commented = order.report ?? order.request;
  assembly.roleOf = 'order';
}

export const tq1Map = segmentMap(
  'TQ1[ServiceRequest]',
  row(2, 'quantityQuantity', toQuantity),
  row(9, 'priority', toCode('ExtendedPriorityCodes')),
  row(11, 'note[]', (field) => ({ text: field.text })),
  rows([3, 4, 7, 8, 14], ['occurrenceTiming', 'occurrenceTiming.repeat'], (draft, line, reading) => {
    const start = dateTime(reading, 'TQ1-7', line.value(7));
    const end = dateTime(reading, 'TQ1-8', line.value(8));
    const code = conceptMap('RepeatPattern').get(line.value(3) ?? '');
    const at = line.fields(4).map((field) => timeOf(field.get(1)));
    const count = Number(line.value(14));
    const repeat = element({
      boundsPeriod: start === undefined && end === undefined ? undefined : element({ start, end }),
      // The guide names countMax, which R4 allows beside a count only (tim-8).
      count: Number.isInteger(count) && count > 0 ? count : undefined,
      timeOfDay: present(...at),
    });
    const parts = element({
      repeat: Object.keys(repeat).length === 0 ? undefined : repeat,
      code: code === undefined ? undefined : { coding: [code] },
    });
    if (Object.keys(parts).length === 0) return;
    delete draft.occurrenceDateTime;
    delete draft.occurrencePeriod;
    draft.occurrenceTiming = parts;
    trace(reading, draft, 'occurrenceTiming', -1, line, 7, 1);
  }),
  used(1),
);

/** A document's order is what it is about. */
export function relateDocument(document: Draft, request: Draft): void {
  const context = (document.context ?? {}) as Record<string, unknown>;
  const related = (context.related ?? []) as unknown[];
  context.related = [...related, refer(request)];
  document.context = context;
}

/** TQ1 times the order it stands in, before or behind its detail. */
export function tq1Handler(assembly: Assembly, line: Line): void {
  const { order, reading } = assembly;
  if (order === undefined) return;
  if (order.request !== undefined) apply(tq1Map, order.request, line, reading);
  else order.timing = line;
}

/** An order without a detail is an order all the same: a ServiceRequest of ORC alone, in messages that order. */
export function closeOrder(assembly: Assembly): void {
  const { order, family, reading } = assembly;
  if (order?.orc === undefined || !orderMessages.has(family)) return;
  if (order.request !== undefined || order.medication !== undefined || order.immunization !== undefined)
    return;
  const request = draftOf('ServiceRequest', { subject: subjectOf(assembly) });
  const visit = encounterRef(assembly);
  if (visit !== undefined) request.encounter = visit;
  apply(orcRequest, request, order.orc, reading);
  request.status ??= 'unknown';
  request.intent ??= 'order';
  const key = order.key.length > 0 ? order.key : [...assembly.messageKey, order.orc.segment.path];
  order.request = add(assembly, request, ...key);
  orderProvenance(assembly, request, order.orc);
}
const orderMessages = new Set(['ORM', 'OML', 'MDM']);
