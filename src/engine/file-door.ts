/**
 * Where records of files enter: a batch of them with the position behind it is one transaction. A file is a message of its own,
 * the parent of its records; what it holds tells whether it was taken before.
 */
import type { FileDoor, FileParent } from '../connectors/index.ts';
import type { Clock, Json } from '../std/index.ts';
import type { NewMessage, RosterChange, Store } from '../store/index.ts';
import { type Arrival, type Intake, identityKey } from './intake.ts';
import type { KeyedHash } from './patient.ts';

export interface FileDoorOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly keyedHash: KeyedHash;
  readonly site: string;
  readonly connection: string;
  readonly intake: () => Pick<Intake, 'arrival'>;
  readonly planned: (deliveries: number, woke?: boolean) => void;
}

/** A node that reads here says so for this long, and again before that has gone by. */
const CLAIM = 60_000;
const CURSOR = 'files';

export function createFileDoor(options: FileDoorOptions): FileDoor {
  const { store, clock, site, connection } = options;
  const place = { site, connection };
  const resource = `file:${connection}`;
  const contentKey = (hash: string): string => identityKey(options.keyedHash, site, resource, hash);
  let version = 0;
  let parent: { readonly hash: string; readonly id: string } | null = null;

  /** The file's own message. After a crash it is there already, and known by its content. */
  async function parentId(file: FileParent): Promise<string> {
    if (parent?.hash === file.hash) return parent.id;
    const [appended] = await store.append({ ...place, messages: [fileMessage(file, clock.now())] });
    if (appended === undefined) throw new Error('the store answered an append of one message with none');
    parent = { hash: file.hash, id: appended.messageId };
    return appended.messageId;
  }

  async function moved(value: Json): Promise<{ name: string; value: Json; expect: number; at: number }> {
    return { name: CURSOR, value, expect: version, at: clock.now() };
  }

  async function position(): Promise<Json> {
    const row = await store.cursor(site, connection, CURSOR);
    version = row?.version ?? 0;
    return row?.value ?? null;
  }

  return {
    position,
    async mine() {
      return store.claim === undefined || store.claim(`files:${site}/${connection}`, CLAIM);
    },
    async taken(hash) {
      const key = contentKey(hash);
      return (await store.seen(site, resource, [key])).has(key);
    },
    async commit({ file, records }) {
      const sum = { accepted: 0, repeats: 0, rejected: 0 };
      if (records.length === 0) return sum;
      const id = await parentId(file);
      // Reading a large file takes long: nobody else begins meanwhile.
      await store.claim?.(`files:${site}/${connection}`, CLAIM);
      const at = clock.now();
      const arrivals = records.map((record) => ({
        ...record,
        ...options.intake().arrival({ ...record.inbound, reply: () => undefined }, at),
      }));
      for (const group of groups(arrivals)) {
        const messages = group.map(({ message }): NewMessage => ({ ...message, parent: id }));
        const { aliases } = group[0] as Arrival;
        const appended = await store.append({
          ...place,
          messages,
          roster: lastOf(group.flatMap(({ roster }) => roster)),
          ...(aliases === undefined ? {} : { aliases }),
          cursor: await moved(group.at(-1)?.position ?? null),
        });
        version++;
        let deliveries = 0;
        let woke = false;
        appended.forEach(({ kind }, nth) => {
          const message = messages[nth] as NewMessage;
          if (kind === 'duplicate') sum.repeats++;
          else if (message.state === 'rejected') sum.rejected++;
          else {
            sum.accepted++;
            deliveries += message.deliveries.length;
            woke ||= message.wakes !== undefined;
          }
        });
        options.planned(deliveries, woke);
      }
      return sum;
    },
    async finish(file, value) {
      await store.append({
        ...place,
        messages: [],
        seen: [{ resource, identity: contentKey(file.hash), hash: 'taken' }],
        cursor: await moved(value),
      });
      version++;
      parent = null;
    },
    async move(value) {
      await store.append({ ...place, messages: [], cursor: await moved(value) });
      version++;
    },
  };
}

/** What joins or parts lanes stands alone in its append: it concerns what comes behind it. */
function groups<One extends Arrival>(arrivals: readonly One[]): One[][] {
  const all: One[][] = [];
  let open: One[] = [];
  for (const arrival of arrivals) {
    if (arrival.aliases === undefined) {
      if (open.length === 0) all.push(open);
      open.push(arrival);
    } else {
      all.push([arrival]);
      open = [];
    }
  }
  return all;
}

/** Of each patient the last word. */
function lastOf(changes: readonly RosterChange[]): RosterChange[] {
  return [...new Map(changes.map((change) => [change.key, change])).values()];
}

function fileMessage({ name, size, hash, format }: FileParent, at: number): NewMessage {
  return {
    door: 'file',
    format: 'json',
    type: 'file',
    controlId: hash.slice(0, 16),
    receivedAt: at,
    state: 'accepted',
    reason: null,
    flags: [],
    bytes: new TextEncoder().encode(JSON.stringify({ name, size, sha256: hash, format })),
    patients: [],
    dedupe: { sender: 'file', id: hash, hash },
    // Its records are what flows want.
    deliveries: [],
  };
}
