/** What a person decides about writes whose outcome nobody can find out: which there are, and the word that settles one. */
import type { Clock, Json } from '../std/index.ts';
import type { Store, WriteDetail, WritePage, WriteQuery, WriteState } from '../store/index.ts';
import type { KeyedHash } from './patient.ts';

/**
 * `done`: it is there, under this id, and the delivery goes on with it. `again`: it is not there, and is sent again. `drop`: it
 * is not there and shall not be, and the delivery is given up.
 */
export type WriteWord = 'done' | 'again' | 'drop';

export interface WriteControl {
  /** Open ones unless asked otherwise, oldest first; without what is written. */
  writes(query: WriteQuery): Promise<WritePage>;
  /** With what is written: reading it is an audited act, and the caller writes the entry. */
  write(id: string): Promise<WriteDetail | null>;
  /** `stale`: it is under way, or it was settled in the meantime. Audited as `who` with their reason. */
  settleWrite(request: {
    readonly id: string;
    readonly word: WriteWord;
    /** Of `done`: the record's id, or a reference to it. */
    readonly record?: string;
    readonly who: string;
    readonly reason: string;
  }): Promise<'settled' | 'stale' | 'unknown'>;
}

/** States that a person may end: what is on its way now is not theirs. */
const FROM: Readonly<Record<WriteWord, readonly WriteState[]>> = {
  done: ['unknown', 'planned'],
  again: ['unknown'],
  drop: ['unknown', 'planned'],
};
const TO: Readonly<Record<WriteWord, WriteState>> = { done: 'done', again: 'planned', drop: 'refused' };

export function writeDesk(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly keyedHash: KeyedHash;
  /** Deliveries may be due. */
  readonly nudge: () => void;
}): WriteControl {
  const { store, clock, keyedHash } = options;
  return {
    writes: (query) => store.writes(query),
    write: (id) => store.write(id),
    async settleWrite({ id, word, record, who, reason }) {
      const row = await store.write(id);
      if (row === null) return 'unknown';
      const at = clock.now();
      const reference = record === undefined ? null : referenceOf(row.what, record);
      const result: Json = { id: reference?.split('/')[1] ?? null, reference, outcome: 'found' };
      const moved = await store.moveWrite({
        key: row.key,
        from: FROM[word],
        attempts: row.attempts,
        to: TO[word],
        at,
        ...(word === 'done' ? { result } : {}),
        ...(word === 'done' && reference !== null
          ? { resultKey: keyedHash('record', row.site, reference) }
          : {}),
        audit: {
          at,
          who,
          act: 'write.settle',
          on: `write ${id}`,
          facts: { word, reason, delivery: row.deliveryId, flow: row.flow, step: row.step },
        },
      });
      if (moved === 'stale') return 'stale';
      const to = word === 'drop' ? 'dead' : 'waiting';
      const audit = { at, who, act: 'delivery.release', on: row.deliveryId, facts: { to, reason } };
      await store.release({ deliveryIds: [row.deliveryId], to, at, audit });
      options.nudge();
      return 'settled';
    },
  };
}

/** `e1` of `observation.create` is `Observation/e1`. */
export function referenceOf(what: string, record: string): string {
  if (record.includes('/')) return record.split('/').slice(-2).join('/');
  const name = what.split('.')[0] ?? '';
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}/${record}`;
}
