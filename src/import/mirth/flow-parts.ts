/** Small parts of the flows that an import makes: how they begin, and what a schedule’s reader goes through. */
import type { Step as FlowStep, Trigger } from '../../flow/index.ts';
import type { Channel } from './export.ts';
import { ITEM } from './flow-draft.ts';
import type { Arrival, ConnectionRecord, SourceMade } from './made.ts';

/** What a way through channels begins with. */
export interface From {
  readonly arrival: Arrival;
  readonly connection?: string;
  readonly isParked: boolean;
  /** A schedule’s script, which makes the messages. */
  readonly reader?: string;
}

/** The most messages that a reader makes at a time. */
const MOST_READ = 1_000;

export function arrivalOf(
  { source }: Channel,
  trigger: Arrival['trigger'],
  { row, cron }: Pick<SourceMade, 'row' | 'cron'> = {},
): Arrival {
  return {
    trigger,
    inbound: source.transformer.inbound.name,
    ...(row === undefined ? {} : { row }),
    ...(cron === undefined ? {} : { cron }),
  };
}

export const headOf = ({ name, file }: Channel): readonly string[] => [
  `Made by \`suture import mirth\` of the channel "${name}" (${file}).`,
  'What it does not do as Mirth did is in IMPORT.md.',
];

export function triggerOf({ arrival: { trigger, cron }, connection = '' }: From): Trigger {
  switch (trigger) {
    case 'hl7':
      return { kind: 'hl7', type: '*', connection };
    case 'schedule':
      return { kind: 'schedule', cron: cron ?? '', missed: 'skip' };
    default:
      return { kind: trigger, connection };
  }
}

/** Each message that the reader’s script makes goes the same way. */
export const read = (script: string, steps: readonly FlowStep[]): readonly FlowStep[] => [
  { kind: 'code', id: 'reader', reads: { scheduled: 'event.scheduledFor' }, script },
  { kind: 'for-each', id: 'each', in: 'reader', as: ITEM, atMost: MOST_READ, steps },
];

/** Several files of one delivery: each has the place of its message in its name, too. */
export function eachItsOwn(record: ConnectionRecord): ConnectionRecord {
  const put = record.put as { readonly name?: string } | undefined;
  if (put?.name === undefined) return record;
  return { ...record, put: { ...put, name: put.name.replace('{delivery}', '{delivery}-{step}') } };
}
