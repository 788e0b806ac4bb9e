/** The connections that an import makes: each with a name of its own and the names of its secrets, never their values. */
import { type ConnectionRecord, isDoor } from './made.ts';
import { fresh, nextFree } from './names.ts';

/** What a connection needs that no file holds. */
export interface NeededSecret {
  readonly connection: string;
  readonly secret: string;
  readonly what: string;
}

const isRecord = (value: unknown): value is ConnectionRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export class ConnectionBook {
  readonly #records: Record<string, ConnectionRecord> = {};
  readonly #taken = new Set<string>();
  readonly #senders = new Map<string, string>();
  readonly #secrets: NeededSecret[] = [];

  /** The name that a connection would get. */
  free(wanted: string): string {
    return nextFree(wanted, this.#taken);
  }

  add(wanted: string, record: ConnectionRecord): string {
    // A sender’s connection is shared: its receiver gets one message at a time, whoever sends.
    const shared = 'send' in record ? JSON.stringify(record) : undefined;
    const twin = shared === undefined ? undefined : this.#senders.get(shared);
    if (twin !== undefined) return twin;
    const name = fresh(wanted, this.#taken);
    this.#records[name] = this.#named(name, record);
    if (shared !== undefined) this.#senders.set(shared, name);
    return name;
  }

  /** Where the record says that there is a secret, its name is put. */
  #named(name: string, record: ConnectionRecord): ConnectionRecord {
    const need = (secret: string, what: string): string => {
      this.#secrets.push({ connection: name, secret, what });
      return secret;
    };
    const made: Record<string, unknown> = { ...record };
    if (record.connector === 'webhook')
      made.secret = need(name, 'what calls are signed with, as the other side has it, too');
    if (record.connector === 'email' && 'secret' in record)
      made.secret = need(name, 'the password of its user at the mail server');
    if (isRecord(record.sftp)) {
      const sftp: Record<string, unknown> = { ...record.sftp };
      if ('secret' in sftp) sftp.secret = need(name, 'the password of its user at the SFTP server');
      if ('key' in sftp) sftp.key = need(`${name}-key`, 'the private key of its user, as text');
      made.sftp = sftp;
    }
    return made;
  }

  get secrets(): readonly NeededSecret[] {
    return this.#secrets;
  }

  /**
   * Those of the site record, and those that would take messages or files for which no flow runs yet: a sender that finds
   * nobody keeps what it has, and files stay where they are.
   * @param wanted Connections whose messages start a flow that runs.
   */
  split(wanted: ReadonlySet<string>): {
    readonly site: Readonly<Record<string, ConnectionRecord>>;
    readonly parked: Readonly<Record<string, ConnectionRecord>>;
  } {
    const all = Object.entries(this.#records);
    const waits = ([name, record]: readonly [string, ConnectionRecord]): boolean =>
      isDoor(record) && !wanted.has(name);
    return {
      site: Object.fromEntries(all.filter((each) => !waits(each))),
      parked: Object.fromEntries(all.filter(waits)),
    };
  }
}
