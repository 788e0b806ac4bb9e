/** Small numbers for names that repeat in every row: connections, flows, versions, sites of the roster. */
import type { Session } from './session.ts';

export interface ConnectionName {
  readonly id: number;
  readonly site: string;
  readonly connection: string;
}

const CONNECTIONS = 'SELECT id, site, name AS connection FROM connection ORDER BY id';
const ADD_CONNECTION = 'INSERT INTO connection (site, name) VALUES ($1, $2) ON CONFLICT DO NOTHING';
const NAMES = 'SELECT id, text FROM name';
const ADD_NAMES = 'INSERT INTO name (text) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING';

export interface Dictionary {
  /** Reads what was added by other nodes. */
  reload(): Promise<void>;
  /** Gives numbers to those that have none. */
  add(connections: readonly { site: string; connection: string }[], names: readonly string[]): Promise<void>;
  /** Reads again if one of these numbers is not known. */
  fetch(connections: Iterable<number>, names: Iterable<number>): Promise<void>;
  /** Looks once more in the rows before it says no. */
  findConnection(site: string, connection: string): Promise<number | undefined>;
  findName(text: string): Promise<number | undefined>;
  connection(site: string, connection: string): number;
  connectionAt(id: number): ConnectionName;
  connections(): readonly ConnectionName[];
  name(text: string): number;
  nameAt(id: number): string;
}

const keyOf = (site: string, connection: string): string => JSON.stringify([site, connection]);

export function openDictionary(session: Session): Dictionary {
  const byKey = new Map<string, number>();
  const connectionById = new Map<number, ConnectionName>();
  const byText = new Map<string, number>();
  const textById = new Map<number, string>();

  const reload = async (): Promise<void> => {
    const [connections, names] = await Promise.all([
      session.ask<ConnectionName>(CONNECTIONS),
      session.ask<{ id: number; text: string }>(NAMES),
    ]);
    for (const row of connections) {
      byKey.set(keyOf(row.site, row.connection), row.id);
      connectionById.set(row.id, row);
    }
    for (const row of names) {
      byText.set(row.text, row.id);
      textById.set(row.id, row.text);
    }
  };
  const sure = <Found>(found: Found | undefined): Found => {
    if (found === undefined) throw new RangeError('a row names an entry that the dictionary lacks');
    return found;
  };

  return {
    reload,
    async add(connections, names) {
      const fresh = connections.filter((one) => !byKey.has(keyOf(one.site, one.connection)));
      const words = [...new Set(names)].filter((one) => !byText.has(one));
      if (fresh.length === 0 && words.length === 0) return;
      for (const one of fresh) await session.ask(ADD_CONNECTION, [one.site, one.connection]);
      if (words.length > 0) await session.ask(ADD_NAMES, [words.sort()]);
      await reload();
    },
    async fetch(connections, names) {
      for (const id of connections) if (!connectionById.has(id)) return reload();
      for (const id of names) if (!textById.has(id)) return reload();
    },
    async findConnection(site, connection) {
      if (!byKey.has(keyOf(site, connection))) await reload();
      return byKey.get(keyOf(site, connection));
    },
    async findName(text) {
      if (!byText.has(text)) await reload();
      return byText.get(text);
    },
    connection: (site, connection) => sure(byKey.get(keyOf(site, connection))),
    connectionAt: (id) => sure(connectionById.get(id)),
    connections: () => [...connectionById.values()],
    name: (text) => sure(byText.get(text)),
    nameAt: (id) => sure(textById.get(id)),
  };
}
