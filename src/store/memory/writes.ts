/** The ledger of writes: the contract in its plainest words. */
import type {
  EndedWritePage,
  EndedWriteQuery,
  NewWrite,
  Settled,
  WriteDetail,
  WriteMove,
  WritePage,
  WritePlan,
  WriteQuery,
  WriteRow,
} from '../contract.ts';
import { endedBefore, endedCursor, judgePlan, mayMove, OPEN_WRITES } from '../writes.ts';
import { addAudit } from './audit.ts';
import type { State } from './state.ts';

/** A row, with the keyed hash of the record that it gave. */
export interface StoredWrite extends WriteDetail {
  readonly resultKey: string | null;
}

const told = ({ body: _, result: __, resultKey: ___, ...row }: StoredWrite): WriteRow => row;
const inFull = ({ resultKey: _, ...row }: StoredWrite): WriteDetail => row;
const isOpen = (row: StoredWrite): boolean => OPEN_WRITES.includes(row.state);

export function planWrite(state: State, plan: NewWrite): WritePlan {
  const { writes } = state;
  const { at, idleSince: _, ...wanted } = plan;
  const own = writes.get(plan.key) ?? null;
  const others = [...writes.values()].filter((row) => row.identity === plan.identity && row.key !== plan.key);
  const holder = others.find(isOpen) ?? null;
  const verdict = judgePlan(plan, own, holder);
  if (verdict === 'busy') return { kind: 'busy', by: told(holder as StoredWrite) };
  if (typeof verdict === 'object' && holder)
    writes.set(holder.key, { ...holder, state: 'refused', updatedAt: at });
  const then = typeof verdict === 'object' ? verdict.then : verdict;
  if (then === 'new') {
    const id = String(++state.last.write);
    const fresh = { attempts: 0, lookups: 0, createdAt: at, sentAt: null, failure: null, result: null };
    writes.set(plan.key, { ...wanted, ...fresh, id, state: 'planned', updatedAt: at, resultKey: null });
  } else if (then === 'again' && own) {
    const { identity, what, body } = plan;
    writes.set(plan.key, { ...own, identity, what, body, state: 'planned', updatedAt: at });
  }
  const twin = others.filter((row) => row.state === 'done').at(-1);
  return {
    kind: 'planned',
    write: inFull(writes.get(plan.key) as StoredWrite),
    twin: twin ? inFull(twin) : null,
  };
}

export function moveWrite(state: State, move: WriteMove): Settled {
  const row = state.writes.get(move.key);
  if (row === undefined || !mayMove(row, move)) return 'stale';
  const sending = move.to === 'sending';
  state.writes.set(row.key, {
    ...row,
    state: move.to,
    attempts: row.attempts + (sending ? 1 : 0),
    lookups: sending ? 0 : row.lookups + (move.looked ? 1 : 0),
    updatedAt: move.at,
    sentAt: sending ? move.at : row.sentAt,
    failure: move.failure ?? null,
    resultKey: move.resultKey ?? row.resultKey,
    result: move.result ?? row.result,
  });
  if (move.audit) addAudit(state, [move.audit]);
  return 'settled';
}

const inOrder = (state: State): StoredWrite[] =>
  [...state.writes.values()].sort((a, b) => Number(a.id) - Number(b.id));

export function writePage(state: State, query: WriteQuery): WritePage {
  const { site, flow, messageId, after = '0', limit } = query;
  const rows = inOrder(state)
    .filter((row) => Number(row.id) > Number(after))
    .filter((row) => site === undefined || row.site === site)
    .filter((row) => flow === undefined || row.flow === flow)
    .filter((row) => messageId === undefined || row.messageId === messageId)
    .filter((row) => query.states?.includes(row.state) ?? (messageId !== undefined || isOpen(row)))
    .slice(0, limit);
  return { rows: rows.map(told), after: rows.length < limit ? null : (rows.at(-1)?.id ?? null) };
}

export function endedPage(state: State, query: EndedWriteQuery): EndedWritePage {
  const { site, flow, from = 0, limit } = query;
  const [at, id] = endedBefore(query);
  const rows = inOrder(state)
    .filter((row) => !isOpen(row) && row.updatedAt >= from)
    .filter((row) => row.updatedAt < at || (row.updatedAt === at && Number(row.id) < id))
    .filter((row) => site === undefined || row.site === site)
    .filter((row) => flow === undefined || row.flow === flow)
    .filter((row) => query.state === undefined || row.state === query.state)
    .sort((a, b) => b.updatedAt - a.updatedAt || Number(b.id) - Number(a.id));
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    rows: page.map(inFull),
    before: last && rows.length > limit ? endedCursor(last) : null,
  };
}

export function writeById(state: State, id: string): WriteDetail | null {
  const row = inOrder(state).find((one) => one.id === id);
  return row ? inFull(row) : null;
}

export const writtenBy = (
  state: State,
  site: string,
  resultKeys: readonly string[],
): ReadonlyMap<string, string> =>
  new Map(
    [...state.writes.values()].flatMap(({ state: now, resultKey, key, site: of }) =>
      now === 'done' && of === site && resultKey !== null && resultKeys.includes(resultKey)
        ? [[resultKey, key] as const]
        : [],
    ),
  );

export function pruneWrites(state: State, endedBefore: number, limit: number): number {
  const gone = inOrder(state)
    .filter((row) => !isOpen(row) && row.updatedAt < endedBefore)
    .slice(0, limit);
  for (const { key } of gone) state.writes.delete(key);
  return gone.length;
}
