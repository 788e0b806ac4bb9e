/** What lies on the disk: nothing readable, nothing changed unseen, nobody else's. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { canonicalJson, seededRandom } from '../../std/index.ts';
import { newMasterKey, openVault, parseMasterKey } from '../../vault/index.ts';
import {
  audit,
  bytesOf,
  delivery,
  failure,
  leaseOne,
  message,
  put,
  refusal,
  settle,
  T0,
  textOf,
  unit,
} from '../stories/bench.ts';
import { auditReader } from './audit.ts';
import { openDictionary } from './dictionary.ts';
import { copyFolder, newRoot } from './folders.suite.ts';
import { storedKeys } from './key-table.ts';
import { openSqliteStore, type SqliteStore } from './open.ts';

const masterKey = parseMasterKey(newMasterKey());
let place: ReturnType<typeof newRoot>;
let folder: string;
let store: SqliteStore;

beforeEach(async () => {
  place = newRoot();
  folder = join(place.root, 'data');
  store = await openSqliteStore({ folder, masterKey });
});
afterEach(async () => {
  await store.close();
  place.remove();
});

/** Closes the store, lets `change` at the file with plain SQL, opens it again. */
async function tamper(change: (database: DatabaseSync) => void): Promise<void> {
  await store.close();
  const database = new DatabaseSync(join(folder, 'suture.db'));
  change(database);
  database.close();
  store = await openSqliteStore({ folder, masterKey });
}

/** Files in a folder and in those below it. */
const filesIn = (at: string): string[] =>
  readdirSync(at, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(at, name)).isFile());

/** Every byte of every file of the folder as a crash would leave it, journal and all. */
function everyByte(): { readonly names: string[]; readonly bytes: Buffer } {
  const copy = join(place.root, 'copy');
  copyFolder(folder, copy);
  const names = filesIn(copy);
  return { names, bytes: Buffer.concat(names.map((name) => readFileSync(join(copy, name)))) };
}

test('no canary of a patient is found in any file', async () => {
  const canaries: string[] = [];
  const canary = (of: string): string => {
    const word = `CANARY${of}${canaries.length}X`;
    canaries.push(word);
    return word;
  };
  for (let i = 0; i < 200; i++) {
    await store.append(
      unit(
        [
          message({
            // Every fourth is packed.
            bytes: bytesOf(
              `PID|1||${canary('mrn')}||${canary('name')}||||||||${canary('phone')}${i % 4 ? '' : '|'.repeat(3_000)}`,
            ),
            controlId: `C${i}`,
            dedupe: { sender: 's', id: `C${i}`, hash: store.keyedHash('bytes', canary('repeat')) },
            patients: [
              store.keyedHash('patient', canary('key')),
              store.keyedHash('person', canary('person')),
            ],
            deliveries: [delivery([store.keyedHash('lane', canary('lane'))])],
          }),
        ],
        {
          roster: [
            {
              key: `k${i}`,
              identifiers: [{ system: 'mrn', value: canary('roster') }],
              fhirId: canary('fhir'),
              activeAt: T0,
            },
          ],
          seen: [{ resource: 'Appointment', identity: canary('csn'), hash: 'h' }],
          cursor: { name: 'c', value: { after: canary('cursor') }, expect: i },
        },
      ),
    );
    const leased = await leaseOne(store);
    const steps = [{ step: 'find', startedAt: T0, ms: 1, output: { family: canary('output') } }];
    await store.remember({ deliveryId: leased.delivery.id, epoch: leased.epoch, steps });
    if (i % 2) {
      await settle(store, leased, { to: 'dead', failure, detail: canary('detail') });
    } else {
      const again = { to: 'waiting', dueAt: T0 + 1, failure, detail: canary('detail') } as const;
      await settle(store, leased, again);
      await settle(store, await leaseOne(store), { to: 'delivered' });
    }
  }
  await store.putSecret('epic', canary('secret'));
  // Moved, pruned and looked through: period files, what recognises repeats, and the audit trail hold none, either.
  expect(await store.shelve({ receivedBefore: T0 + 60_000, limit: 80 })).toBe(80);
  await store.prune({ receivedBefore: T0 + 60_000, limit: 20, ended: 'delivered', repeatsBefore: T0 });
  const found = await store.scan({ text: 'canaryname', from: T0, to: T0 + 1, limit: 500 });
  expect(found.rows.length).toBeGreaterThan(100);
  const { names, bytes } = everyByte();
  expect(names).toEqual(
    expect.arrayContaining(['suture.db', 'suture.db-wal', 'suture.db-shm', 'history/2026-09.db']),
  );
  expect(canaries.length).toBeGreaterThan(2_500);
  expect(bytes.includes('CANARY')).toBe(false);
  // The search itself finds what is there: flows stand in the rows as they are.
  expect(bytes.includes('notify')).toBe(true);

  const copy = join(place.root, 'backup');
  await store.backup(copy);
  expect(filesIn(copy).sort()).toEqual(['history/2026-09.db', 'suture.db']);
  for (const name of filesIn(copy))
    expect(readFileSync(join(copy, name)).includes('CANARY'), name).toBe(false);
});

