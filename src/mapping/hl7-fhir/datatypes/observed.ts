/** OBX-5 by OBX-2: the value of an observation. */
import type { Quantity } from '../../r4.ts';
import type { Field, Line } from '../line.ts';
import { dateTime, element, elementOrNone, note, number, type Reading, timeOf } from '../reading.ts';
import { concept } from './cwe.ts';
import { periodOf } from './cx.ts';
import { attachment, pointer } from './ed.ts';
import { unitOf } from './quantity.ts';

/** `value[x]`, or an extension or reference in its place. */
export type Observed = Readonly<Record<string, unknown>>;

const attachmentExtension =
  'http://hl7.org/fhir/5.0/StructureDefinition/extension-Observation.valueAttachment';

/** The value of one repetition of OBX-5, as elements of an Observation or of a component of it. */
export function observed(reading: Reading, line: Line, field: Field): Observed | undefined {
  const type = line.value(2) ?? 'ST';
  switch (type) {
    case 'NM':
      return quantity(reading, line, field);
    case 'SN':
      return structured(reading, line, field);
    case 'CE':
    case 'CWE':
    case 'CNE':
    case 'CF':
    case 'IS':
    case 'ID':
      return one('valueCodeableConcept', concept(reading, field));
    case 'DT':
    case 'DTM':
    case 'TS':
      return one('valueDateTime', dateTime(reading, 'OBX-5', field.get(1)));
    case 'TM':
      return one('valueTime', timeOf(field.get(1)));
    case 'DR':
      return one('valuePeriod', periodOf(reading, field, 1, 2));
    case 'NR':
      return one('valueRange', range(reading, line, field.get(1), field.get(2)));
    case 'VR':
      return one('valueString', [field.get(1), field.get(2)].filter(Boolean).join('-') || undefined);
    case 'CQ': {
      const value = number(reading, 'OBX-5', field.get(1));
      return value === undefined ? undefined : { valueQuantity: element({ value, unit: field.get(2, 1) }) };
    }
    case 'ED':
      return extended(attachment(field));
    case 'RP':
      return extended(pointer(field));
    case 'NA':
      return sampled(reading, line, field);
    default:
      return one('valueString', field.text.trim() || undefined);
  }
}

const one = (name: string, value: unknown): Observed | undefined =>
  value === undefined ? undefined : { [name]: value };

/** R4's Observation has no attachment as a value: R5's is an extension. */
const extended = (valueAttachment: unknown): Observed | undefined =>
  valueAttachment === undefined ? undefined : { extension: [{ url: attachmentExtension, valueAttachment }] };

function quantity(reading: Reading, line: Line, field: Field): Observed | undefined {
  const text = field.get(1);
  if (text === undefined) return undefined;
  const comparator = /^([<>]=?)\s*(.+)$/.exec(text);
  const value = number(reading, 'OBX-5', comparator?.[2] ?? text);
  // What is no number is kept as the text it is.
  if (value === undefined) return { valueString: text };
  return {
    valueQuantity: element<Quantity>({
      value,
      comparator: comparator?.[1],
      ...unitOf(reading, line.first(6)),
    } as never),
  };
}

const comparators = new Set(['<', '<=', '>=', '>']);

/** SN: a quantity with a comparator, a range, a ratio, or a text where FHIR has no form for it. */
function structured(reading: Reading, line: Line, field: Field): Observed | undefined {
  const [comparator, first, separator, second] = [1, 2, 3, 4].map((at) => field.get(at));
  const unit = unitOf(reading, line.first(6));
  const low = number(reading, 'OBX-5', first);
  const high = number(reading, 'OBX-5', second);
  const asText = (): Observed | undefined =>
    one(
      'valueString',
      [comparator, first, separator, second, unit.unit].filter((each) => each !== undefined).join(' ') ||
        undefined,
    );
  if (comparator === '<>' || separator === '+') return asText();
  if (separator === ':' || separator === '/') {
    if (low === undefined || high === undefined) return asText();
    const numerator = element({
      value: low,
      comparator: comparators.has(comparator ?? '') ? comparator : undefined,
      ...unit,
    });
    return { valueRatio: { numerator, denominator: { value: high } } };
  }
  if (separator === '-') return one('valueRange', range(reading, line, first, second)) ?? asText();
  if (low === undefined) return asText();
  return {
    valueQuantity: element({
      value: low,
      comparator: comparators.has(comparator ?? '') ? comparator : undefined,
      ...unit,
    }),
  };
}

function range(reading: Reading, line: Line, low: string | undefined, high: string | undefined): unknown {
  const from = number(reading, 'OBX-5', low);
  const to = number(reading, 'OBX-5', high);
  const unit = unitOf(reading, line.first(6));
  return elementOrNone({
    low: from === undefined ? undefined : { value: from, ...unit },
    high: to === undefined ? undefined : { value: to, ...unit },
  });
}

/** NA: numbers in a row. R4 wants an origin and a period, which HL7 v2 gives elsewhere, if at all. */
function sampled(reading: Reading, line: Line, field: Field): Observed | undefined {
  const text = field.text;
  if (text === '') return undefined;
  const values = text.split(line.delimiters.component).map((each) => each.trim());
  if (values.some((each) => !/^[+-]?\d+(\.\d+)?$/.test(each))) {
    note(reading, 'unreadable-number', 'OBX-5', 'OBX-5 of type NA holds what is no number.');
    return { valueString: text };
  }
  return {
    valueSampledData: {
      origin: { value: 0, ...unitOf(reading, line.first(6)) },
      period: 1,
      dimensions: 1,
      data: values.join(' '),
    },
  };
}
