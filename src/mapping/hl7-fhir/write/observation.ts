import type { FieldContent } from '../../../hl7/index.ts';
import { observationStatuses } from './codes.ts';
import { codeOf, cwe, ei } from './datatypes.ts';
import type { Given } from './given.ts';
import { ntes } from './notes.ts';
import { about, xcn } from './people.ts';
import { changed, repeated, type SegmentFields, said, segment, time, type Writing } from './writing.ts';

/** OBX-2 and OBX-5, with OBX-6 where the value has units. */
interface Value {
  readonly type: string;
  readonly content: FieldContent;
  readonly units?: FieldContent;
}

/** An Observation as OBX with its notes (under an order), and one more OBX of the same sub-id for each component. */
export function obx(
  writing: Writing,
  observation: Given,
  before: readonly SegmentFields[],
  under: 'own order' | 'order' | 'visit',
): readonly SegmentFields[] {
  const components = observation.all('component');
  const number = before.filter(([id]) => id === 'OBX').length + 1;
  about(writing, observation.child('subject'), 'Patient');
  about(writing, observation.child('encounter'), 'Encounter');
  const value = valueIn(writing, observation);
  const absent = observation.child('dataAbsentReason');
  const notAsked = absent?.all('coding').some((each) => each.peek('code') === 'not-asked') ?? false;
  if (notAsked) absent?.takeAll();
  const status = codeOf(writing, observation, 'status', 'OBX-11', observationStatuses);
  const code = observation.child('code');
  // A panel that only holds others has no row of its own.
  if (value === undefined && components.length === 0 && observation.has('hasMember')) {
    return [];
  }
  const period = observation.child('effectivePeriod');
  const when = time(writing, observation, 'effectiveDateTime') ?? time(writing, period, 'start');
  const subId = components.length === 0 ? undefined : String(number);
  const [performer] = observation.all('performer');
  const [identifier] = observation.all('identifier');
  const shared = {
    4: subId,
    11: notAsked ? 'N' : status,
    14: when,
    16: performer && whoDid(writing, performer),
  };
  // Of a blood pressure by itself OBR-4 says the code, and there is no value to write.
  const bare = under === 'own order' && value === undefined && components.length > 0;
  const own = segment('OBX', {
    ...shared,
    1: String(number),
    2: value?.type,
    3: cwe(writing, code, 'OBX-3'),
    5: value?.content,
    6: value?.units,
    7: ranges(writing, observation),
    8: interpretations(writing, observation),
    17: cwe(writing, observation.child('method'), 'OBX-17'),
    ...(writing.version >= 2.7 ? { 20: cwe(writing, observation.child('bodySite'), 'OBX-20') } : {}),
    ...(writing.version >= 2.6 ? { 21: ei(writing, identifier, 'OBX-21') } : {}),
  });
  // ADT has no NTE behind its OBX.
  const notes = under === 'visit' ? [] : ntes(writing, observation.all('note'));
  const rows = [...(bare ? [] : [own]), ...notes];
  components.forEach((component, index) => {
    const part = valueIn(writing, component);
    changed(
      writing,
      component.path,
      'OBX-4',
      `${component.path} is an OBX of its own, with the sub-id of its observation.`,
    );
    rows.push(
      segment('OBX', {
        ...shared,
        1: String(number + index + (bare ? 0 : 1)),
        2: part?.type,
        3: cwe(writing, component.child('code'), 'OBX-3'),
        5: part?.content,
        6: part?.units,
        7: ranges(writing, component),
        8: interpretations(writing, component),
      }),
    );
  });
  return rows;
}

function whoDid(writing: Writing, performer: Given): FieldContent {
  const written = xcn(writing, performer, 'OBX-16');
  return written && repeated([written]);
}

const interpretations = (writing: Writing, given: Given): FieldContent => {
  const list = given.all('interpretation').map((each) => {
    const [coding] = each.all('coding');
    // v3-ObservationInterpretation and table 0078 have the same codes.
    if (!coding?.peek('system')?.endsWith('v3-ObservationInterpretation'))
      return cwe(writing, each, 'OBX-8') ?? [];
    if (each.peek('text') === coding.peek('display')) each.take('text');
    coding.take('system');
    const code = said(writing, coding, 'code');
    // An IS up to version 2.6: receivers look for a bare H or L.
    if (writing.version < 2.7) coding.take('display');
    return writing.version < 2.7 ? [code] : [code, said(writing, coding, 'display'), 'HL70078'];
  });
  return repeated(list);
};

