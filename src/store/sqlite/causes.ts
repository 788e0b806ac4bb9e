/** Which cause a dead letter belongs to: set in the transaction in which it dies. */
import { causeOf, fingerprintOf } from '../../message/index.ts';
import type { FailureRecord } from '../../std/index.ts';
import type { Desk } from './desk.ts';

const CAUSE = 'SELECT id FROM dead_cause WHERE fingerprint = ?';
const ADD_CAUSE = 'INSERT INTO dead_cause (fingerprint, flow, code, step, path) VALUES (?, ?, ?, ?, ?)';
const DEAD = 'SELECT flow, failure FROM delivery WHERE id = ?';
const SET_CAUSE = 'UPDATE delivery SET cause = ? WHERE id = ?';

/** To be called for every delivery that has just become dead, when its row says so: it joins its group. */
export function buriedBy({
  database,
  dictionary,
}: Pick<Desk, 'database' | 'dictionary'>): (id: number) => void {
  const cause = database.prepare(CAUSE);
  const addCause = database.prepare(ADD_CAUSE);
  const dead = database.prepare(DEAD);
  const setCause = database.prepare(SET_CAUSE);
  return (id) => {
    const row = dead.get(id) as { flow: number; failure: string | null };
    const flow = dictionary.nameAt(row.flow);
    const failure = row.failure === null ? null : (JSON.parse(row.failure) as FailureRecord);
    const fingerprint = fingerprintOf(failure, flow);
    const known = cause.get(fingerprint)?.id as number | undefined;
    const { code, step, path } = causeOf(failure, flow);
    const of = known ?? Number(addCause.run(fingerprint, row.flow, code, step, path).lastInsertRowid);
    setCause.run(of, id);
  };
}
