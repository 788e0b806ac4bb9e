/** Small numbers for names that repeat in every row: connections, flows, versions, sites of the roster. */
import type { DatabaseSync } from 'node:sqlite';

export interface ConnectionName {
  readonly id: number;
  readonly site: string;
  readonly connection: string;
}

const CONNECTIONS = 'SELECT id, site, name AS connection FROM connection ORDER BY id';
const ADD_CONNECTION = 'INSERT INTO connection (site, name) VALUES (?, ?)';
const NAMES = 'SELECT id, text FROM name';
const ADD_NAME = 'INSERT INTO name (text) VALUES (?)';

export interface Dictionary {
  /** Its number if it has one. */
  findConnection(site: string, connection: string): number | undefined;
  /** Its number; the writer gives it one. */
  connection(site: string, connection: string): number;
  connectionAt(id: number): ConnectionName;
  connections(): readonly ConnectionName[];
  findName(text: string): number | undefined;
  name(text: string): number;
  nameAt(id: number): string;
  /** Read again from rows: after a rollback, or when another thread added some. */
  reload(): void;
}

export function openDictionary(database: DatabaseSync): Dictionary {
  const allConnections = database.prepare(CONNECTIONS);
  const addConnection = database.prepare(ADD_CONNECTION);
  const allNames = database.prepare(NAMES);
  const addName = database.prepare(ADD_NAME);
  let bySite = new Map<string, Map<string, number>>();
  let connectionById = new Map<number, ConnectionName>();
  let byText = new Map<string, number>();
  let textById = new Map<number, string>();

  const keepConnection = (row: ConnectionName): void => {
    const site = bySite.get(row.site) ?? new Map<string, number>();
    site.set(row.connection, row.id);
    bySite.set(row.site, site);
    connectionById.set(row.id, row);
  };
  const keepName = (id: number, text: string): void => {
    byText.set(text, id);
    textById.set(id, text);
  };
  const reload = (): void => {
    bySite = new Map();
    connectionById = new Map();
    byText = new Map();
    textById = new Map();
    for (const row of allConnections.all()) keepConnection({ ...(row as unknown as ConnectionName) });
    for (const row of allNames.all()) keepName(row.id as number, row.text as string);
  };
  /** Looks once more in the rows before it says no: the writer may have added it. */
  const again = <Found>(find: () => Found | undefined): Found | undefined => {
    const found = find();
    if (found !== undefined) return found;
    reload();
    return find();
  };
  const sure = <Found>(found: Found | undefined): Found => {
    if (found === undefined) throw new RangeError('a row names an entry that the dictionary lacks');
    return found;
  };
  reload();

  return {
    findConnection: (site, connection) => again(() => bySite.get(site)?.get(connection)),
    connection(site, connection) {
      const known = bySite.get(site)?.get(connection);
      if (known !== undefined) return known;
      const id = Number(addConnection.run(site, connection).lastInsertRowid);
      keepConnection({ id, site, connection });
      return id;
    },
    connectionAt: (id) => sure(again(() => connectionById.get(id))),
    connections() {
      reload();
      return [...connectionById.values()];
    },
    findName: (text) => again(() => byText.get(text)),
    name(text) {
      const known = byText.get(text);
      if (known !== undefined) return known;
      const id = Number(addName.run(text).lastInsertRowid);
      keepName(id, text);
      return id;
    },
    nameAt: (id) => sure(again(() => textById.get(id))),
    reload,
  };
}
