/**
 * Makes what the HL7 v2-to-FHIR reading takes from HL7's guide (https://github.com/HL7/v2-to-fhir, Apache-2.0):
 *
 *     node scripts/hl7-fhir-tables.ts FOLDER            writes
 *     node scripts/hl7-fhir-tables.ts FOLDER --check    says whether what stands is what would be written
 *
 * FOLDER holds the guide's CSV files in messages/, segments/, datatypes/ and codesystems/. Written are
 * src/mapping/hl7-fhir/concept-maps.generated.ts (the code tables) and docs/hl7/hl7-to-fhir-coverage.md (each row of
 * the guide, and whether the readers declare it).
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { coveragePage, type GuideRow } from './hl7-fhir-coverage.ts';

/** The commit of HL7/v2-to-fhir that the tables were made from. */
const COMMIT = '8c9b414be1729c98988b17e7fa86221fc8018c73';
const TABLES = 'src/mapping/hl7-fhir/concept-maps.generated.ts';
const COVERAGE = 'docs/hl7/hl7-to-fhir-coverage.md';

/** Maps that no reader needs: texts of events and structures, countries (kept as written), and maps without targets. */
const LEFT_OUT = new Set(['EventType', 'CountryCode', 'MessageStructure', 'SegmentActionCode']);

/** RFC 4180: quotes around cells, doubled inside them; a cell may hold line ends. */
export function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  const source = text.replace(/^\uFEFF/, '');
  for (let at = 0; at < source.length; at += 1) {
    const character = source.charAt(at);
    if (quoted) {
      if (character !== '"') cell += character;
      else if (source.charAt(at + 1) === '"') {
        cell += '"';
        at += 1;
      } else quoted = false;
    } else if (character === '"' && cell === '') quoted = true;
    else if (character === ',') {
      row.push(cell);
      cell = '';
    } else if (character === '\n') {
      row.push(cell.replace(/\r$/, ''));
      rows.push(row);
      row = [];
      cell = '';
    } else cell += character;
  }
  if (cell !== '' || row.length > 0) rows.push([...row, cell]);
  return rows;
}

const words = (cell: string | undefined): string => (cell ?? '').replace(/\s+/g, ' ').trim();

function* filesOf(folder: string, kind: string): Generator<{ name: string; rows: string[][] }> {
  for (const file of readdirSync(join(folder, kind)).sort()) {
    const name = /(?:R4__|Map__)(.*?)_+-_/.exec(file)?.[1];
    if (name === undefined) continue;
    // Two lines of headings.
    yield { name, rows: readCsv(readFileSync(join(folder, kind, file), 'utf8')).slice(2) };
  }
}

/** FHIR's `code`: no blanks at the ends. What the guide wrote there as a remark is none. */
const isCode = (text: string): boolean => /^[^\s|]+( [^\s|]+)?$/.test(text) && text.length < 60;

function conceptMaps(folder: string): string {
  const systems: string[] = [];
  const maps: string[] = [];
  for (const { name, rows } of filesOf(folder, 'codesystems')) {
    if (LEFT_OUT.has(name)) continue;
    const lines = new Map<string, string>();
    for (const row of rows) {
      const [code, target, display, system] = [row[0], row[6], row[8], row[9]].map(words) as [
        string,
        string,
        string,
        string,
      ];
      if (code === '' || !isCode(target) || lines.has(code)) continue;
      if (!systems.includes(system)) systems.push(system);
      lines.set(
        code,
        [code, target === code ? '' : target, display.replaceAll('|', '/'), systems.indexOf(system)].join(
          '|',
        ),
      );
    }
    if (lines.size > 0)
      maps.push(
        `  ${JSON.stringify(name)}: \`${[...lines.values()].join('\n').replace(/[`\\$]/g, '\\$&')}\`,`,
      );
  }
  return [
    '/**',
    " * Code tables of HL7's v2-to-FHIR guide: HL7/v2-to-fhir, Apache-2.0, commit",
    ` * ${COMMIT}.`,
    ' * Made by scripts/hl7-fhir-tables.ts: change that, not this. One line for each code: HL7 v2 code, FHIR code (empty: the',
    ' * same), display, and the place of its system in the list.',
    ' */',
    '// biome-ignore-all format: generated',
    '// biome-ignore-all lint: generated',
    `export const conceptSystems: readonly string[] = ${JSON.stringify(systems, null, 2)};`,
    '',
    'export const conceptTables: Readonly<Record<string, string>> = {',
    ...maps,
    '};',
    '',
  ].join('\n');
}

/** The rows of the guide's segment and data type maps that name a FHIR element. */
function guideRows(folder: string): GuideRow[] {
  const found: GuideRow[] = [];
  for (const kind of ['segments', 'datatypes'] as const)
    for (const { name, rows } of filesOf(folder, kind)) {
      const [source, ...target] = name.replace(/_+$/, '').split('_');
      const map = `${source}[${target.join('_')}]`;
      for (const row of rows) {
        const element = words(row[9]);
        if (element === '') continue;
        found.push({
          kind,
          map,
          field: words(row[1]) || (source ?? ''),
          name: words(row[2]),
          condition: words(row[6]) || words(row[8]),
          element,
          assignment: words(row[16]),
        });
      }
    }
  for (const { name, rows } of filesOf(folder, 'messages'))
    for (const row of rows) {
      const target = words(row[9]);
      if (target === '') continue;
      found.push({
        kind: 'messages',
        map: name,
        field: words(row[1]),
        name: words(row[3]),
        condition: words(row[6]) || words(row[8]),
        element: [target, words(row[10])].filter(Boolean).join(' by '),
        assignment: words(row[11]),
      });
    }
  return found;
}

const [folder, mode] = process.argv.slice(2);
if (folder === undefined) {
  console.error("Name the folder of the guide's CSV files: node scripts/hl7-fhir-tables.ts FOLDER [--check]");
  process.exitCode = 2;
} else {
  const tables = conceptMaps(folder);
  if (mode === '--check') {
    const stale = [TABLES, COVERAGE].filter((file) => {
      const made = file === TABLES ? tables : coveragePage(guideRows(folder), COMMIT);
      return readFileSync(file, 'utf8') !== made;
    });
    for (const file of stale)
      console.error(`${file} is not what the guide gives: run the script without --check.`);
    if (stale.length > 0) process.exitCode = 1;
  } else {
    writeFileSync(TABLES, tables);
    writeFileSync(COVERAGE, coveragePage(guideRows(folder), COMMIT));
  }
}
