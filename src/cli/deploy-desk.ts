/** What commands ask about deployments: of the running engine, or of its folder, for the next start. */
import type {
  DeployAnswer,
  DeployRow,
  DeploysAnswer,
  MessageDetail,
  NecessaryAnswer,
  Plan,
  PlanAnswer,
} from '../api/index.ts';
import {
  contentOf,
  type DeployWish,
  driftText,
  factsOf,
  filesOf,
  type Scope,
  type Snapshot,
  snapshotOf,
} from '../deploy/index.ts';
import { necessaryDesk, type QueuedPolicy } from '../engine/index.ts';
import { Failure, systemClock } from '../std/index.ts';
import type { Content, Deployment, Store } from '../store/index.ts';
import { openDeploying } from './deploying.ts';
import { loadProject } from './project/index.ts';
import type { Environment } from './settings.ts';

export type Wish = Omit<DeployWish, 'who'>;

export interface DeployDeskOfCommands {
  /** Brings what is not there yet. */
  give(snapshot: Snapshot): Promise<void>;
  /** Everything of a version. */
  take(root: string): Promise<Snapshot>;
  plan(wish: Wish): Promise<Plan>;
  deploy(wish: Wish): Promise<DeployRow>;
  rollback(request: { to?: string; scope: Scope; queued: QueuedPolicy; note: string }): Promise<DeployRow>;
  decide(id: string, decision: { approved: boolean; note: string }): Promise<DeployRow>;
  all(): Promise<DeploysAnswer>;
  /** Of each delivery of a message its flow and the version that ran, or will. */
  versions(messageId: string): Promise<readonly { readonly flow: string; readonly version: string }[]>;
  necessary(site?: string): Promise<NecessaryAnswer['sites']>;
}

/** Bytes of one request, before base64. */
const PARCEL = 8 * 1024 * 1024;
const ASKED_AT_ONCE = 5_000;

async function takeAll(root: string, read: (hash: string) => Promise<Uint8Array | null>): Promise<Snapshot> {
  const files = await filesOf(root, read);
  const contents: Content[] = [];
  for (const hash of new Set(files.values())) {
    const bytes = await read(hash);
    if (bytes !== null) contents.push(contentOf(bytes));
  }
  return snapshotOf(files, contents);
}

export function engineDeploys(
  ask: (path: string, body?: unknown) => Promise<Response>,
): DeployDeskOfCommands {
  const json = async <Value>(path: string, body?: unknown): Promise<Value> => {
    const answer = await ask(path, body);
    if (answer.ok) return (await answer.json()) as Value;
    throw new Failure({
      code: 'DEPLOY_UNKNOWN',
      kind: 'config',
      message: 'The engine knows no such deployment, or cannot deploy.',
      fix: 'List them with "suture deploys".',
    });
  };
  const one = async (path: string, body: unknown): Promise<DeployRow> =>
    (await json<DeployAnswer>(path, body)).deployment;
  return {
    async give({ contents }) {
      const byHash = new Map(contents.map((content) => [content.hash, content]));
      const hashes = [...byHash.keys()];
      const lacking: Content[] = [];
      for (let at = 0; at < hashes.length; at += ASKED_AT_ONCE) {
        const some = hashes.slice(at, at + ASKED_AT_ONCE);
        const said = await json<{ lacking: string[] }>('/api/deploys/lacking', { hashes: some });
        for (const hash of said.lacking) lacking.push(byHash.get(hash) as Content);
      }
      for (let at = 0; at < lacking.length; ) {
        const parcel: Record<string, string> = {};
        for (let size = 0; at < lacking.length && size < PARCEL; at++) {
          const { hash, bytes } = lacking[at] as Content;
          parcel[hash] = Buffer.from(bytes).toString('base64');
          size += bytes.length;
        }
        await json('/api/deploys/contents', { contents: parcel });
      }
    },
    take: (root) =>
      takeAll(root, async (hash) => {
        const answer = await ask(`/api/deploys/contents/${hash}`);
        if (!answer.ok) return null;
        return Buffer.from(((await answer.json()) as { base64: string }).base64, 'base64');
      }),
    plan: async (wish) => (await json<PlanAnswer>('/api/deploys/plan', wish)).plan,
    deploy: (wish) => one('/api/deploys', wish),
    rollback: (request) => one('/api/deploys/rollback', request),
    decide: (id, decision) => one(`/api/deploys/${encodeURIComponent(id)}/decision`, decision),
    all: () => json('/api/deploys'),
    async versions(messageId) {
      const { deliveries } = await json<MessageDetail>(`/api/messages/${encodeURIComponent(messageId)}`);
      return deliveries.map(({ delivery }) => ({ flow: delivery.flow, version: delivery.flowVersion }));
    },
    necessary: async (site) =>
      (
        await json<NecessaryAnswer>(
          `/api/necessary${site === undefined ? '' : `?site=${encodeURIComponent(site)}`}`,
        )
      ).sites,
  };
}

export function folderDeploys(
  store: Store,
  options: {
    readonly data: string;
    readonly project: string;
    readonly environment: Environment;
    readonly who: string;
  },
): DeployDeskOfCommands {
  const { who, ...place } = options;
  const { deploys, api } = openDeploying({ store, ...place, log: () => undefined });
  const rowOf = async (deployment: Deployment): Promise<DeployRow> => ({
    ...deployment,
    facts: factsOf(deployment),
    live: deployment.id === (await deploys.live())?.id,
  });
  return {
    give: ({ contents }) => store.putContent(contents),
    take: (root) => takeAll(root, (hash) => store.content(hash)),
    plan: (wish) => deploys.plan({ ...wish, who }),
    deploy: async (wish) => rowOf(await deploys.deploy({ ...wish, who })),
    rollback: async (request) => rowOf(await deploys.rollback({ ...request, who })),
    decide: async (id, decision) => rowOf(await deploys.decide(id, { ...decision, who })),
    async versions(messageId) {
      const { deliveries = [] } = (await store.message(messageId)) ?? {};
      return deliveries.map(({ flow, flowVersion }) => ({ flow, version: flowVersion }));
    },
    async necessary(site) {
      const first = (await deploys.live()) ?? null;
      const project =
        first === null
          ? await loadProject(options.project, options.environment)
          : (await deploys.version(first.root)).project;
      return necessaryDesk(store, systemClock, () => project.sites.map(({ record }) => record)).necessary(
        site,
      );
    },
    async all() {
      const drift = await api.drift().catch(() => null);
      const rows = await Promise.all((await deploys.history()).map(rowOf));
      return { rows, running: null, drift, driftText: drift && driftText(drift) };
    },
  };
}