/** OBX-7 is a text: `3.5 - 5.1`. */
function ranges(writing: Writing, given: Given): FieldContent {
  const list = given.all('referenceRange').map((each) => {
    const [low, high] = [each.child('low'), each.child('high')];
    const text = said(writing, each, 'text');
    const [from, to] = [said(writing, low, 'value'), said(writing, high, 'value')];
    for (const part of [low, high]) part?.take('unit', 'system', 'code');
    if (text !== undefined) return text;
    if (from !== undefined && to !== undefined) return `${from}-${to}`;
    return from !== undefined ? `>=${from}` : to !== undefined ? `<=${to}` : undefined;
  });
  if (list.length > 1)
    changed(
      writing,
      given.at('referenceRange'),
      'OBX-7',
      `${given.at('referenceRange')}: OBX-7 holds one text, so that they are joined.`,
    );
  return list.filter((each) => each !== undefined).join('; ') || undefined;
}

/** value[x] by its type; the guide's conditions on OBX-2, backwards. */
function valueIn(writing: Writing, given: Given): Value | undefined {
  const quantity = given.child('valueQuantity');
  if (quantity !== undefined) return quantityOf(writing, quantity);
  const concept = given.child('valueCodeableConcept');
  if (concept !== undefined)
    return { type: writing.version < 2.5 ? 'CE' : 'CWE', content: cwe(writing, concept, 'OBX-5') };
  const text = said(writing, given, 'valueString');
  if (text !== undefined) {
    // ST holds 199 characters up to version 2.6; a text of several lines is formatted text.
    return { type: /[\r\n]/.test(text) ? 'FT' : text.length > 199 ? 'TX' : 'ST', content: text };
  }
  const whole = said(writing, given, 'valueInteger');
  if (whole !== undefined) return noted(writing, given, 'valueInteger', { type: 'NM', content: whole });
  const yes = given.text('valueBoolean');
  if (yes !== undefined)
    return noted(writing, given, 'valueBoolean', {
      type: writing.version < 2.5 ? 'CE' : 'CWE',
      content: yes === 'true' ? ['Y', 'Yes', 'HL70136'] : ['N', 'No', 'HL70136'],
    });
  const range = given.child('valueRange');
  if (range !== undefined) {
    const low = range.child('low');
    const units = unitsOf(writing, low ?? range.child('high'));
    range.child('high')?.take('unit', 'system', 'code');
    const content = [
      undefined,
      said(writing, low, 'value'),
      '-',
      said(writing, range.child('high'), 'value'),
    ];
    return { type: 'SN', content, units };
  }
  const ratio = given.child('valueRatio');
  if (ratio !== undefined) {
    const top = ratio.child('numerator');
    const units = unitsOf(writing, top);
    const content = [
      undefined,
      said(writing, top, 'value'),
      ':',
      said(writing, ratio.child('denominator'), 'value'),
    ];
    return { type: 'SN', content, units };
  }
  const written = given.peek('valueDateTime');
  const moment = time(writing, given, 'valueDateTime');
  if (written !== undefined && moment !== undefined) {
    const day = !written.includes('T');
    return { type: day ? 'DT' : writing.version < 2.6 ? 'TS' : 'DTM', content: moment };
  }
  const clock = said(writing, given, 'valueTime');
  if (clock !== undefined) return { type: 'TM', content: clock.replaceAll(':', '') };
  const period = given.child('valuePeriod');
  if (period !== undefined)
    return { type: 'DR', content: [time(writing, period, 'start'), time(writing, period, 'end')] };
  return undefined;
}

function noted(writing: Writing, given: Given, name: string, value: Value): Value {
  changed(
    writing,
    given.at(name),
    'OBX-5',
    `${given.at(name)} is written as ${value.type}; HL7 v2 has no such type.`,
  );
  return value;
}

function quantityOf(writing: Writing, quantity: Given): Value {
  const comparator = quantity.text('comparator');
  const units = unitsOf(writing, quantity);
  const value = said(writing, quantity, 'value');
  return comparator === undefined
    ? { type: 'NM', content: value, units }
    : { type: 'SN', content: [comparator, value], units };
}

/** Units as CWE: the code of UCUM with the text, or the text alone. */
function unitsOf(writing: Writing, quantity: Given | undefined): FieldContent {
  const code = said(writing, quantity, 'code');
  const unit = said(writing, quantity, 'unit');
  const system = quantity?.text('system');
  if (code === undefined) return unit;
  return [
    code,
    unit === code ? undefined : unit,
    system === 'http://unitsofmeasure.org' ? 'UCUM' : undefined,
  ];
}
