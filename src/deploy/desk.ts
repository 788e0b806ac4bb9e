/**
 * Plans, deploys, rolls back and decides. A deployment is one row in the store: before it is committed the earlier project
 * runs, after it the new one, and a crash in between leaves one of the two.
 */
import { relative, resolve } from 'node:path';
import type { QueuedPolicy } from '../engine/index.ts';
import { flowVersion } from '../flow/index.ts';
import type { Clock, Failure } from '../std/index.ts';
import type { AuditEntry, Content, Deployment, Store } from '../store/index.ts';
import { approvalsOf, approvedOnes, samePerson } from './approval.ts';
import { changesBetween } from './changes.ts';
import { type DeployFacts, factsJson, factsOf } from './facts.ts';
import { deployFailure } from './failures.ts';
import { folderName, removeOthers, writeVersion } from './folder.ts';
import { alone } from './lock.ts';
import { missingAt, type SeenCode, unmappedAt } from './missing.ts';
import { queuedUnder } from './queued.ts';
import { belongsTo, type Compose } from './scope.ts';
import { asksSecond, productionTouched, sitesTouched } from './touched.ts';
import { composed, type Files, filesOf, gone, pathsBetween, snapshotOf } from './tree.ts';
import type { Deployable, Deploys, DeployWish, Loaded, Plan } from './types.ts';

export interface DeployParts<Project extends Deployable> {
  readonly store: Store;
  readonly clock: Clock;
  /** Where versions are written to be run. */
  readonly into: string;
  /** The project's folder: packages are found there. */
  readonly packages: string;
  readonly load: (folder: string) => Promise<Project>;
  readonly faultText: (fault: Deployable['faults'][number]) => string;
  /** Makes it run, committing before the change is seen. `null`: no engine runs here, and the next start takes it. */
  readonly apply:
    | ((project: Project, queued: QueuedPolicy, commit: () => Promise<void>) => Promise<void>)
    | null;
  /** Versions of the flows that run now; `null`: no engine runs here. */
  readonly ran: () => Readonly<Record<string, string>> | null;
  /** Codes of messages that stand for a site's, and that its maps lack. Left out: nobody looks. */
  readonly seen?: (project: Project, sites: Project['sites']) => Promise<readonly SeenCode[]>;
  readonly environment: string | null;
  readonly random: () => string;
}

const CHANGES_KEPT = 200;
const HISTORY = 50;
/** Deployments among which an earlier version or approval is looked for. */
const LOOKED_BACK = 200;
/** Loaded versions at hand. */
const HELD = 4;

interface Made<Project extends Deployable> extends Plan {
  readonly files: Files;
  readonly contents: readonly Content[];
  readonly project: Project;
  readonly flows: Readonly<Record<string, string>>;
  readonly touched: Project['sites'];
  /** Before and after it, by name. */
  readonly sites: readonly string[];
  readonly asksSecond: boolean;
}

