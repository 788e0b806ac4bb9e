/** DiagnosticReport, Observation, ServiceRequest and Specimen as ORC, OBR, OBX, NTE and SPM of an ORU^R01. */
import type { FieldContent } from '../../../hl7/index.ts';
import { reportStatuses } from './codes.ts';
import { codeOf, cwe, cx, ei } from './datatypes.ts';
import { attachmentValue } from './document.ts';
import type { Given } from './given.ts';
import { obx } from './observation.ts';
import { about, xcn } from './people.ts';
import { changed, note, repeated, type SegmentFields, said, segment, time, type Writing } from './writing.ts';

/** What stands under one OBR. */
interface Group {
  /** A DiagnosticReport, a panel (an Observation with members), or one Observation by itself. */
  readonly head: Given;
  readonly kind: 'report' | 'panel' | 'single';
  readonly observations: readonly Given[];
}

/** Reports with their results first, then panels, then each Observation that none of them names, under an OBR of its own. */
function groups(writing: Writing): readonly Group[] {
  const observations = writing.set.of('Observation');
  const taken = new Set<string>();
  const members = (given: Given, name: string): readonly Given[] =>
    given.all(name).flatMap((reference) => {
      const found = writing.set.resolve(reference);
      if (found?.type !== 'Observation') {
        if (found === undefined)
          note(writing, {
            code: 'unresolved-reference',
            severity: 'warning',
            path: reference.path,
            text: `${reference.path} refers to an Observation that was not given: it is not in the message.`,
            fix: 'Give that Observation too.',
          });
        return [];
      }
      if (taken.has(found.given.path)) return [];
      taken.add(found.given.path);
      return [found.given, ...members(found.given, 'hasMember')];
    });
  const reports = writing.set
    .of('DiagnosticReport')
    .map((head): Group => ({ head, kind: 'report', observations: members(head, 'result') }));
  const panels = observations
    .filter((each) => each.has('hasMember') && !taken.has(each.path))
    .map((head): Group => {
      taken.add(head.path);
      return { head, kind: 'panel', observations: members(head, 'hasMember') };
    });
  const singles = observations
    .filter((each) => !taken.has(each.path))
    .map((head): Group => ({ head, kind: 'single', observations: [head] }));
  return [...reports, ...panels, ...singles];
}

/** ORC, OBR, NTE, OBX with its NTE, and SPM of every group. */
export function results(writing: Writing): readonly SegmentFields[] {
  return groups(writing).flatMap((group, index) => {
    const { head, kind, observations } = group;
    const order = orderOf(writing, group);
    const numbers = orderNumbers(writing, head, kind === 'report', order);
    about(writing, head.child('subject'), 'Patient');
    about(writing, head.child('encounter'), 'Encounter');
    const rows: SegmentFields[] = [];
    for (const each of observations)
      rows.push(...obx(writing, each, rows, kind === 'single' ? 'own order' : 'order'));
    if (kind === 'panel') rows.push(...obx(writing, head, rows, 'order'));
    if (kind === 'report') rows.push(...presented(writing, head, rows));
    const orc =
      order === undefined ? [] : [segment('ORC', { 1: 'RE', 2: numbers.placer, 3: numbers.filler })];
    return [
      ...orc,
      obr(writing, group, index + 1, order, numbers),
      ...conclusion(writing, head),
      ...rows,
      ...specimens(writing, group),
    ];
  });
}

function orderOf(writing: Writing, { head, observations }: Group): Given | undefined {
  for (const each of [head, ...observations])
    for (const reference of each.all('basedOn')) {
      const found = writing.set.resolve(reference);
      if (found?.type === 'ServiceRequest') {
        found.given.take('status', 'intent');
        about(writing, found.given.child('subject'), 'Patient');
        about(writing, found.given.child('encounter'), 'Encounter');
        return found.given;
      }
    }
  return undefined;
}

interface Numbers {
  readonly placer: FieldContent;
  readonly filler: FieldContent;
}

/** Identifiers by type PLAC and FILL of table 0203; without type the first of a report is the filler's, of an order the placer's. */
function orderNumbers(writing: Writing, head: Given, isReport: boolean, order: Given | undefined): Numbers {
  const typed = (given: Given | undefined, code: string): Given | undefined =>
    given?.all('identifier').find((each) =>
      each
        .child('type')
        ?.all('coding')
        .some((coding) => coding.peek('code') === code),
    );
  const report = isReport ? head : undefined;
  const untyped = (given: Given | undefined): Given | undefined =>
    given?.all('identifier').find((each) => !each.has('type'));
  const placer = typed(report, 'PLAC') ?? typed(order, 'PLAC') ?? untyped(order);
  const filler = typed(report, 'FILL') ?? typed(order, 'FILL') ?? untyped(report);
  for (const each of [placer, filler]) each?.child('type')?.take('coding', 'text');
  return { placer: ei(writing, placer, 'OBR-2'), filler: ei(writing, filler, 'OBR-3') };
}

