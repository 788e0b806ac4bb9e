/** What `suture messages` looks for, and how it goes about it: page by page, a scan with its progress and an end by Ctrl-C. */
import { type Person, personName } from '../engine/index.ts';
import type { MessageQuery, MessageRow } from '../store/index.ts';
import type { Desk } from './desk.ts';

export interface QueryOptions {
  controlId?: string;
  site?: string;
  connection?: string;
  type?: string;
  state?: NonNullable<MessageQuery['state']>;
  flow?: string;
  patient?: string;
  family?: string;
  born?: string;
  text?: string;
  from?: string;
  to?: string;
}

type Query = Omit<MessageQuery, 'patient' | 'limit' | 'before'> & {
  readonly asked?: string | Person;
  readonly text?: string;
};

/** One page of the store's. */
const PAGE = 500;

/** UTC unless it says otherwise; `undefined` when it is no time. */
function timeOf(text: string): number | undefined {
  const zoned = /(Z|[+-]\d{2}:?\d{2})$/i.test(text) || /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : `${text}Z`;
  const at = Date.parse(zoned);
  return Number.isNaN(at) ? undefined : at;
}

/** A text is the sentence that says what is wrong with the options. */
export function queryOf(options: QueryOptions): Query | string {
  const { patient, family, born, text } = options;
  const from = options.from === undefined ? undefined : timeOf(options.from);
  const to = options.to === undefined ? undefined : timeOf(options.to);
  if (options.from !== undefined && from === undefined)
    return '--from is no time; give one such as 2026-11-21T09:30.';
  if (options.to !== undefined && to === undefined)
    return '--to is no time; give one such as 2026-11-21T09:30.';
  if ((family === undefined) !== (born === undefined)) return '--family and --born go together.';
  const person = family === undefined || born === undefined ? undefined : { family, born };
  if (person && personName(person) === null) {
    return '--family needs a letter, and --born a date such as 1984-03-09.';
  }
  if (patient !== undefined && person) return 'Give --patient, or --family with --born.';
  const asked = patient ?? person;
  if (text !== undefined) {
    if (asked !== undefined) return '--text looks through all patients; leave --patient and --family out.';
    if (text.length < 2) return '--text needs two characters at least.';
    if (from === undefined || to === undefined)
      return '--text needs --from and --to: it reads every message of that time.';
  }
  const { controlId, site, connection, type, state, flow } = options;
  const given = { controlId, site, connection, type, state, flow, from, to, asked, text };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Query;
}

/** Page by page up to the limit. A scan tells its progress on standard error; Ctrl-C ends it with what was found. */
export async function find(
  desk: Desk,
  query: Query,
  limit: number,
): Promise<{ readonly rows: readonly MessageRow[]; readonly stopped: boolean }> {
  const rows: MessageRow[] = [];
  const { text, asked, ...rest } = query;
  let stopped = false;
  let looked = 0;
  let before: string | null = null;
  const stop = (): void => {
    stopped = true;
  };
  if (text !== undefined) process.once('SIGINT', stop);
  try {
    do {
      const next = {
        ...rest,
        limit: Math.min(PAGE, limit - rows.length),
        ...(before === null ? {} : { before }),
      };
      if (text === undefined) {
        const page = await desk.search({ ...next, ...(asked === undefined ? {} : { asked }) });
        rows.push(...page.rows);
        before = page.before;
      } else {
        const page = await desk.scan({ ...next, text, from: rest.from ?? 0, to: rest.to ?? 0 });
        rows.push(...page.rows);
        before = page.before;
        looked += page.looked;
        const at = before === null || stopped ? '\n' : process.stderr.isTTY ? '\r' : '\n';
        process.stderr.write(
          `suture: ${looked} messages looked through, ${rows.length} found${stopped ? '; stopped' : ''}${at}`,
        );
      }
    } while (before !== null && rows.length < limit && !stopped);
  } finally {
    process.removeListener('SIGINT', stop);
  }
  return { rows, stopped };
}
