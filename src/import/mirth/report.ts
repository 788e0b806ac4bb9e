/** IMPORT.md: what came of each channel, and the list of work. */
import type { WorkItem } from './work.ts';

export interface Summary {
  readonly site: string;
  readonly channels: readonly {
    readonly name: string;
    readonly version: string;
    readonly file: string;
    readonly line: number;
    readonly enabled: boolean;
    /** The group that it stood in, and its tags. */
    readonly group: string;
    readonly flows: readonly string[];
    /** Written to import/flows: they do not run yet. */
    readonly parked: readonly string[];
    readonly toDo: number;
    readonly lookAt: number;
  }[];
  readonly flows: number;
  readonly parked: number;
  /** Flows that are conditions and maps alone. */
  readonly declarative: number;
  readonly scripts: number;
  readonly steps: Readonly<Record<string, number>>;
  readonly codeTemplates: number;
  readonly leftScripts: number;
  readonly toDo: number;
  readonly lookAt: number;
  readonly leftOut: number;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s+/g, ' ');

const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;

const LEVELS = ['to do', 'look at', 'left out'] as const;
const ABOUT: Readonly<Record<WorkItem['level'], string>> = {
  'to do': 'It does not run, or not wholly, before somebody did it.',
  'look at': 'It runs; look whether it does what is meant.',
  'left out': 'It has no counterpart here, and what was carried over does not need it.',
};

export function placeText({
  file,
  line,
  scriptLine,
}: Pick<WorkItem, 'file' | 'line' | 'scriptLine'>): string {
  return `${file}:${line}${scriptLine === undefined ? '' : ` (script line ${scriptLine})`}`;
}

export function reportText(summary: Summary, work: readonly WorkItem[]): string {
  const names = [...summary.channels.map(({ name }) => name), ...work.map(({ channel }) => channel)];
  const workOf = Map.groupBy(work, ({ channel }) => channel);
  const groups = [...new Set(names)].filter((name) => workOf.has(name));
  return [
    '# What came of the channels',
    '',
    `${summary.channels.length} channel${summary.channels.length === 1 ? '' : 's'}: ${summary.flows} flow${summary.flows === 1 ? '' : 's'} in flows/, ${summary.parked} in import/flows/ that ${summary.parked === 1 ? 'does' : 'do'} not run before what is named below is done; then move ${summary.parked === 1 ? 'it' : 'them'} to flows/.`,
    `To do: ${summary.toDo}. To look at: ${summary.lookAt}. Left out: ${summary.leftOut}.`,
    '',
    'A path such as `hl7:PID-3.1` reads the first repetition of the first segment; Mirth joins the texts of all. Write `hl7:PID-3[5=MR].1` where one is meant.',
    '',
    'Flows keep the order in which messages came (`order: connection`), as Mirth does. With `order: patient` patients do not wait for one another; each stays in order.',
    '',
    row(['channel', 'group and tags', 'version', 'flows', 'not running yet', 'to do', 'look at']),
    row(['---', '---', '---', '---', '---', '---', '---']),
    ...summary.channels.map((each) =>
      row([
        `${each.name}${each.enabled ? '' : ' (off)'}`,
        each.group || '-',
        each.version,
        each.flows.join(', ') || '-',
        each.parked.join(', ') || '-',
        String(each.toDo),
        String(each.lookAt),
      ]),
    ),
    '',
    ...groups.flatMap((name) => [
      `## ${name.replace(/\s+/g, ' ')}`,
      '',
      ...LEVELS.flatMap((level) => {
        const items = (workOf.get(name) ?? []).filter((each) => each.level === level);
        if (items.length === 0) return [];
        return [
          `**${level.charAt(0).toUpperCase()}${level.slice(1)}.** ${ABOUT[level]}`,
          '',
          row(['part', 'place', 'what', 'do this']),
          row(['---', '---', '---', '---']),
          ...items.map((item) => row([item.part, placeText(item), item.reason, item.fix])),
          '',
        ];
      }),
    ]),
  ].join('\n');
}
