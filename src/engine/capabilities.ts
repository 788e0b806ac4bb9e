/**
 * What the sites can do, for whoever asks the running engine; and drift: once a day what a server says is compared with
 * what was written down. The engine tells; the files are changed by a person's probe alone.
 */
import {
  type CapabilityMatrix,
  type ConnectionContext,
  type Connector,
  capabilityMatrix,
  type Drift,
  drift,
  driftText,
  ehrConnections,
} from '../connectors/index.ts';
import type { Observed, ObservedSite, SiteRecord } from '../site/index.ts';
import { asFailure, type Clock, Failure, type FailureRecord, pause } from '../std/index.ts';
import type { Open } from './view.ts';

/** How what was written down compares with what the server said last. */
export interface DriftState {
  readonly connection: string;
  /** When it was compared; milliseconds since 1970. `null`: not yet. */
  readonly at: number | null;
  /** Nothing was written down, so there is nothing to compare with. */
  readonly unwritten: boolean;
  readonly found: readonly Drift[];
  /** It could not be asked. */
  readonly failure: FailureRecord | null;
}

export interface SiteCapabilities {
  readonly matrix: CapabilityMatrix;
  readonly drift: readonly DriftState[];
}

export interface CapabilityControl {
  /** Every site, by name, with its connections to an EHR. */
  sites(): readonly {
    readonly site: string;
    readonly name: string;
    readonly connections: readonly string[];
  }[];
  /** `null`: there is no such site, or no such connection to an EHR. */
  of(site: string, connection?: string): SiteCapabilities | null;
  /**
   * Asks the server now, harmlessly; changes nothing here or there.
   * @throws Failure: it cannot be asked, or there is nothing to ask.
   */
  probe(site: string, connection: string): Promise<Observed>;
  /**
   * Makes records about nobody there, to see which headers the server honours, and removes them again.
   * @throws Failure `config`: the site is in production, or the connection cannot do it.
   */
  tryWrites(site: string, connection: string): Promise<Observed>;
}

export interface CapabilityOptions {
  readonly clock: Clock;
  readonly sites: () => readonly SiteRecord[];
  readonly observed: () => Readonly<Record<string, ObservedSite>>;
  readonly connectors: ReadonlyMap<string, Connector>;
  readonly log: ConnectionContext['log'];
  readonly changed: () => void;
  /** The connection at work; before the start and after the end, one that was opened for the question. */
  readonly lend: (
    site: string,
    connection: string,
  ) => { readonly one: Open; give(): Promise<void> } | undefined;
  /** What is open now. */
  readonly open: () => readonly Open[];
  readonly signal: AbortSignal;
}

/** After the start, and between two comparisons; milliseconds. */
const FIRST_AFTER = 120_000;
const EVERY = 86_400_000;
/** Two servers are not asked in the same moment. */
const APART = 5_000;
const PATIENCE = 120_000;
/** Differences in one line of the log. */
const MOST_TOLD = 10;