test('a key never counts fewer seals on disk than it has made', async () => {
  await store.putSecret('one', 'a');
  copyFolder(folder, join(place.root, 'left by a crash'));
  const database = new DatabaseSync(join(place.root, 'left by a crash', 'suture.db'));
  const counted = storedKeys(database).filter(({ use }) => use === 'data');
  database.close();
  expect(Math.max(...counted.map(({ seals }) => seals))).toBeGreaterThan(0);
});

test('the files are for their user alone', async () => {
  await store.append(unit([message()]));
  expect(await store.shelve({ receivedBefore: T0 + 60_000, limit: 9 })).toBe(1);
  for (const name of filesIn(folder)) expect(statSync(join(folder, name)).mode & 0o077, name).toBe(0);
  expect(statSync(join(folder, 'history')).mode & 0o077).toBe(0);
  expect(statSync(folder).mode & 0o077).toBe(0);
});

test('a payload with one changed byte, or of another row, is refused', async () => {
  const first = await put(store, ['a'], { bytes: bytesOf('first') });
  const second = await put(store, ['b'], { bytes: bytesOf('other') });
  await tamper((database) => {
    const { sealed } = database.prepare('SELECT sealed FROM message WHERE id = ?').get(Number(second)) as {
      sealed: Uint8Array;
    };
    database.prepare('UPDATE message SET sealed = ? WHERE id = ?').run(sealed, Number(first));
  });
  expect(await refusal(store.payload(first))).toBe('VAULT_SEAL_BROKEN');
  expect(textOf(await store.payload(second))).toBe('other');
  await tamper((database) => {
    const { sealed } = database.prepare('SELECT sealed FROM message WHERE id = ?').get(Number(second)) as {
      sealed: Uint8Array;
    };
    sealed[20] = (sealed[20] as number) ^ 1;
    database.prepare('UPDATE message SET sealed = ? WHERE id = ?').run(sealed, Number(second));
  });
  expect(await refusal(store.payload(second))).toBe('VAULT_SEAL_BROKEN');
});

test('a delivery whose message cannot be unsealed stops its lane and no other', async () => {
  const harmed = await put(store, ['a']);
  const behind = await put(store, ['a']);
  const other = await put(store, ['b'], { bytes: bytesOf('other') });
  await tamper((database) => {
    database.prepare('UPDATE message SET sealed = ? WHERE id = ?').run(new Uint8Array(40), Number(harmed));
  });
  const leased = await leaseOne(store);
  expect([leased.message.id, textOf(leased.bytes)]).toEqual([other, 'other']);
  await settle(store, leased, { to: 'delivered' });
  expect(await store.lease({ now: T0 + 1, limit: 9 })).toEqual([]);
  const [held] = (await store.message(harmed))?.deliveries ?? [];
  expect(held).toMatchObject({
    state: 'held',
    heldFor: 'stopped lane',
    failure: { code: 'VAULT_SEAL_BROKEN' },
  });
  expect((await store.message(behind))?.deliveries[0]?.state).toBe('waiting');
});

