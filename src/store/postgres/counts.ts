/** What connections report: outcomes of calls by minute, and noise on listeners. */
import type { NoiseCount, OutcomeCount } from '../contract.ts';
import { again } from './again.ts';
import type { Desk } from './desk.ts';

const MINUTE = 60_000;
const COUNT_OUTCOMES = `
INSERT INTO outcome AS o (minute, connection, kind, count, ms)
SELECT u.minute, u.connection, u.kind, sum(u.count), sum(u.ms)
FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::bigint[], $5::bigint[]) AS u (minute, connection, kind, count, ms)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
ON CONFLICT (minute, connection, kind) DO UPDATE SET count = o.count + excluded.count, ms = o.ms + excluded.ms`;
const OUTCOMES =
  'SELECT minute, connection, kind, count, ms FROM outcome WHERE minute >= $1 ORDER BY minute, connection, kind';
const COUNT_NOISE = `
INSERT INTO noise AS o (connection, kind, count, bytes)
SELECT u.connection, u.kind, sum(u.count), sum(u.bytes)
FROM unnest($1::integer[], $2::text[], $3::bigint[], $4::bigint[]) AS u (connection, kind, count, bytes)
GROUP BY 1, 2 ORDER BY 1, 2
ON CONFLICT (connection, kind) DO UPDATE SET count = o.count + excluded.count, bytes = o.bytes + excluded.bytes`;
const NOISES = 'SELECT connection, kind, count, bytes FROM noise ORDER BY connection, kind';

type Counted<Count> = Omit<Count, 'site' | 'connection'> & { readonly connection: number };

export function countDesk({ dictionary, read, writers }: Desk) {
  const named = async <Count>(rows: readonly Counted<Count>[]) => {
    await dictionary.fetch(
      rows.map((row) => row.connection),
      [],
    );
    return rows.map((row) => {
      const { site, connection } = dictionary.connectionAt(row.connection);
      return { ...row, site, connection };
    });
  };
  const numbers = async (
    counts: readonly { readonly site: string; readonly connection: string }[],
  ): Promise<number[]> => {
    await dictionary.add(counts, []);
    return counts.map((one) => dictionary.connection(one.site, one.connection));
  };
  return {
    async countOutcomes(counts: readonly OutcomeCount[]): Promise<void> {
      if (counts.length === 0) return;
      await again(async () =>
        writers.other.ask(COUNT_OUTCOMES, [
          counts.map((one) => one.minute),
          await numbers(counts),
          counts.map((one) => one.kind),
          counts.map((one) => one.count),
          counts.map((one) => Math.round(one.ms)),
        ]),
      );
    },
    async outcomes(since: number): Promise<readonly OutcomeCount[]> {
      return (await named(
        await read<Counted<OutcomeCount>>(OUTCOMES, [Math.floor(since / MINUTE)]),
      )) as readonly OutcomeCount[];
    },
    async countNoise(counts: readonly NoiseCount[]): Promise<void> {
      if (counts.length === 0) return;
      await again(async () =>
        writers.other.ask(COUNT_NOISE, [
          await numbers(counts),
          counts.map((one) => one.kind),
          counts.map((one) => one.count),
          counts.map((one) => one.bytes),
        ]),
      );
    },
    async noises(): Promise<readonly NoiseCount[]> {
      return (await named(await read<Counted<NoiseCount>>(NOISES))) as readonly NoiseCount[];
    },
  };
}