export function createDeploys<Project extends Deployable>(parts: DeployParts<Project>): Deploys<Project> {
  const { store, clock } = parts;
  const held = new Map<string, Loaded<Project>>();

  const live = async (): Promise<Deployment | null> =>
    (await store.deployments({ state: 'deployed', limit: 1 }))[0] ?? null;

  async function known(id: string): Promise<Deployment> {
    const found = await store.deployment(id);
    if (found === null) throw deployFailure('DEPLOY_UNKNOWN', { message: `There is no deployment ${id}.` });
    return found;
  }

  /** A version as a project that can be run. */
  async function version(root: string): Promise<Loaded<Project>> {
    const before = held.get(root);
    if (before !== undefined) return before;
    const files = await filesOf(root, (hash) => store.content(hash));
    const folder = await writeVersion(root, files, {
      into: parts.into,
      content: (hash) => store.content(hash),
      packages: parts.packages,
    });
    const loaded = { files, project: await parts.load(folder), folder };
    if (held.size >= HELD) held.delete([...held.keys()][0] as string);
    held.set(root, loaded);
    return loaded;
  }

  const reader = async (
    files: Files,
    paths: readonly string[],
  ): Promise<(path: string) => string | undefined> => {
    const texts = new Map<string, string>();
    for (const path of paths) {
      const hash = files.get(path);
      const bytes = hash === undefined ? null : await store.content(hash);
      if (bytes !== null) texts.set(path, Buffer.from(bytes).toString());
    }
    return (path) => texts.get(path);
  };

  /** What would run, whole and loaded: its contents are kept, and nothing runs it yet. */
  async function make(wish: DeployWish, runs: Deployment | null): Promise<Made<Project>> {
    const from = await filesOf(wish.root, (hash) => store.content(hash));
    const lacking = new Set(await store.lacking([...new Set(from.values())]));
    if (lacking.size > 0) throw gone([...from].filter(([, hash]) => lacking.has(hash)).map(([path]) => path));
    const before = runs === null ? null : await version(runs.root);
    const compose: Compose = {
      wish,
      from,
      base: before?.files ?? new Map(),
      store,
      load: async () => (await version(wish.root)).project,
    };
    const { belongs, outside } = await belongsTo(compose, before?.project ?? null);
    const files = before === null || belongs === null ? from : composed(before.files, from, belongs);
    const { root, contents } = snapshotOf(files);
    await store.putContent(contents);
    const { project, folder } = await version(root);
    const base: Files = before?.files ?? new Map();
    const paths = pathsBetween(base, files);
    const changes = changesBetween(
      {
        flows: before?.project.flows ?? [],
        sites: before?.project.sites.map(({ record }) => record) ?? [],
        text: await reader(base, paths),
        flowsFolder: project.config.flows,
      },
      {
        flows: project.flows,
        sites: project.sites.map(({ record }) => record),
        text: await reader(files, paths),
        flowsFolder: project.config.flows,
      },
      paths,
    );
    const touched = sitesTouched(project, changes, [...(before?.project.flows ?? []), ...project.flows]);
    const flows = Object.fromEntries(project.flows.map((flow) => [flow.name, flowVersion(flow)]));
    return {
      root,
      files,
      contents,
      project,
      flows,
      runs: runs?.id ?? null,
      changes,
      outside,
      faults: faultsOf(project, folder),
      missing: missingAt(touched, clock.now()),
      touched,
      queued: await queuedUnder(store, ranUntil(runs), flows),
      asksSecond: asksSecond(before?.project ?? null, project),
      secondApproval: productionTouched(before?.project ?? null, project, changes),
      sites: [...(before?.project.sites ?? []), ...project.sites].map(({ record }) => record.site),
    };
  }

  /** By the file in the project, wherever the version of it was laid out. */
  const faultsOf = (project: Deployable, folder: string): readonly string[] =>
    project.faults.map((fault) =>
      parts.faultText({ ...fault, file: relative(resolve(folder), resolve(fault.file)) }),
    );

  const ranUntil = (runs: Deployment | null): Readonly<Record<string, string>> =>
    parts.ran() ?? (runs === null ? {} : factsOf(runs).flows);

  const audit = (who: string, act: string, facts: AuditEntry['facts']): AuditEntry => ({
    at: clock.now(),
    who,
    act,
    on: 'deployment #',
    ...(facts === undefined ? {} : { facts }),
  });

  /** Commits the row and makes it run: both or neither. */
  async function run(
    project: Project,
    deployment: Omit<Deployment, 'id'> & { readonly id?: string },
    entry: AuditEntry,
  ): Promise<string> {
    let id: string | null = null;
    const commit = async (): Promise<void> => {
      id = await store.putDeployment({ deployment, audit: entry });
      if (id === null) throw deployFailure('DEPLOY_MOVED');
    };
    const { queued } = deployment.facts as unknown as DeployFacts;
    if (parts.apply === null) await commit();
    else await parts.apply(project, queued, commit);
    const { root } = deployment;
    const keep = new Set([folderName(root)]);
    for (const one of await store.deployments({ state: 'deployed', limit: 3 }))
      keep.add(folderName(one.root));
    await removeOthers(parts.into, keep).catch(() => undefined);
    return id ?? '';
  }

  /** By whose approval it ran before; `null`: it did not. */
  async function approvalsFor(made: Made<Project>): Promise<readonly string[] | null> {
    if (made.secondApproval.length === 0) return null;
    const approved = approvedOnes(await store.deployments({ state: 'deployed', limit: LOOKED_BACK }));
    const { root, secondApproval: production, sites, project } = made;
    return approvalsOf({ root, production, sites, sitesFolder: project.config.sites }, approved, (hash) =>
      store.content(hash),
    );
  }

  async function deployNow(wish: DeployWish): Promise<Deployment> {
    const runs = await live();
    const made = await make(wish, runs);
    if (made.faults.length > 0) throw faulty(made.faults);
    if (made.root === runs?.root) throw deployFailure('DEPLOY_NOTHING');
    const approvals = wish.act === 'roll back' ? await approvalsFor(made) : null;
    const asks = made.secondApproval.length > 0 && approvals === null;
    const facts: DeployFacts = {
      act: wish.act,
      from: wish.from ?? null,
      scope: wish.scope,
      queued: wish.queued,
      flows: made.flows,
      ran: ranUntil(runs),
      sites: made.project.sites.map(({ record }) => record.site),
      changes: made.changes.slice(0, CHANGES_KEPT),
      changesInAll: made.changes.length,
      production: made.secondApproval,
      secondApproval: made.asksSecond,
      approvals: approvals ?? [],
      git: wish.git ?? null,
      environment: parts.environment,
    };
    const deployment: Omit<Deployment, 'id'> = {
      state: asks ? 'asked' : 'deployed',
      root: made.root,
      after: runs?.id ?? null,
      who: wish.who,
      at: clock.now(),
      note: wish.note,
      decidedBy: null,
      decidedAt: null,
      facts: factsJson(facts),
    };
    const entry = audit(wish.who, asks ? 'project.ask' : ACTS[wish.act], {
      note: wish.note,
      queued: wish.queued,
      root: made.root,
      changes: made.changes.length,
      ...(wish.from === undefined ? {} : { from: wish.from }),
    });
    if (!asks) return known(await run(made.project, deployment, entry));
    const id = await store.putDeployment({ deployment, audit: entry });
    if (id === null) throw deployFailure('DEPLOY_MOVED');
    return known(id);
  }

  async function decideNow(
    id: string,
    { approved, who, note }: { approved: boolean; who: string; note: string },
  ): Promise<Deployment> {
    const asked = await known(id);
    if (asked.state !== 'asked')
      throw deployFailure('DEPLOY_APPROVAL', {
        message: `Deployment ${id} is ${asked.state}: nobody is asked about it.`,
        fix: 'List those that wait with "suture deploys".',
      });
    if (approved && samePerson(asked.who, who))
      throw deployFailure('DEPLOY_APPROVAL', {
        message: `${asked.who} has asked for deployment ${id}, and ${asked.who === who ? 'so cannot approve it' : `${who} may be the same person`}.`,
      });
    const at = clock.now();
    const decided = { ...asked, decidedBy: who, decidedAt: at };
    const entry = audit(who, approved ? 'project.approve' : 'project.refuse', { note, asked: asked.who });
    if (!approved) {
      if (
        (await store.putDeployment({ deployment: { ...decided, state: 'refused' }, audit: entry })) === null
      )
        throw deployFailure('DEPLOY_MOVED');
      return known(id);
    }
    const runs = await live();
    if ((runs?.id ?? null) !== asked.after)
      throw deployFailure('DEPLOY_MOVED', {
        message: `Since deployment ${id} was asked for, ${runs?.id ?? 'none'} was deployed: what would run is not what was asked for.`,
        fix: 'Refuse it, and ask for it again.',
      });
    const { project, folder } = await version(asked.root);
    if (project.faults.length > 0) throw faulty(faultsOf(project, folder));
    await run(project, { ...decided, state: 'deployed' }, entry);
    return known(id);
  }

  async function rollbackTo(to: string | undefined): Promise<Deployment> {
    if (to !== undefined) {
      const target = await known(to);
      if (target.state !== 'deployed')
        throw deployFailure('DEPLOY_UNKNOWN', {
          message: `Deployment ${to} never ran: it is ${target.state}.`,
        });
      return target;
    }
    const runs = await live();
    // A rollback of a rollback goes on backwards instead of to and fro.
    let at =
      runs === null ? null : factsOf(runs).act === 'roll back' ? (factsOf(runs).from ?? null) : runs.id;
    if (runs !== null && at !== null) at = (await known(at)).after;
    if (at === null)
      throw deployFailure('DEPLOY_UNKNOWN', {
        message: 'There is no earlier deployment to go back to.',
        fix: 'Deploy what shall run.',
      });
    return known(at);
  }

  const locked = <Value>(who: string, what: string, work: () => Promise<Value>): Promise<Value> =>
    alone(store, { who, what, token: parts.random() }, work);

  return {
    live,
    version,
    async plan(wish) {
      const made = await make(wish, await live());
      const { project, touched, missing, root, runs, changes, outside, faults, queued, secondApproval } =
        made;
      const parted = wish.scope.sites !== undefined || wish.scope.flows !== undefined;
      const sites = parted ? touched : project.sites;
      const unmapped = await unmappedAt({
        maps: project.maps,
        sites: sites.map(({ record }) => record.site),
        store,
        seen: (await parts.seen?.(project, sites)) ?? [],
      });
      const plan = { root, runs, changes, outside, faults, queued, secondApproval };
      return { ...plan, missing: [...unmapped, ...missing] };
    },
    deploy: (wish) => locked(wish.who, wish.act, () => deployNow(wish)),
    decide: (id, decision) => locked(decision.who, `deciding ${id}`, () => decideNow(id, decision)),
    rollback: ({ to, who, note, queued, scope }) =>
      locked(who, 'roll back', async () => {
        const target = await rollbackTo(to);
        return deployNow({ root: target.root, act: 'roll back', from: target.id, scope, queued, who, note });
      }),
    history: () => store.deployments({ limit: HISTORY }),
    async earlierFlow(name, wanted) {
      for (const one of await store.deployments({ state: 'deployed', limit: LOOKED_BACK })) {
        if (factsOf(one).flows[name] !== wanted) continue;
        const { project } = await version(one.root);
        return project.flows.find((flow) => flow.name === name && flowVersion(flow) === wanted) ?? null;
      }
      return null;
    },
    deployed: async () => (await store.deployments({ state: 'deployed', limit: LOOKED_BACK })).toReversed(),
  };
}

const ACTS: Readonly<Record<DeployFacts['act'], string>> = {
  deploy: 'project.deploy',
  'roll back': 'project.rollback',
  promote: 'project.promote',
};

function faulty(faults: readonly string[]): Failure {
  const [first, ...others] = faults;
  const more = others.length === 0 ? '' : ` And ${others.length} more.`;
  return deployFailure('DEPLOY_FAULTY', {
    message: `What would run has ${faults.length} fault${faults.length === 1 ? '' : 's'}, so nothing was changed. ${first}${/[.?!]$/.test(first ?? '') ? '' : '.'}${more}`,
  });
}