test('what is pruned leaves nothing in any table', async () => {
  const some = Array.from({ length: 600 }, (_, at) =>
    message({
      controlId: `C${at}`,
      dedupe: { sender: 's', id: at % 2 ? `C${at}` : `other ${at}`, hash: 'h' },
      patients: ['p', `p${at}`],
      deliveries: [delivery([`l${at}`])],
    }),
  );
  await store.append(unit(some));
  for (const leased of await store.lease({ now: T0, limit: 1_000 })) {
    const steps = [{ step: 's', startedAt: T0, ms: 1, output: 1 }];
    await settle(store, leased, { to: 'dead', failure, detail: null }, { steps });
  }
  expect(await store.prune({ receivedBefore: T0 + 60_000, limit: 1_000 })).toBe(600);
  const tables = [
    'message',
    'message_control',
    'message_patient',
    'delivery',
    'in_hand',
    'step_output',
    'attempt',
  ];
  await tamper((database) => {
    for (const table of tables)
      expect(database.prepare(`SELECT count(*) AS rows FROM ${table}`).get(), table).toEqual({ rows: 0 });
  });
});

test('a message has room for 4,096 deliveries, and says so when it is full', async () => {
  const deliveries = (count: number) => Array.from({ length: count }, (_, at) => delivery([`l${at}`]));
  expect(await refusal(store.append(unit([message({ deliveries: deliveries(4_097) })])))).toBe(
    'STORE_REFUSED',
  );
  const [kept] = await store.append(unit([message({ deliveries: deliveries(4_096) })]));
  const last = (await store.message(kept?.messageId as string))?.deliveries.at(-1)?.id as string;
  const replay = { deliveryIds: [last], versions: {}, at: T0, audit: audit() };
  expect(await refusal(store.replay(replay))).toBe('STORE_REFUSED');
  expect(await store.ledger()).toMatchObject({ received: 1, planned: 4_096, waiting: 4_096 });
});

test('another key opens nothing, and says so', async () => {
  await store.close();
  expect(await refusal(openSqliteStore({ folder, masterKey: parseMasterKey(newMasterKey()) }))).toBe(
    'VAULT_KEY_WRONG',
  );
  store = await openSqliteStore({ folder, masterKey });
  expect(store.health()).toEqual({ state: 'ready' });
});

test('keyed hashes stay for the life of the folder, and differ in another', async () => {
  const hash = store.keyedHash('patient', 'north', '4711');
  await store.close();
  store = await openSqliteStore({ folder, masterKey });
  expect(store.keyedHash('patient', 'north', '4711')).toBe(hash);
  const other = await openSqliteStore({ folder: join(place.root, 'other'), masterKey });
  expect(other.keyedHash('patient', 'north', '4711')).not.toBe(hash);
  await other.close();
});

test('a backup taken at work is a data folder of its own', async () => {
  const before = await put(store, ['a'], { bytes: bytesOf('kept') });
  const copy = join(place.root, 'backup');
  const busy = Array.from({ length: 300 }, () => put(store, ['b']));
  await Promise.all([store.backup(copy), ...busy]);
  await store.backup(copy);
  const restored = await openSqliteStore({ folder: copy, masterKey });
  expect(textOf(await restored.payload(before))).toBe('kept');
  expect(await restored.ledger()).toEqual(await store.ledger());
  await restored.close();
});

