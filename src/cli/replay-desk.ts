/** What commands ask about dead letters and replays: of the running engine, or, to look only, of its folder. */
import type {
  DeadGroups,
  EditAnswer,
  EditBody,
  Job,
  PreviewBody,
  ReplayJobs,
  ReplayPreview,
  StartReplayBody,
} from '../api/index.ts';
import type { DeadGroupOfSites } from '../engine/index.ts';
import { Failure } from '../std/index.ts';
import type { Store } from '../store/index.ts';

export interface ReplayDesk {
  groups(query: { site?: string; flow?: string }): Promise<readonly DeadGroupOfSites[]>;
  jobs(): Promise<readonly Job[]>;
  /** `null`: there is none of this id. */
  job(id: string): Promise<Job | null>;
  preview(body: PreviewBody): Promise<ReplayPreview>;
  start(body: StartReplayBody): Promise<Job>;
  move(id: string, act: 'stop' | 'resume', reason: string): Promise<Job>;
  edit(body: EditBody): Promise<EditAnswer>;
}

export function engineReplays(ask: (path: string, body?: unknown) => Promise<Response>): ReplayDesk {
  const json = async <Value>(path: string, body?: unknown): Promise<Value> =>
    (await (await ask(path, body)).json()) as Value;
  return {
    groups: async (query) =>
      (await json<DeadGroups>(`/api/dead/groups?${new URLSearchParams(Object.entries(query))}`)).groups,
    jobs: async () => (await json<ReplayJobs>('/api/replays')).jobs,
    async job(id) {
      const answer = await ask(`/api/replays/${encodeURIComponent(id)}`);
      return answer.ok ? ((await answer.json()) as Job) : null;
    },
    preview: (body) => json('/api/replays/preview', body),
    start: (body) => json('/api/replays', body),
    async move(id, act, reason) {
      const answer = await ask(`/api/replays/${encodeURIComponent(id)}/${act}`, { reason });
      if (!answer.ok) throw noSuchReplay(id);
      return (await answer.json()) as Job;
    },
    edit: (body) => json('/api/replays/edit', body),
  };
}

export const noSuchReplay = (id: string): Failure =>
  new Failure({
    code: 'REPLAY_UNKNOWN',
    kind: 'config',
    message: `There is no replay ${id}.`,
    fix: 'Look at the list: suture replays.',
  });

/** A replay needs the engine: it alone knows the flows. */
export const needsEngine = (): Promise<never> =>
  Promise.reject(
    new Failure({
      code: 'ENGINE_NOT_RUNNING',
      kind: 'config',
      message: 'A replay needs the running engine, which knows the flows.',
      fix: 'Start it with "suture start", then replay.',
    }),
  );

export function folderReplays(store: Store): ReplayDesk {
  return {
    async groups(query) {
      const { deadGroupsOfSites } = await import('../engine/index.ts');
      return deadGroupsOfSites(store, query);
    },
    jobs: () => store.jobs(50),
    job: (id) => store.job(id),
    preview: needsEngine,
    start: needsEngine,
    move: needsEngine,
    edit: needsEngine,
  };
}
