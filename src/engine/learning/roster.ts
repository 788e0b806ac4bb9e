/** Patients made known by a file beside the site's record, and by lists that a server keeps; read again from time to time. */
import type { Connection, ConnectionContext } from '../../connectors/index.ts';
import type { SiteRecord } from '../../site/index.ts';
import { asFailure, type Clock, Failure, milliseconds, pause } from '../../std/index.ts';
import type { RosterChange, Store } from '../../store/index.ts';
import { type KeyedHash, patientKey } from '../patient.ts';

export interface RosterOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly keyedHash: KeyedHash;
  readonly site: SiteRecord;
  readonly source: (
    site: string,
    connection: string,
  ) => { readonly connection: Pick<Connection, 'members'> } | undefined;
  readonly file?: (site: string, name: string) => Promise<string>;
  readonly mine: () => Promise<boolean>;
  readonly log: ConnectionContext['log'];
}

/** Entries of one commit. */
const BATCH = 200;
/** On a list for the first time says nothing of when anything happened. */
const NO_SIGN = 0;

/** The first column of each line; a first line without a digit is a heading. Empty lines and `#` comments are left out. */
export function rosterNumbers(text: string): readonly string[] {
  const cells = text
    .split(/\r?\n/)
    .map((line) => (line.split(/[,;\t]/)[0] ?? '').trim().replace(/^"(.*)"$/, '$1'))
    .filter((cell) => cell !== '' && !cell.startsWith('#'));
  const [first, ...rest] = cells;
  return first !== undefined && !/\d/.test(first) ? rest : cells;
}

export function startRoster(options: RosterOptions): { stop(): Promise<void> } {
  const { store, clock, site } = options;
  const stopping = new AbortController();
  const { system } = site.identifiers.mrn;
  const every = milliseconds(site.roster.every) ?? 3_600_000;

  const commit = async (connection: string, roster: readonly RosterChange[]): Promise<void> => {
    if (roster.length > 0) await store.append({ site: site.site, connection, messages: [], roster });
  };
  const keyOf = (value: string): string => patientKey(options.keyedHash, site.site, system, value);

  async function readFile(name: string): Promise<number> {
    if (options.file === undefined) return 0;
    const numbers = [...new Set(rosterNumbers(await options.file(site.site, name)))];
    for (let from = 0; from < numbers.length; from += BATCH) {
      const batch = numbers.slice(from, from + BATCH);
      await commit(
        'roster',
        batch.map((value) => ({ key: keyOf(value), identifiers: [{ system, value }], activeAt: NO_SIGN })),
      );
    }
    return numbers.length;
  }

  async function readList(list: NonNullable<SiteRecord['roster']['lists']>[number]): Promise<number> {
    const members = options.source(site.site, list.from)?.connection.members;
    if (members === undefined) {
      throw new Failure({
        code: 'ROSTER_LIST',
        kind: 'config',
        message: `The connection ${list.from} cannot read a ${list.resource} of patients.`,
        fix: 'Name a connection that speaks FHIR in roster.lists.',
        at: { site: site.site, connection: list.from },
      });
    }
    let batch: RosterChange[] = [];
    let count = 0;
    for await (const { fhirId, identifiers } of members(list, stopping.signal)) {
      const number = identifiers.find((each) => each.system === system);
      if (number === undefined) continue;
      count += 1;
      const known = fhirId === undefined ? {} : { fhirId };
      batch.push({ key: keyOf(number.value), identifiers: [number], ...known, activeAt: NO_SIGN });
      if (batch.length < BATCH) continue;
      await commit(list.from, batch);
      batch = [];
    }
    await commit(list.from, batch);
    return count;
  }

  async function tried(what: string, work: () => Promise<number>): Promise<void> {
    try {
      const count = await work();
      options.log('info', 'the roster was read', { site: site.site, from: what, count });
    } catch (error) {
      if (stopping.signal.aborted) return;
      const failure = asFailure(error, { site: site.site });
      options.log('error', failure.message, {
        site: site.site,
        from: what,
        code: failure.code,
        fix: failure.fix,
      });
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      if (await options.mine().catch(() => false)) {
        const { file, lists = [] } = site.roster;
        if (file !== undefined) await tried(file, () => readFile(file));
        for (const list of lists) await tried(`${list.resource} of ${list.from}`, () => readList(list));
      }
      await pause(clock, every, stopping.signal);
    }
  }

  const ended = run();
  return {
    stop() {
      stopping.abort(new Error('the engine is stopping'));
      return ended;
    },
  };
}
