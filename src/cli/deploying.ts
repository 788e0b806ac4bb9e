/** Deployments of a project's data folder or database: with an engine that takes them at once, or for the next start. */
import { join } from 'node:path';
import type { ApiDeploys } from '../api/index.ts';
import {
  createDeploys,
  createTidy,
  type Deploys,
  drainingOf,
  driftOf,
  factsOf,
  readProject,
} from '../deploy/index.ts';
import type { Drained, QueuedPolicy } from '../engine/index.ts';
import { ENVIRONMENT_VARIABLE } from '../site/index.ts';
import { asFailure, pause, secret, systemClock } from '../std/index.ts';
import type { Deployment, Store } from '../store/index.ts';
import { faultText, loadProject, type Project } from './project/index.ts';
import { codesOfCases } from './seen-codes.ts';
import { type Environment, setting } from './settings.ts';

/** Where in a data folder the versions lie that are run. */
export const versionsFolder = (data: string): string => join(data, 'deployments');

export interface DeployingOptions {
  readonly store: Store;
  /** The data folder. */
  readonly data: string;
  /** The project's folder. */
  readonly project: string;
  readonly environment: Environment;
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts: Record<string, string>) => void;
}

export type TakeUp = (
  project: Project,
  queued: QueuedPolicy | Drained,
  commit: () => Promise<void>,
) => Promise<void>;

export interface Deploying {
  readonly deploys: Deploys<Project>;
  /** What the engine is to begin with; `null`: nothing was deployed. */
  first(): Promise<{ readonly project: Project; readonly deployment: Deployment } | null>;
  /** For the engine: versions that are drained. */
  draining(): Promise<Drained>;
  /** For the engine: whether a version was deployed on another node; if so, it is taken up here first. */
  ahead(flow: string, version: string): Promise<boolean>;
  readonly api: ApiDeploys;
  /** From now on deployments are taken up by this engine; what another node has deployed, too. */
  begin(takeUp: TakeUp, ran: () => Readonly<Record<string, string>>): void;
  close(): Promise<void>;
}

/** How often a node looks whether another one has deployed; milliseconds. */
const LOOK_EVERY = 2_000;
/** How often what no deployment needs any more is removed, and when first; milliseconds. */
const TIDY_EVERY = 3_600_000;
const TIDY_FIRST = 600_000;
/** At the most so often for deliveries of a version that does not run here. */
const LOOK_AGAIN = 250;

export function openDeploying(options: DeployingOptions): Deploying {
  const { store, environment, log } = options;
  let takeUp: TakeUp | null = null;
  let running: Deployment | null = null;
  let ran: (() => Readonly<Record<string, string>>) | null = null;
  let busy = false;
  /** What was deployed last when an engine began with a folder: that it does not run it is what was asked for. */
  let passed: string | null = null;
  let began: Promise<void> = Promise.resolve();
  let looking: Promise<void> | null = null;
  let lookedAt = Number.NEGATIVE_INFINITY;
  /** What was deployed last, when it was looked for last. */
  let newest: Deployment | null = null;
  const stopping = new AbortController();
  let following: Promise<void> = Promise.resolve();
  let tidied: Promise<void> = Promise.resolve();

  const deploys: Deploys<Project> = createDeploys({
    store,
    clock: systemClock,
    into: versionsFolder(options.data),
    packages: options.project,
    load: (folder) => loadProject(folder, environment),
    faultText,
    ran: () => ran?.() ?? null,
    seen: (project, sites) => codesOfCases(options.project, project, sites),
    environment: setting(environment, ENVIRONMENT_VARIABLE) ?? null,
    random: secret,
    async apply(project, queued, commit) {
      if (takeUp === null) return commit();
      busy = true;
      try {
        await takeUp(project, queued, commit);
        running = await deploys.live();
      } finally {
        busy = false;
      }
    },
  });

  /** What another node has deployed. */
  async function lookNow(): Promise<void> {
    await began;
    const live = await deploys.live();
    newest = live;
    lookedAt = systemClock.elapsed();
    if (busy || takeUp === null || live === null || live.id === (running?.id ?? passed)) return;
    const { project } = await deploys.version(live.root);
    // Several may have been deployed since: what is drained is what all of them have asked for.
    await takeUp(project, drainingOf(await deploys.deployed()), () => Promise.resolve());
    running = live;
    log('info', 'a deployment of another node was taken up', { deployment: live.id });
  }

  function look(): Promise<void> {
    looking ??= lookNow().finally(() => {
      looking = null;
    });
    return looking;
  }

  async function follow(): Promise<void> {
    let told = '';
    while (!stopping.signal.aborted) {
      await pause(systemClock, LOOK_EVERY, stopping.signal);
      if (stopping.signal.aborted) return;
      try {
        await look();
        told = '';
      } catch (error) {
        const { message, code, fix } = asFailure(error);
        if (told !== message) log('error', `a deployment is not taken up: ${message}`, { code, fix });
        told = message;
      }
    }
  }

  async function tidy(): Promise<void> {
    const tidying = createTidy({ store, clock: systemClock, random: secret });
    for (let wait = TIDY_FIRST; ; wait = TIDY_EVERY) {
      await pause(systemClock, wait, stopping.signal);
      if (stopping.signal.aborted) return;
      try {
        const removed = await tidying.round();
        if (removed > 0)
          log('info', 'contents that no deployment needs any more were removed', {
            removed: String(removed),
          });
      } catch (error) {
        const { message, code, fix } = asFailure(error);
        log('warn', `what no deployment needs any more stays for now: ${message}`, { code, fix });
      }
    }
  }

  return {
    deploys,
    async first() {
      const deployment = await deploys.live();
      if (deployment === null) return null;
      const { project } = await deploys.version(deployment.root);
      running = deployment;
      return { project, deployment };
    },
    draining: async () => drainingOf(await deploys.deployed()),
    async ahead(flow, version) {
      if (takeUp === null || store.onWork === undefined) return false;
      // Told, when it fails, by whoever looks every few seconds.
      if (systemClock.elapsed() - lookedAt > LOOK_AGAIN) await look().catch(() => undefined);
      else await looking?.catch(() => undefined);
      return newest !== null && newest.id !== passed && factsOf(newest).flows[flow] === version;
    },
    api: {
      control: deploys,
      running: () => running?.id ?? null,
      async drift() {
        const live = await deploys.live();
        if (live === null) return null;
        const { project } = await deploys.version(live.root);
        return driftOf(options.project, project.config, live, store);
      },
      async folderPlan(who) {
        const { config } = await loadProject(options.project, environment);
        const { root, contents } = readProject(options.project, config);
        await store.putContent(contents);
        return deploys.plan({ root, act: 'deploy', scope: {}, queued: 'drain', who, note: '' });
      },
    },
    begin(how, flows) {
      takeUp = how;
      ran = flows;
      // A store of one process has no other nodes.
      tidied = tidy();
      if (store.onWork === undefined) return;
      if (running === null)
        began = deploys.live().then(
          (live) => {
            passed = live?.id ?? null;
          },
          () => undefined,
        );
      following = follow();
    },
    async close() {
      stopping.abort();
      await following;
      await tidied;
    },
  };
}