export function createCapabilities(options: CapabilityOptions): CapabilityControl & {
  start(): void;
  stop(): Promise<void>;
} {
  const { clock, sites, log, open } = options;
  const states = new Map<string, DriftState>();
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();

  const written = (site: string, connection: string): Observed =>
    options.observed()[site]?.[connection] ?? {};

  async function probe(site: string, connection: string): Promise<Observed> {
    const lent = options.lend(site, connection);
    try {
      if (lent?.one.connection.observe === undefined) {
        throw new Failure({
          code: 'PROBE_NOTHING',
          kind: 'config',
          message: `${site} has no connection "${connection}" that can be asked what it is.`,
          fix: 'Name a connection to an EHR: one of connector epic or fhir.',
          at: { site, connection },
        });
      }
      const signal = AbortSignal.any([options.signal, stopping.signal, AbortSignal.timeout(PATIENCE)]);
      return await lent.one.connection.observe(signal);
    } catch (error) {
      throw asFailure(error, { site, connection });
    } finally {
      await lent?.give();
    }
  }

  async function tryWrites(site: string, connection: string): Promise<Observed> {
    const at = { site, connection };
    if (sites().find((record) => record.site === site)?.environment === 'production') {
      throw new Failure({
        code: 'PROBE_PRODUCTION',
        kind: 'config',
        message: `${site} is in production: nothing is made there to see what becomes of it.`,
        fix: 'Try it at the same EHR in its sandbox or test environment; what was proved of the same release may be said in the record (proved).',
        at,
      });
    }
    const lent = options.lend(site, connection);
    try {
      if (lent?.one.connection.tryWrites === undefined) {
        throw new Failure({
          code: 'PROBE_NOTHING',
          kind: 'config',
          message: `${site} has no connection "${connection}" whose server may honour such headers.`,
          fix: 'Name a connection of connector fhir. Epic is known to have neither.',
          at,
        });
      }
      const signal = AbortSignal.any([options.signal, stopping.signal, AbortSignal.timeout(PATIENCE)]);
      return await lent.one.connection.tryWrites(signal);
    } catch (error) {
      throw asFailure(error, at);
    } finally {
      await lent?.give();
    }
  }

  /** Connections to others than its EHR that have something to say of themselves: until when their certificates hold. */
  function othersOf(record: SiteRecord): readonly string[] {
    const ehr = ehrConnections(record);
    return open()
      .filter(({ site, connection }) => site.site === record.site && connection.observe !== undefined)
      .map(({ name }) => name)
      .filter((name) => !ehr.includes(name));
  }

  async function compare(record: SiteRecord, connection: string): Promise<void> {
    const { site } = record;
    const key = `${site}/${connection}`;
    const before = written(site, connection);
    const at = clock.now();
    if (Object.keys(before).length === 0 && ehrConnections(record).includes(connection)) {
      states.set(key, { connection, at: null, unwritten: true, found: [], failure: null });
      return;
    }
    try {
      const found = drift(before, await probe(site, connection));
      const known = states.get(key)?.found.map(driftText).join('\n');
      states.set(key, { connection, at, unwritten: false, found, failure: null });
      if (found.length > 0 && known !== found.map(driftText).join('\n')) {
        const text = found.every(({ change }) => change === 'ends')
          ? 'a certificate ends soon: see that its owner has another'
          : 'the server is not as it was written down: look, then ask it again with suture probe';
        log('warn', text, {
          site,
          connection,
          code: 'CAPABILITY_DRIFT',
          count: found.length,
          what: found.slice(0, MOST_TOLD).map(driftText),
        });
      }
    } catch (error) {
      if (stopping.signal.aborted) return;
      // Its calls tell that it fails; here it only means that nothing is known.
      const { found = [] } = states.get(key) ?? {};
      states.set(key, { connection, at, unwritten: false, found, failure: asFailure(error).toJSON() });
    }
    options.changed();
  }

  async function watch(): Promise<void> {
    await pause(clock, FIRST_AFTER, stopping.signal);
    while (!stopping.signal.aborted) {
      for (const record of sites()) {
        for (const connection of [...ehrConnections(record), ...othersOf(record)]) {
          if (stopping.signal.aborted) return;
          await compare(record, connection);
          await pause(clock, APART, stopping.signal);
        }
      }
      await pause(clock, EVERY, stopping.signal);
    }
  }

  return {
    sites: () =>
      sites().map((record) => ({
        site: record.site,
        name: record.name,
        connections: ehrConnections(record),
      })),
    of(site, connection) {
      const record = sites().find((each) => each.site === site);
      if (record === undefined) return null;
      const names = ehrConnections(record);
      if (connection !== undefined && !names.includes(connection)) return null;
      const matrix = capabilityMatrix({
        record,
        observed: options.observed()[site] ?? {},
        connectors: options.connectors,
        ...(connection === undefined ? {} : { connection }),
      });
      const others = othersOf(record).filter((name) => states.has(`${site}/${name}`));
      const asked = connection === undefined ? [...names, ...others] : [connection];
      return {
        matrix,
        drift: asked.map(
          (name) =>
            states.get(`${site}/${name}`) ?? {
              connection: name,
              at: null,
              unwritten: Object.keys(written(site, name)).length === 0,
              found: [],
              failure: null,
            },
        ),
      };
    },
    probe,
    tryWrites,
    start() {
      running = watch();
    },
    async stop() {
      stopping.abort(new Error('the engine is stopping'));
      await running;
    },
  };
}