describe('the audit trail', () => {
  const seal = (rows: readonly Record<string, unknown>[]): string[] => {
    let hash = '';
    return rows.map((row) => {
      const entry = {
        at: row.at,
        who: row.who,
        act: row.act,
        on: row.subject,
        facts: JSON.parse(row.facts as string),
      };
      hash = createHash('sha256')
        .update(`${hash}\n${row.id}\n${canonicalJson(entry)}`)
        .digest('base64url');
      return hash;
    });
  };

  test('every edit, removal, swap, insertion and cut is found', async () => {
    await store.audit(Array.from({ length: 30 }, (_, i) => audit(`act ${i}`)));
    await store.close();
    const random = seededRandom(7);
    const row = (): number => 1 + Math.floor(random.fraction() * 30);
    const harms: ((database: DatabaseSync, id: number) => void)[] = [
      (database, id) => database.prepare("UPDATE audit SET who = 'lee' WHERE id = ?").run(id),
      (database, id) => database.prepare('UPDATE audit SET at = at + 1 WHERE id = ?').run(id),
      (database, id) => database.prepare(`UPDATE audit SET facts = '{"reason":"none"}' WHERE id = ?`).run(id),
      (database, id) => database.prepare('UPDATE audit SET facts = NULL WHERE id = ?').run(id),
      (database, id) => database.prepare("UPDATE audit SET hash = 'x' WHERE id = ?").run(id),
      (database, id) => database.prepare('DELETE FROM audit WHERE id = ?').run(id),
      (database, id) => database.prepare('DELETE FROM audit WHERE id >= ?').run(id),
      (database) => database.exec('DELETE FROM audit'),
      (database) =>
        database.exec(
          'INSERT INTO audit SELECT 31, at, who, act, subject, facts, hash FROM audit WHERE id = 30',
        ),
      (database, id) => {
        database.prepare('UPDATE audit SET id = -1 WHERE id = ?').run(id);
        database.prepare('UPDATE audit SET id = id + 1000 WHERE id > ? AND id <= 30').run(id);
        database.prepare('UPDATE audit SET id = id - 1001 WHERE id > 1000').run();
        database.prepare('UPDATE audit SET id = 30 WHERE id = -1').run();
      },
      // Whoever edits a row and computes the whole chain anew still lacks the key of its head.
      (database, id) => {
        database.prepare("UPDATE audit SET who = 'lee' WHERE id = ?").run(id);
        const rows = database.prepare('SELECT * FROM audit ORDER BY id').all();
        for (const [at, hash] of seal(rows).entries())
          database.prepare('UPDATE audit SET hash = ? WHERE id = ?').run(hash, at + 1);
      },
      (database) => database.exec("DELETE FROM meta WHERE name = 'audit_head'"),
    ];
    const missed: string[] = [];
    const untouched = join(place.root, 'untouched');
    copyFolder(folder, untouched);
    const database = new DatabaseSync(join(untouched, 'suture.db'));
    const vault = openVault({ masterKey, keys: storedKeys(database) });
    const { verify } = auditReader({ database, vault, dictionary: openDictionary(database) });
    expect(verify()).toEqual([]);
    for (const [kind, harm] of harms.entries()) {
      for (let round = 0; round < 20; round++) {
        const id = row();
        // The last row moved to the end is no change.
        if (kind === 9 && id === 30) continue;
        database.exec('BEGIN');
        harm(database, id);
        if (verify().length === 0) missed.push(`harm ${kind} at ${id}`);
        database.exec('ROLLBACK');
      }
    }
    expect(verify()).toEqual([]);
    database.close();
    expect(missed).toEqual([]);
    store = await openSqliteStore({ folder, masterKey });
  });

  test('a harmed row is named', async () => {
    await store.audit(Array.from({ length: 5 }, (_, i) => audit(`act ${i}`)));
    await tamper((database) => database.exec("UPDATE audit SET who = 'lee' WHERE id = 3"));
    expect(await store.verifyAudit()).toEqual(['3']);
    await tamper((database) => database.exec('DELETE FROM audit WHERE id = 5'));
    expect(await store.verifyAudit()).toEqual(['3', '5']);
  });
});
