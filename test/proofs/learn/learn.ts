/**
 * Changes of a troubled server are learnt by `_lastUpdated`, through refusals, broken answers, commits that fail and
 * processes that die. Then the server rests, and what was told is held against what is there.
 */

import type { LearnAnswer, LearnSettings } from '../../../src/connectors/index.ts';
import { Tally } from '../../../src/connectors/learn/findings.ts';
import { createSince } from '../../../src/connectors/learn/since.ts';
import { createFhirClient, type SearchPage } from '../../../src/fhir/index.ts';
import { type Clock, seededRandom } from '../../../src/std/index.ts';
import type { Figures } from '../tally.ts';
import { TroubledServer, type Troubles } from './troubled-server.ts';

export const LEARN_ZERO: readonly string[] = [
  'stale at rest',
  'created twice',
  'told twice',
  'deletions unnoticed',
  'wrongly gone',
];

export interface LearnOptions {
  readonly changes: number;
  readonly resources: number;
  readonly seed: number;
  /** Milliseconds; 120,000 unless given. Sabotage: 0. */
  readonly overlap?: number;
  /** Sabotage: what was seen is forgotten. */
  readonly forgetful?: boolean;
  readonly troubles?: Partial<Troubles>;
}

const START = Date.UTC(2026, 2, 2, 6);
const PER_SECOND = 60;
const EVERY = 120_000;
const HOUR = 3_600_000;

class Remarks extends Tally {
  addSearch(page: SearchPage): void {
    this.check('LEARN_FILTER_IGNORED', page.strays);
  }
}

export async function learn(options: LearnOptions): Promise<Figures> {
  const random = seededRandom(options.seed);
  const { resources, troubles } = options;
  const server = new TroubledServer({
    random,
    resources,
    perSecond: PER_SECOND,
    start: START,
    ...(troubles ? { troubles } : {}),
  });
  const clock: Clock = { now: () => server.now, elapsed: () => server.now, after: () => () => undefined };
  const client = createFhirClient({ baseUrl: await server.listen(), clock });
  const settings: LearnSettings = {
    method: 'poll',
    every: EVERY,
    rarely: EVERY,
    window: { back: 0, ahead: 0 },
    batch: 25,
    overlap: options.overlap ?? 120_000,
    categories: [],
  };

  // What a store holds: all of an answer or nothing of it.
  const marks = new Map<string, string>();
  const counts = new Map<string, number>();
  let cursor: LearnAnswer['cursor'] = null;
  const told = new Map<string, number>();
  const figures = {
    'created twice': 0,
    'told twice': 0,
    events: 0,
    failures: 0,
    deaths: 0,
    'commits refused': 0,
  };
  const created = new Set<string>();
  const versions = new Set<string>();

  const start = () =>
    createSince({
      client,
      context: {
        clock,
        identifiers: { mrn: 'mrn' },
        seen: {
          get: async (_resource, identities) =>
            new Map(
              options.forgetful
                ? []
                : identities.flatMap((one) => {
                    const mark = marks.get(one);
                    return mark === undefined ? [] : [[one, mark] as const];
                  }),
            ),
        },
      },
      learnable: { resource: 'Patient', identify: ({ id }) => ({ identity: `FHIR:${id}`, joinable: true }) },
      findings: () => new Remarks(),
      wideEvery: 24 * HOUR,
      countEvery: 3 * HOUR,
    });
  let since = start();

  function commit({ inbound, seen = [], census, gone, cursor: next }: LearnAnswer): void {
    cursor = next;
    for (const { identity, hash } of [...inbound, ...seen]) {
      marks.set(identity, hash);
      if (census !== undefined) counts.set(identity, Math.max(counts.get(identity) ?? 0, census));
    }
    for (const { identity, change, bytes } of inbound) {
      figures.events += 1;
      if (change === 'created' && created.has(identity)) figures['created twice'] += 1;
      created.add(identity);
      const { multipleBirthInteger: version } = JSON.parse(Buffer.from(bytes).toString()) as {
        multipleBirthInteger: number;
      };
      if (versions.has(`${identity} ${version}`)) figures['told twice'] += 1;
      versions.add(`${identity} ${version}`);
      told.set(identity, version);
    }
    if (gone) {
      for (const [identity, count] of counts) if (count < gone.before) marks.set(identity, 'gone');
    }
  }

  /** Turns until there is nothing more to ask for. */
  async function turns(): Promise<void> {
    for (;;) {
      let answer: LearnAnswer;
      try {
        answer = await since({ resource: 'Patient', settings, cursor, signal: new AbortController().signal });
      } catch {
        figures.failures += 1;
        server.pass(3_000);
        continue;
      }
      const chance = random.fraction();
      if (chance < 0.004) {
        figures.deaths += 1;
        since = start();
        continue;
      }
      if (chance < 0.008) {
        figures['commits refused'] += 1;
        continue;
      }
      commit(answer);
      if (!answer.more) return;
    }
  }

  try {
    while (server.changes < options.changes) {
      await turns();
      server.pass(EVERY);
    }
    server.rest();
    server.pass(60_000);
    await turns();
    let stale = 0;
    for (const [id, row] of server.rows) {
      if (!row.deleted && told.get(`FHIR:p${id}`) !== row.version) stale += 1;
    }
    // Deletions are found by counting.
    server.pass(4 * HOUR);
    await turns();
    let unnoticed = 0;
    let wrong = 0;
    for (const [id, row] of server.rows) {
      const gone = marks.get(`FHIR:p${id}`) === 'gone';
      if (row.deleted && told.has(`FHIR:p${id}`) && !gone) unnoticed += 1;
      if (!row.deleted && gone) wrong += 1;
    }
    return {
      'changes made': server.changes,
      requests: server.requests,
      refused: server.refused,
      ...figures,
      'stale at rest': stale,
      'deletions unnoticed': unnoticed,
      'wrongly gone': wrong,
    };
  } finally {
    await client.close();
    await server.close();
  }
}
