/**
 * Charges (DFT P03): FT1 as a ChargeItem, GT1 as the guarantor of the account. The guide has no maps of these segments
 * yet; the rows are this product's, by chapter 6 of the standard and the R4 resources.
 */
import {
  type Assembly,
  absentConcept,
  add,
  draftOf,
  patientKey,
  push,
  refer,
  subjectOf,
} from '../assembly.ts';
import { concept, toConcept } from '../datatypes/cwe.ts';
import { entityIdentifier, toIdentifier } from '../datatypes/cx.ts';
import { toLocation } from '../datatypes/pl.ts';
import { toAddress } from '../datatypes/xad.ts';
import { practitioner } from '../datatypes/xcn.ts';
import { toName } from '../datatypes/xpn.ts';
import { toContactPoint } from '../datatypes/xtn.ts';
import type { Field, Line } from '../line.ts';
import { dateOf, dateTime, element, number, present, type Reading, trace } from '../reading.ts';
import { apply, type Row, row, rows, segmentMap, used } from '../rows.ts';

const toTime = (field: Field, reading: Reading) => dateTime(reading, field.place, field.get(1));

/** FT1-6 (table 0017): a credit takes a charge back. */
const statuses = new Map([
  ['CG', 'billable'],
  ['CD', 'billable'],
  ['CR', 'aborted'],
  ['PY', 'billed'],
  ['AJ', 'billable'],
]);

const performer = (at: number, code: string): Row =>
  row(at, 'performer[]', (field, reading) => {
    const actor = practitioner(reading, field);
    return actor === undefined ? undefined : { function: { text: code }, actor };
  });

const ft1Map = segmentMap(
  'FT1[ChargeItem]',
  rows([2, 23], ['identifier'], (draft, line, reading) => {
    for (const at of [2, 23]) {
      const field = line.first(at);
      const made = field && entityIdentifier(reading, field, at === 23 ? 'FILL' : undefined);
      if (made !== undefined) push(draft, 'identifier', made);
    }
  }),
  row(6, 'status', (field) => statuses.get(field.get(1) ?? '') ?? 'unknown'),
  rows([25, 7, 8], ['code'], (draft, line, reading) => {
    // The procedure is what was done; FT1-7 is the price list's own code for it.
    const codes = present(concept(reading, line.first(25)), concept(reading, line.first(7)));
    const text = line.value(8) ?? codes[0]?.text;
    const coding = codes.flatMap((each) => each.coding ?? []);
    if (coding.length === 0 && text === undefined) return;
    draft.code = element({ coding, text });
    trace(reading, draft, 'code', -1, line, line.first(25) === undefined ? 7 : 25, 1);
  }),
  rows([4], ['occurrenceDateTime', 'occurrencePeriod'], (draft, line, reading) => {
    const field = line.first(4);
    const start = field && dateTime(reading, 'FT1-4', field.get(1));
    const end = field && dateTime(reading, 'FT1-4', field.get(2));
    if (end !== undefined) draft.occurrencePeriod = element({ start, end });
    else if (start !== undefined) draft.occurrenceDateTime = start;
  }),
  performer(20, 'performer'),
  performer(21, 'orderer'),
  rows([10], ['quantity'], (draft, line, reading) => {
    const value = number(reading, 'FT1-10', line.value(10));
    if (value !== undefined) draft.quantity = { value };
  }),
  rows([11, 12, 22], ['priceOverride'], (draft, line, reading) => {
    const field = line.first(11) ?? line.first(22);
    const value = number(reading, field?.place ?? 'FT1-11', field?.get(1, 1));
    if (value !== undefined) draft.priceOverride = element({ value, currency: field?.get(1, 2) });
  }),
  row(24, 'enterer', (field, reading) => practitioner(reading, field)),
  row(5, 'enteredDate', toTime),
  row(19, 'reason[]', toConcept()),
  used(1, 3, 13, 14, 16, 26),
);

export function ft1Handler(assembly: Assembly, line: Line): void {
  const draft = draftOf('ChargeItem', { status: 'unknown', subject: subjectOf(assembly) });
  delete draft.status;
  if (assembly.encounter !== undefined) draft.context = refer(assembly.encounter);
  apply(ft1Map, draft, line, assembly.reading);
  draft.status ??= 'billable';
  draft.code ??= absentConcept;
  const where = line.first(16);
  if (where !== undefined) toLocation(where, assembly.reading, line);
  const own = line.raw(2) || line.raw(23);
  add(
    assembly,
    draft,
    ...(own === '' ? [...assembly.messageKey, line.segment.path] : [own, line.raw(7), line.raw(25)]),
  );
  const account = assembly.account;
  if (account !== undefined) draft.account = [refer(account)];
  assembly.commented = draft;
}

const gt1Map = segmentMap(
  'GT1[RelatedPerson]',
  row(2, 'identifier[]', toIdentifier),
  row(11, 'relationship[]', toConcept('Relationship')),
  row(3, 'name[]', toName),
  row(6, 'telecom[]', toContactPoint('home')),
  row(7, 'telecom[]', toContactPoint('work')),
  row(8, 'birthDate', (field, reading) => dateOf(reading, field.place, field.get(1))),
  row(5, 'address[]', toAddress),
  row(13, 'period.start', toTime),
  row(14, 'period.end', toTime),
  used(1),
);

/** GT1: the guarantor of the patient's account, and nobody's without one. */
export function gt1Handler(assembly: Assembly, line: Line): void {
  const { reading, patient } = assembly;
  if (patient === undefined) return;
  const draft = draftOf('RelatedPerson', { patient: refer(patient) });
  apply(gt1Map, draft, line, reading);
  if (draft.name === undefined && draft.identifier === undefined) return;
  add(assembly, draft, 'guarantor', ...patientKey(assembly), line.raw(2), line.raw(3));
  const account = assembly.account;
  if (account !== undefined) push(account, 'guarantor', { party: refer(draft) });
}
