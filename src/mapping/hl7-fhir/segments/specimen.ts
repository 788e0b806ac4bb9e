/** Specimens: what OBR tells of one, and SPM. */
import { type Assembly, add, draftOf, type Order, push, refer } from '../assembly.ts';
import { toCode, toConcept } from '../datatypes/cwe.ts';
import { toEntityIdentifier, toIdentifier, toPairIdentifier } from '../datatypes/cx.ts';
import { toQuantity } from '../datatypes/quantity.ts';
import { toPractitioner } from '../datatypes/xcn.ts';
import type { Field, Line } from '../line.ts';
import { type Draft, dateTime, element, type Reading } from '../reading.ts';
import { apply, row, rows, segmentMap, used } from '../rows.ts';

const toTime = (field: Field, reading: Reading) => dateTime(reading, field.place, field.get(1));

const obrSpecimen = segmentMap(
  'OBR[Specimen]',
  row(9, 'collection.quantity', toQuantity),
  row(10, 'collection.collector', toPractitioner),
  row(14, 'receivedTime', toTime),
  row(
    15,
    'type',
    (field, reading, line) => {
      const code = field.get(1, 1);
      return code === undefined ? undefined : toConcept('SpecimenType')(subfield(field, 1), reading, line);
    },
    { also: ['$this'] },
  ),
  row(15, 'collection.bodySite', (field, reading, line) =>
    field.get(4) === undefined ? undefined : toConcept('BodySite')(subfield(field, 4), reading, line),
  ),
  row(15, 'note[]', (field) => (field.get(3) === undefined ? undefined : { text: field.get(3) })),
  row(39, 'note[]', (field) => (field.get(2) === undefined ? undefined : { text: field.get(2) })),
  rows([7, 8], ['collection.collectedDateTime', 'collection.collectedPeriod'], (draft, line, reading) => {
    const start = dateTime(reading, 'OBR-7', line.value(7));
    const end = dateTime(reading, 'OBR-8', line.value(8));
    if (start === undefined && end === undefined) return;
    const collection = (draft.collection ?? {}) as Record<string, unknown>;
    if (end !== undefined) collection.collectedPeriod = element({ start, end });
    else collection.collectedDateTime = start;
    draft.collection = collection;
  }),
);

const subfield = (field: Field, component: number): Field => ({
  place: field.place,
  repetition: field.repetition,
  text: field.get(component) ?? '',
  get: (part) => field.get(component, part),
});

/** OBR tells of a specimen when it names its source, collector, volume or receipt; SPM behind it says more. */
export function obrSpecimenOf(assembly: Assembly, order: Order, line: Line, key: readonly string[]): void {
  if (![9, 10, 14, 15].some((at) => line.first(at) !== undefined)) return;
  const draft = draftOf('Specimen');
  if (assembly.subject !== undefined) draft.subject = assembly.subject;
  apply(obrSpecimen, draft, line, assembly.reading);
  order.specimen = add(assembly, draft, ...key);
  linkSpecimen(order);
}

function linkSpecimen({ report, request, specimen }: Order): void {
  if (specimen === undefined) return;
  push((report ?? request) as Draft, 'specimen', refer(specimen));
}

const spmMap = segmentMap(
  'SPM[Specimen]',
  row(2, 'identifier[]', toPairIdentifier(1, 'PGN')),
  row(2, 'identifier[]', toPairIdentifier(2, 'FGN')),
  row(31, 'identifier[]', toIdentifier),
  row(32, 'identifier[]', toEntityIdentifier('SHIP')),
  row(30, 'accessionIdentifier', toIdentifier),
  row(20, 'status', toCode('YesNoIndicator_AvailabilityStatus')),
  row(4, 'type', toConcept('SpecimenType')),
  row(18, 'receivedTime', toTime),
  row(3, 'parent[]', (field, reading, line) => {
    const identifier =
      toPairIdentifier(1, 'PGN')(field, reading, line) ?? toPairIdentifier(2, 'FGN')(field, reading, line);
    return identifier === undefined ? undefined : { type: 'Specimen', identifier };
  }),
  row(12, 'collection.quantity', toQuantity),
  row(17, 'collection.collectedDateTime', toTime, { when: (line) => line.first(17)?.get(2) === undefined }),
  row(17, 'collection.collectedPeriod', (field, reading) => {
    const end = dateTime(reading, field.place, field.get(2));
    return end === undefined
      ? undefined
      : element({ start: dateTime(reading, field.place, field.get(1)), end });
  }),
  row(7, 'collection.method', toConcept('SpecimenCollectionMethod')),
  row(8, 'collection.bodySite', toConcept()),
  row(27, 'container[0].type', toConcept()),
  row(6, 'container[0].additiveCodeableConcept', toConcept('AdditivePreservative')),
  row(24, 'condition[]', toConcept('SpecimenCondition')),
  row(14, 'note[]', (field) => ({ text: field.text })),
  used(1),
);

/** SPM: the specimen of the report or order before it; the one that OBR told of is the same when it is the first. */
export function spmHandler(assembly: Assembly, line: Line): void {
  const { reading, order } = assembly;
  const known = order?.specimen;
  const first = known !== undefined && known.fromSpm !== true;
  const draft = first ? known : draftOf('Specimen');
  if (first)
    for (const each of ['type', 'receivedTime']) if (line.first(each === 'type' ? 4 : 18)) delete draft[each];
  if (assembly.subject !== undefined) draft.subject = assembly.subject;
  apply(spmMap, draft, line, reading);
  Object.defineProperty(draft, 'fromSpm', { value: true, enumerable: false });
  if (!first) {
    const own = line.raw(2) || line.raw(31) || line.raw(30);
    add(assembly, draft, ...(own === '' ? [...assembly.messageKey, line.segment.path] : [own]));
    if (order !== undefined) {
      order.specimen = draft;
      if (order.report !== undefined || order.request !== undefined) linkSpecimen(order);
    }
  }
  assembly.commented = draft;
}