function obr(
  writing: Writing,
  { head, kind }: Group,
  setId: number,
  order: Given | undefined,
  numbers: Numbers,
): SegmentFields {
  const period = head.child('effectivePeriod');
  const orderCode = order?.child('code');
  const ownCode = head.child('code');
  const [category] = kind === 'report' ? head.all('category') : [];
  const requester = order?.child('requester');
  const status =
    kind === 'report' ? codeOf(writing, head, 'status', 'OBR-25', reportStatuses) : statusOf(head);
  if (ownCode !== undefined && orderCode?.sameAs(ownCode)) orderCode.takeAll();
  const reasons = order?.all('reasonCode') ?? [];
  const [interpreter] = kind === 'report' ? head.all('resultsInterpreter') : [];
  return segment('OBR', {
    1: String(setId),
    2: numbers.placer,
    3: numbers.filler,
    4: cwe(writing, ownCode ?? orderCode, 'OBR-4'),
    7: time(writing, head, 'effectiveDateTime') ?? time(writing, period, 'start'),
    8: time(writing, period, 'end'),
    16: requester ? repeated([xcn(writing, requester, 'OBR-16') ?? []]) : undefined,
    22: time(writing, head, 'issued'),
    24: diagnosticSection(writing, category),
    25: status,
    31: repeated(reasons.map((each) => cwe(writing, each, 'OBR-31') ?? [])),
    32: interpreter && interpreterOf(writing, interpreter),
  });
}

/** The status of an OBR that stands for Observations: final once they are, else preliminary. */
function statusOf(head: Given): string {
  const status = head.peek('status') ?? '';
  if (status === 'amended' || status === 'corrected') return 'C';
  if (status === 'cancelled' || status === 'entered-in-error') return 'X';
  return status === 'registered' ? 'O' : status === 'preliminary' ? 'P' : 'F';
}

/** OBR-24 is an ID: the code alone. */
function diagnosticSection(writing: Writing, category: Given | undefined): string | undefined {
  const [coding] = category?.all('coding') ?? [];
  if (coding === undefined) return undefined;
  coding.take('system');
  const system = coding.peek('system');
  const code = said(writing, coding, 'code');
  const site = writing.lookup.code?.('OBR-24', {
    ...(system === undefined ? {} : { system }),
    ...(code === undefined ? {} : { code }),
  });
  return site?.code ?? code;
}

/** OBR-32 is an NDL: its first component is a person with subcomponents. */
function interpreterOf(writing: Writing, reference: Given): FieldContent {
  const person = xcn(writing, reference, 'OBR-32');
  if (person === undefined) return undefined;
  const first = (part: (typeof person)[number] | undefined) =>
    (Array.isArray(part) ? part[0] : part) as string | undefined;
  return [[0, 1, 2, 3, 4, 5, 6].map((at) => first(person[at]))];
}

function conclusion(writing: Writing, head: Given): readonly SegmentFields[] {
  const text = said(writing, head, 'conclusion');
  if (text === undefined) return [];
  changed(
    writing,
    head.at('conclusion'),
    'NTE-3',
    `${head.at('conclusion')} is written as a note on the report.`,
  );
  return [segment('NTE', { 1: '1', 3: text })];
}

/** The report as a document: an OBX of type ED beside the results. */
function presented(writing: Writing, head: Given, rows: readonly SegmentFields[]): readonly SegmentFields[] {
  return head.all('presentedForm').flatMap((attachment, index) => {
    const value = attachmentValue(writing, attachment);
    if (value === undefined) return [];
    changed(
      writing,
      attachment.path,
      'OBX-5',
      `${attachment.path} is written as an observation of type ${value.type}.`,
    );
    return [
      segment('OBX', {
        1: String(rows.filter(([id]) => id === 'OBX').length + index + 1),
        2: value.type,
        3: cwe(writing, head.child('code'), 'OBX-3'),
        5: value.content,
        11: codeOf(writing, head, 'status', 'OBX-11', reportStatuses),
      }),
    ];
  });
}

/** Specimens of the report and of its observations, each once. */
function specimens(writing: Writing, { head, observations }: Group): readonly SegmentFields[] {
  const references = [
    ...head.all('specimen'),
    ...[head, ...observations].flatMap((each) => each.child('specimen') ?? []),
  ];
  const found = new Map<string, Given>();
  for (const reference of references) {
    const specimen = writing.set.resolve(reference);
    if (specimen?.type === 'Specimen') found.set(specimen.given.path, specimen.given);
  }
  return [...found.values()].flatMap((specimen, index) => {
    const [identifier] = specimen.all('identifier');
    const collection = specimen.child('collection');
    const period = collection?.child('collectedPeriod');
    const accession = specimen.child('accessionIdentifier');
    about(writing, specimen.child('subject'), 'Patient');
    const number = ei(writing, identifier, 'SPM-2');
    identifier?.child('type')?.take('coding', 'text');
    return [
      segment('SPM', {
        1: String(index + 1),
        // EIP: the filler's number is component 2, its parts are subcomponents.
        2: number === undefined ? undefined : [undefined, number as never],
        4: cwe(writing, specimen.child('type'), 'SPM-4'),
        7: cwe(writing, collection?.child('method'), 'SPM-7'),
        8: cwe(writing, collection?.child('bodySite'), 'SPM-8'),
        14: repeated(specimen.all('note').map((each) => said(writing, each, 'text'))),
        17: period
          ? [time(writing, period, 'start'), time(writing, period, 'end')]
          : time(writing, collection, 'collectedDateTime'),
        18: time(writing, specimen, 'receivedTime'),
        24: repeated(specimen.all('condition').map((each) => cwe(writing, each, 'SPM-24') ?? [])),
        30: accession && writing.version >= 2.7 ? cx(writing, accession, 'SPM-30') : undefined,
      }),
    ];
  });
}
