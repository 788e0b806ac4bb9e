/** The engine in this process with a real store and real sockets: one MLLP connection in, one flow, one MLLP connection out. */
import { type Connector, connectors } from '../../src/connectors/index.ts';
import { createEngine, type Engine } from '../../src/engine/index.ts';
import { flow, hl7 } from '../../src/flow/index.ts';
import { siteSchema } from '../../src/site/index.ts';
import type { Clock, Random } from '../../src/std/index.ts';
import type { Store } from '../../src/store/index.ts';
import { openProofStore, type ProofStore } from './store.ts';

export const proofFlow = flow('forward', {
  about: 'Passes every ADT on.',
  order: 'patient',
  exhausted: 'dead letter',
})
  .on(hl7.message('ADT^*'))
  .send('forward', { connection: 'sink', do: 'send', args: {} });

/** @param sink Where it sends to; left out: it only keeps. */
export const proofSite = (sink?: {
  readonly port: number;
  readonly window: number;
  readonly ackTimeout: string;
}) =>
  siteSchema.parse({
    site: 'proof',
    name: 'Proof',
    environment: 'sandbox',
    ehr: { vendor: 'epic' },
    timeZone: 'UTC',
    identifiers: { mrn: { system: 'urn:oid:1.2.3', hl7: { field: 'PID-3', type: 'MR' } } },
    connections: {
      'adt-in': { connector: 'mllp', listen: { port: 0 } },
      ...(sink === undefined
        ? {}
        : {
            sink: {
              connector: 'mllp',
              send: { host: '127.0.0.1', port: sink.port, window: sink.window },
              ackTimeout: sink.ackTimeout,
            },
          }),
    },
  });

export interface ProofEngine {
  readonly engine: Engine;
  readonly store: ProofStore;
  readonly port: number;
  readonly logged: readonly string[];
  /** Resolves when nothing waits and nothing is in hand any more. */
  drained(): Promise<void>;
  close(): Promise<void>;
}

export const portOf = (engine: Engine): number =>
  Number(
    engine
      .connections()
      .find(({ connection }) => connection === 'adt-in')
      ?.address?.split(':')
      .at(-1),
  );

export async function startProofEngine(options: {
  readonly folder: string;
  readonly site: ReturnType<typeof proofSite>;
  readonly clock: Clock;
  readonly random: Random;
  /** What the engine is given in place of the store: for sabotage. */
  readonly wrap?: (store: Store) => Store;
  /** In place of the connector of that name: for sabotage. */
  readonly connector?: Connector;
  readonly workers?: number;
}): Promise<ProofEngine> {
  const { clock, random } = options;
  const store = await openProofStore(options.folder, clock);
  const registry = new Map(connectors);
  if (options.connector) registry.set(options.connector.name, options.connector);
  const logged: string[] = [];
  const engine = createEngine({
    store: options.wrap?.(store) ?? store,
    sites: [options.site],
    flows: options.site.connections.sink === undefined ? [] : [proofFlow],
    clock,
    random,
    keyedHash: store.keyedHash,
    connectors: registry,
    log: (level, text, facts) => void logged.push(`${level} ${text} ${JSON.stringify(facts ?? {})}`),
    ...(options.workers === undefined ? {} : { workers: options.workers }),
  });
  await engine.start();
  return {
    engine,
    store,
    logged,
    port: portOf(engine),
    async drained() {
      for (;;) {
        const { waiting, running } = await store.ledger();
        if (waiting + running === 0) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async close() {
      await engine.stop();
      await store.close();
    },
  };
}
