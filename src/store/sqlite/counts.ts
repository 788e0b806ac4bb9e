/** What connections report: outcomes of calls by minute, and noise on listeners. */
import type { NoiseCount, OutcomeCount } from '../contract.ts';
import type { Desk, View } from './desk.ts';
import { MINUTE } from './tallies.ts';

const COUNT_OUTCOME = `
INSERT INTO outcome (minute, connection, kind, count, ms) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET count = count + excluded.count, ms = ms + excluded.ms`;
const OUTCOMES =
  'SELECT minute, connection, kind, count, ms FROM outcome WHERE minute >= ? ORDER BY minute, connection, kind';
const COUNT_NOISE = `
INSERT INTO noise (connection, kind, count, bytes) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET count = count + excluded.count, bytes = bytes + excluded.bytes`;
const NOISES = 'SELECT connection, kind, count, bytes FROM noise ORDER BY connection, kind';

export function countWriter({ database, dictionary }: Desk) {
  const countOutcome = database.prepare(COUNT_OUTCOME);
  const countNoise = database.prepare(COUNT_NOISE);
  return {
    countOutcomes(counts: readonly OutcomeCount[]): null {
      for (const one of counts) {
        countOutcome.run(
          one.minute,
          dictionary.connection(one.site, one.connection),
          one.kind,
          one.count,
          one.ms,
        );
      }
      return null;
    },
    countNoise(counts: readonly NoiseCount[]): null {
      for (const one of counts) {
        countNoise.run(dictionary.connection(one.site, one.connection), one.kind, one.count, one.bytes);
      }
      return null;
    },
  };
}

export function countReader({ database, dictionary }: View) {
  const outcomes = database.prepare(OUTCOMES);
  const noises = database.prepare(NOISES);
  const named = (id: number): { site: string; connection: string } => {
    const { site, connection } = dictionary.connectionAt(id);
    return { site, connection };
  };
  return {
    outcomes: (since: number): OutcomeCount[] =>
      (
        outcomes.all(Math.floor(since / MINUTE)) as unknown as (Omit<OutcomeCount, 'connection'> & {
          connection: number;
        })[]
      ).map((row) => ({
        minute: row.minute,
        ...named(row.connection),
        kind: row.kind,
        count: row.count,
        ms: row.ms,
      })),
    noises: (): NoiseCount[] =>
      (noises.all() as unknown as (Omit<NoiseCount, 'connection'> & { connection: number })[]).map((row) => ({
        ...named(row.connection),
        kind: row.kind,
        count: row.count,
        bytes: row.bytes,
      })),
  };
}
