/**
 * Contents that nothing refers to any more are removed: of projects that no kept message ran with, that are too far back to be gone
 * back to, and that nobody is asked about. Rows of deployments stay: who made what run when is history.
 */
import { type Clock, Failure } from '../std/index.ts';
import type { Deployment, Store } from '../store/index.ts';
import { alone } from './lock.ts';

/** Deployments that can always be gone back to, however old. */
export const KEPT_DEPLOYMENTS = 50;
/** Nodes take up a deployment one after the other; what one has planned meanwhile is of the earlier one. Milliseconds. */
const OVERLAP = 86_400_000;
const PAGE = 500;

export interface TidyParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: () => string;
}

export interface Tidy {
  /** One round; gives how many contents were removed. What is not referred to must have been so in the round before, too. */
  round(): Promise<number>;
}

export function createTidy({ store, clock, random }: TidyParts): Tidy {
  /** Not referred to when it was looked at last: what is being brought for a deployment is not removed under its hands. */
  let suspects: ReadonlySet<string> = new Set();

  async function all(state: Deployment['state'], from?: string): Promise<Deployment[]> {
    const found: Deployment[] = [];
    for (let before: string | undefined; ; ) {
      const page = await store.deployments({
        ...{ state, limit: PAGE },
        ...(before === undefined ? {} : { before }),
      });
      found.push(...page.filter(({ id }) => from === undefined || Number(id) > Number(from)));
      before = page.at(-1)?.id;
      if (page.length < PAGE) return found;
    }
  }

  /** The newest message below an id; of a page that was cut short its rest. */
  async function below(id: number): Promise<{ readonly id: number; readonly at: number } | null> {
    for (let before = String(id); ; ) {
      const page = await store.search({ before, limit: 1 });
      const [row] = page.rows;
      if (row !== undefined) return { id: Number(row.id), at: row.receivedAt };
      if (page.before === null) return null;
      before = page.before;
    }
  }

  /** When the first message came that is still kept, wherever it is kept; now where there is none. Ids grow: it is searched by halves. */
  async function oldestMessage(): Promise<number> {
    const [newest] = (await store.search({ limit: 1 })).rows;
    if (newest === undefined) return clock.now();
    let first = { id: Number(newest.id), at: newest.receivedAt };
    for (let none = 0; none < first.id; ) {
      const middle = Math.floor((none + first.id) / 2);
      const found = await below(middle + 1);
      if (found === null) none = middle + 1;
      else first = found;
    }
    return first.at;
  }

  /** The newest, and those that ran since the first message came that is kept; and what somebody is asked about. */
  async function needed(): Promise<readonly Deployment[]> {
    const deployed = await all('deployed');
    const oldest = await oldestMessage();
    const ran = deployed.filter((_, index) => {
      // Newest first: the one before it in this list is what came after it.
      const until = deployed[index - 1]?.at ?? Number.POSITIVE_INFINITY;
      return index < KEPT_DEPLOYMENTS || until + OVERLAP >= oldest;
    });
    return [...ran, ...(await all('asked'))];
  }

  /** Everything of these projects; what of them is not kept any more leads nowhere. */
  async function reached(deployments: readonly Deployment[], into: Set<string>): Promise<Set<string>> {
    const list = async (hash: string): Promise<readonly string[]> => {
      if (into.has(hash)) return [];
      into.add(hash);
      const bytes = await store.content(hash);
      if (bytes === null) return [];
      const value = JSON.parse(Buffer.from(bytes).toString()) as { parts?: unknown } & Record<
        string,
        unknown
      >;
      const inside = typeof value.parts === 'object' && value.parts !== null ? value.parts : value;
      return Object.values(inside).map(String);
    };
    for (const { root } of deployments)
      for (const part of await list(root)) for (const file of await list(part)) into.add(file);
    return into;
  }

  async function unreferred(keep: ReadonlySet<string>): Promise<Set<string>> {
    const found = new Set<string>();
    for (let after: string | undefined; ; ) {
      const page = await store.contents({ limit: PAGE, ...(after === undefined ? {} : { after }) });
      for (const hash of page) if (!keep.has(hash)) found.add(hash);
      after = page.at(-1);
      if (page.length < PAGE) return found;
    }
  }

  return {
    async round() {
      const deployments = await needed();
      const last = String(Math.max(0, ...deployments.map(({ id }) => Number(id))));
      const keep = await reached(deployments, new Set());
      const now = await unreferred(keep);
      const twice = [...now].filter((hash) => suspects.has(hash));
      suspects = now;
      if (twice.length === 0) return 0;
      const work = async (): Promise<number> => {
        // What was deployed or asked for since is kept, too; from here on nobody else deploys.
        const since = [...(await all('deployed', last)), ...(await all('asked', last))];
        const later = await reached(since, new Set());
        const drop = twice.filter((hash) => !later.has(hash));
        let count = 0;
        for (let at = 0; at < drop.length; at += PAGE)
          count += await store.dropContent(drop.slice(at, at + PAGE));
        return count;
      };
      const held = { who: 'engine', what: 'removing what no deployment needs', token: random() };
      return alone(store, held, work).catch((error: unknown) => {
        // Somebody deploys: the next round sees what has become of it.
        if (error instanceof Failure && error.code === 'DEPLOY_RUNNING') return 0;
        throw error;
      });
    },
  };
}
