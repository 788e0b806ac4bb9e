/** An engine in this process for journeys and conformance runs: a real store, real sockets, a free port. */
import { mkdirSync } from 'node:fs';
import { createEngine, type Engine, type EngineOptions } from '../../src/engine/index.ts';
import type { Flow } from '../../src/flow/index.ts';
import { type SiteRecord, siteSchema } from '../../src/site/index.ts';
import { type Clock, type Random, systemClock } from '../../src/std/index.ts';
import { openSqliteStore } from '../../src/store/index.ts';

export const testKey = Buffer.alloc(32, 9);

export function testSite(
  connections: Record<string, unknown>,
  more: Record<string, unknown> = {},
): SiteRecord {
  return siteSchema.parse({
    site: 'mercy',
    name: 'Mercy (test)',
    environment: 'sandbox',
    ehr: { vendor: 'epic' },
    timeZone: 'America/Chicago',
    identifiers: { mrn: { system: 'urn:oid:1.2.3', hl7: { field: 'PID-3', type: 'MR' } } },
    connections,
    ...more,
  });
}

export interface RunningEngine {
  readonly engine: Engine;
  readonly store: Awaited<ReturnType<typeof openSqliteStore>>;
  readonly mllpPort: number;
  readonly logged: string[];
  /** Bytes of every message, base64. */
  keptBytes(): Promise<Set<string>>;
  close(): Promise<void>;
}

export async function startEngine(
  folder: string,
  options: {
    readonly site?: SiteRecord;
    readonly flows?: readonly Flow[];
    readonly backlogLimit?: number;
    readonly clock?: Clock;
    /** Pauses between attempts; left out: the shortest that the engine's jitter allows. */
    readonly random?: Random;
    readonly secrets?: Readonly<Record<string, string>>;
    readonly observed?: EngineOptions['observed'];
    readonly valueSets?: EngineOptions['valueSets'];
    readonly siteFile?: EngineOptions['siteFile'];
  } = {},
): Promise<RunningEngine> {
  mkdirSync(folder, { recursive: true });
  const clock = options.clock ?? systemClock;
  const store = await openSqliteStore({ folder, masterKey: testKey, clock });
  for (const [name, value] of Object.entries(options.secrets ?? {}))
    await store.putSecret(`secret:${name}`, value);
  const logged: string[] = [];
  const engine = createEngine({
    store,
    sites: [options.site ?? testSite({ 'hl7-in': { connector: 'mllp', listen: { port: 0 } } })],
    flows: options.flows ?? [],
    clock,
    random: options.random ?? { fraction: () => 0 },
    keyedHash: store.keyedHash,
    log: (level, text, facts) => void logged.push(`${level} ${text} ${JSON.stringify(facts ?? {})}`),
    ...(options.observed === undefined ? {} : { observed: options.observed }),
    ...(options.valueSets === undefined ? {} : { valueSets: options.valueSets }),
    ...(options.siteFile === undefined ? {} : { siteFile: options.siteFile }),
    ...(options.backlogLimit === undefined ? {} : { backlogLimit: options.backlogLimit }),
  });
  await engine.start();
  const address = engine.connections().find((one) => one.address !== null)?.address ?? ':0';
  return {
    engine,
    store,
    logged,
    mllpPort: Number(address.slice(address.lastIndexOf(':') + 1)),
    async keptBytes() {
      const kept = new Set<string>();
      let before: string | null = null;
      do {
        const page = await store.search({ limit: 500, ...(before === null ? {} : { before }) });
        for (const row of page.rows) {
          kept.add(Buffer.from((await store.payload(row.id)) ?? new Uint8Array()).toString('base64'));
        }
        before = page.before;
      } while (before !== null);
      return kept;
    },
    async close() {
      await engine.stop();
      await store.close();
    },
  };
}

/** Waits, looking again and again, until `look` gives something; fails after `seconds`. */
export async function until<Value>(
  look: () => Promise<Value | null | undefined | false>,
  what: string,
  seconds = 45,
): Promise<Value> {
  const end = Date.now() + seconds * 1_000;
  for (;;) {
    const value = await look();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
