/** What commands ask about writes and runs: of the running engine, or, to look and to decide only, of its folder. */
import type {
  DryAnswer,
  MessageDetail,
  RunAnswer,
  RunBody,
  WriteBody,
  WriteRevealed,
  WriteRow,
} from '../api/index.ts';
import { type KeyedHash, writeDesk } from '../engine/index.ts';
import { Failure, systemClock } from '../std/index.ts';
import type { Store } from '../store/index.ts';
import { person } from './person.ts';

export interface WriteDeskOfCommands {
  writes(query: {
    site?: string;
    state?: WriteRow['state'];
    messageId?: string;
    limit: number;
  }): Promise<{ readonly rows: readonly WriteRow[] }>;
  /** `null`: there is none of this id. Recorded. */
  revealWrite(id: string): Promise<WriteRevealed | null>;
  settleWrite(request: WriteBody & { id: string }): Promise<void>;
  run(body: RunBody): Promise<RunAnswer>;
  dryRun(body: RunBody): Promise<DryAnswer>;
  detail(messageId: string): Promise<MessageDetail | null>;
}

export function engineWrites(ask: (path: string, body?: unknown) => Promise<Response>): WriteDeskOfCommands {
  const json = async <Value>(path: string, body?: unknown): Promise<Value> =>
    (await (await ask(path, body)).json()) as Value;
  return {
    writes(query) {
      const wanted = new URLSearchParams(
        Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
      );
      return json(`/api/writes?${wanted}`);
    },
    async revealWrite(id) {
      const answer = await ask(`/api/writes/${encodeURIComponent(id)}/reveal`, {});
      return answer.ok ? ((await answer.json()) as WriteRevealed) : null;
    },
    async settleWrite({ id, ...body }) {
      const answer = await ask(`/api/writes/${encodeURIComponent(id)}`, body);
      if (!answer.ok) throw notSettled(id, 'unknown');
    },
    run: (body) => json('/api/runs', body),
    dryRun: (body) => json('/api/runs', { ...body, dry: true }),
    async detail(messageId) {
      const answer = await ask(`/api/messages/${encodeURIComponent(messageId)}`);
      return answer.ok ? ((await answer.json()) as MessageDetail) : null;
    },
  };
}

export function folderWrites(store: Store & { readonly keyedHash: KeyedHash }): WriteDeskOfCommands {
  const desk = writeDesk({ store, clock: systemClock, keyedHash: store.keyedHash, nudge: () => undefined });
  const needsEngine = (): Promise<never> =>
    Promise.reject(
      new Failure({
        code: 'ENGINE_NOT_RUNNING',
        kind: 'config',
        message: 'A flow is run by the engine, and none runs on this folder.',
        fix: 'Start it with "suture start", then run the flow.',
      }),
    );
  return {
    writes: ({ state, ...query }) =>
      desk.writes({ ...query, ...(state === undefined ? {} : { states: [state] }) }),
    async revealWrite(id) {
      const write = await desk.write(id);
      if (write === null) return null;
      const on = `write ${id}`;
      await store.audit([{ at: systemClock.now(), who: person(), act: 'message.reveal', on }]);
      return { body: write.body, result: write.result };
    },
    async settleWrite({ record, ...request }) {
      const asked = { ...request, who: person(), ...(record === undefined ? {} : { record }) };
      const settled = await desk.settleWrite(asked);
      if (settled !== 'settled') throw notSettled(request.id, settled);
    },
    run: needsEngine,
    dryRun: needsEngine,
    detail: needsEngine,
  };
}

const notSettled = (id: string, why: 'stale' | 'unknown'): Failure =>
  new Failure({
    code: 'WRITE_NOT_SETTLED',
    kind: 'conflict',
    message:
      why === 'unknown'
        ? `There is no write ${id}.`
        : `The write ${id} is under way, or it was settled in the meantime.`,
    fix: 'Look at the list: suture writes.',
  });
