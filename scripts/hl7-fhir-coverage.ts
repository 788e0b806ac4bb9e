/** docs/hl7/hl7-to-fhir-coverage.md: each row of HL7's v2-to-FHIR guide beside what the readers declare. */
import { componentsRead } from '../src/mapping/hl7-fhir/datatypes/components.ts';
import { handlersOf, isMapped } from '../src/mapping/hl7-fhir/messages.ts';
import { declaredMaps } from '../src/mapping/hl7-fhir/rows.ts';

/** A row of the guide that names a FHIR element. */
export interface GuideRow {
  readonly kind: 'messages' | 'segments' | 'datatypes';
  /** `PID[Patient]`, `CX[Identifier]`, `ADT_A01`. */
  readonly map: string;
  /** `PID-3`, `CX.4`, `ADT_A01.PID`. */
  readonly field: string;
  readonly name: string;
  readonly condition: string;
  readonly element: string;
  readonly assignment: string;
}

type Status = 'implemented' | 'not applicable' | 'missing';
interface Judged {
  readonly row: GuideRow;
  readonly status: Status;
  readonly why: string;
}

/** Rows that R4, the guide's own conditions or this product's messages leave no use for. */
const NOT_APPLICABLE: readonly (readonly [map: RegExp, field: RegExp, why: string])[] = [
  [/^MSH\[Encounter\]/, /./, 'status of the visit: judged with PV1-2 and PV1-45, see PV1[Encounter]'],
  [/^MSH\[MessageHeader\]/, /^MSH-8$/, 'a text; meta.security holds codes (Epic sends a user id here)'],
  [/^MSH\[MessageHeader\]/, /^MSH-(26|27)$/, 'the guide gives no codes for it'],
  [/^MSH\[Provenance-/, /^MSH$/, 'the message is not copied into its own bundle: it is the reader’s to keep'],
  [/^PID\[Appointment\]/, /./, 'the patient is a participant; the R5 extension would say it again'],
  [/^PV1\[Basic-EncounterHistory\]/, /./, 'an R5 resource carried in Basic: no R4 server reads it'],
  [/^PV1\[Encounter\]/, /^PV1-(53|54)$/, 'EpisodeOfCare: a grouping that a site makes, not a visit'],
  [
    /^DG1\[EpisodeOfCare\]/,
    /./,
    '“in context of an episode of care”: diagnoses are the patient’s and the visit’s',
  ],
  [/^ORC\[MedicationAdministration\]/, /./, 'RAS messages: not among those read'],
  [/^NTE\[Appointment-Comment\]/, /./, 'R4’s Appointment has an element of its own for it: comment'],
  [/^MSA\[/, /./, 'acknowledgements are not converted'],
  [/^(CNN|CQ_code|CQ\[(code|decimal|unsignedInt)\]|RI)/, /./, 'not used by a row that is read'],
];

const normal = (element: string): string =>
  element
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\(.*$/, '')
    .replace(/=.*$/, '')
    .trim()
    .toLowerCase();

const within = (whole: string, part: string): boolean =>
  whole === part || whole.startsWith(`${part}.`) || (part.length > 4 && whole.startsWith(part));

function judgeSegment(row: GuideRow): Judged {
  const maps = declaredMaps.filter(({ name }) => name === row.map);
  const number = Number(/-(\d+)$/.exec(row.field)?.[1] ?? 0);
  const target = normal(row.element);
  const found = maps.some((map) =>
    map.rows.some(
      ({ numbers, elements }) =>
        (number === 0 || numbers.includes(number)) &&
        elements.some((each) => within(target, each.toLowerCase()) || within(each.toLowerCase(), target)),
    ),
  );
  if (found) return { row, status: 'implemented', why: '' };
  return otherwise(row);
}

function judgeType(row: GuideRow): Judged {
  const number = Number(/\.(\d+)$/.exec(row.field)?.[1] ?? 0);
  const read = componentsRead[row.map];
  if (read !== undefined && (number === 0 || read.includes(number)))
    return { row, status: 'implemented', why: '' };
  return otherwise(row);
}

function judgeMessage(row: GuideRow): Judged {
  const [family = '', trigger = ''] = row.map.split('_');
  const segment = row.field.split(/[.:]/).at(-1) ?? '';
  const map = / by (\S+\[[^\]]+\])/.exec(row.element)?.[1];
  if (!isMapped(family, trigger))
    return {
      row,
      status: 'not applicable',
      why: 'the structure serves messages that are not among those read',
    };
  if (!handlersOf(family).has(segment)) return { row, status: 'missing', why: '' };
  if (map === undefined || declaredMaps.some(({ name }) => name === map))
    return { row, status: 'implemented', why: '' };
  return otherwise({ ...row, map, field: segment }, row);
}

function otherwise(row: GuideRow, shown: GuideRow = row): Judged {
  const why = NOT_APPLICABLE.find(([map, field]) => map.test(row.map) && field.test(row.field))?.[2];
  if (why) return { row: shown, status: 'not applicable', why };
  return { row: shown, status: 'missing', why: '' };
}

const judge = (row: GuideRow): Judged =>
  row.kind === 'segments' ? judgeSegment(row) : row.kind === 'datatypes' ? judgeType(row) : judgeMessage(row);

const titles = { messages: 'Messages', segments: 'Segments', datatypes: 'Data types' } as const;
const cell = (text: string): string =>
  text.replace(/\|/g, '/').replace(/[<>]/g, (each) => (each === '<' ? '&lt;' : '&gt;'));

/** The whole page. */
export function coveragePage(rows: readonly GuideRow[], commit: string): string {
  const judged = rows.map(judge);
  const count = (list: readonly Judged[], status: Status): number =>
    list.filter((each) => each.status === status).length;
  const lines = [
    "# HL7's v2-to-FHIR guide, row by row",
    '',
    `Generated by \`scripts/hl7-fhir-tables.ts\` from the guide's tables (HL7/v2-to-fhir, Apache-2.0, commit \`${commit}\`) and`,
    'from what the readers declare. A row is a line of the guide that names a FHIR element. *Implemented* means that a reader',
    'declares the field and the element (data types: the component); conditions and codes of such a row are held by tests,',
    'not by this page.',
    '',
    '| part | rows | implemented | not applicable | missing |',
    '|---|--:|--:|--:|--:|',
  ];
  for (const kind of ['messages', 'segments', 'datatypes'] as const) {
    const part = judged.filter(({ row }) => row.kind === kind);
    lines.push(
      `| ${titles[kind]} | ${part.length} | ${count(part, 'implemented')} | ${count(part, 'not applicable')} | ${count(part, 'missing')} |`,
    );
  }
  for (const kind of ['messages', 'segments', 'datatypes'] as const) {
    lines.push(
      '',
      `## ${titles[kind]}`,
      '',
      '| map | rows | implemented | not applicable | missing |',
      '|---|--:|--:|--:|--:|',
    );
    const part = judged.filter(({ row }) => row.kind === kind);
    const maps = [...new Set(part.map(({ row }) => row.map))];
    for (const map of maps) {
      const own = part.filter(({ row }) => row.map === map);
      lines.push(
        `| ${map} | ${own.length} | ${count(own, 'implemented')} | ${count(own, 'not applicable')} | ${count(own, 'missing')} |`,
      );
    }
    for (const status of ['not applicable', 'missing'] as const) {
      const left = part.filter((each) => each.status === status);
      if (left.length === 0) continue;
      const why = status === 'not applicable';
      lines.push(
        '',
        `### ${titles[kind]}: ${status}`,
        '',
        `| map | field | element |${why ? ' why |' : ''}`,
        `|---|---|---|${why ? '---|' : ''}`,
      );
      for (const { row, why: reason } of left)
        lines.push(`| ${row.map} | ${cell(row.field)} | ${cell(row.element)} |${why ? ` ${reason} |` : ''}`);
    }
    lines.push('', `### ${titles[kind]}: implemented`, '', '| map | field | element |', '|---|---|---|');
    for (const { row, status } of part)
      if (status === 'implemented') lines.push(`| ${row.map} | ${cell(row.field)} | ${cell(row.element)} |`);
  }
  return `${lines.join('\n')}\n`;
}
