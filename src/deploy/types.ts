/** What is asked of deployments, and answered. */
import type { QueuedPolicy } from '../engine/index.ts';
import type { Flow } from '../flow/index.ts';
import type { Fault, LoadedSite } from '../site/index.ts';
import type { Deployment } from '../store/index.ts';
import type { Change } from './changes.ts';
import type { DeployFacts, GitState } from './facts.ts';
import type { Files, Scope } from './tree.ts';

/** A project as far as deploying knows it. */
export interface Deployable {
  readonly config: {
    readonly sites: string;
    readonly flows: string;
    readonly deploy?: { readonly secondApproval: boolean };
  };
  readonly sites: readonly LoadedSite[];
  readonly flows: readonly Flow[];
  readonly faults: readonly Fault[];
  /** The sites' value set maps. */
  readonly maps?: {
    valueSets(site: string): {
      get(map: string): { row(code: string): unknown; back(code: string): unknown } | undefined;
    };
  };
}

export interface DeployWish {
  /** Of a snapshot whose contents the store has. */
  readonly root: string;
  readonly act: DeployFacts['act'];
  readonly from?: string;
  readonly scope: Scope;
  readonly queued: QueuedPolicy;
  readonly who: string;
  readonly note: string;
  readonly git?: GitState | null;
}

/** Deliveries that stand, sleep or are held under a version that would no longer be the present one. */
export interface QueuedCount {
  readonly flow: string;
  readonly version: string;
  readonly waiting: number;
  readonly sleeping: number;
  readonly held: number;
  /** There are more than were counted. */
  readonly more: boolean;
}

export interface Plan {
  /** Of what would run. */
  readonly root: string;
  /** The deployment that runs; `null`: none yet. */
  readonly runs: string | null;
  readonly changes: readonly Change[];
  /** Files that differ, too, and are not of the scope. */
  readonly outside: readonly string[];
  /** In the way: with one of them nothing is deployed. */
  readonly faults: readonly string[];
  /** Wanting, and not in the way: who is not confirmed, which agreement ends. */
  readonly missing: readonly string[];
  readonly queued: readonly QueuedCount[];
  /** Production sites for which a second person must approve. */
  readonly secondApproval: readonly string[];
}

export interface Loaded<Project> {
  readonly files: Files;
  readonly project: Project;
  readonly folder: string;
}

/** What the API and the command line may ask. */
export interface DeployControl {
  plan(wish: DeployWish): Promise<Plan>;
  /** Gives it as it stands: deployed, or asked. @throws Failure DEPLOY_*: and nothing has changed. */
  deploy(wish: DeployWish): Promise<Deployment>;
  decide(
    id: string,
    decision: { readonly approved: boolean; readonly who: string; readonly note: string },
  ): Promise<Deployment>;
  /** @param request `to` left out: what ran before. */
  rollback(request: {
    readonly to?: string;
    readonly who: string;
    readonly note: string;
    readonly queued: QueuedPolicy;
    readonly scope: Scope;
  }): Promise<Deployment>;
  history(): Promise<readonly Deployment[]>;
  live(): Promise<Deployment | null>;
}

export interface Deploys<Project> extends DeployControl {
  version(root: string): Promise<Loaded<Project>>;
  /** All that ran, oldest first. */
  deployed(): Promise<readonly Deployment[]>;
  earlierFlow(flow: string, version: string): Promise<Flow | null>;
}
