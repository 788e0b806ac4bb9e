/** What `/api/deploys` takes and gives. */
import type { DeployFacts, FolderDrift, Plan } from '../deploy/index.ts';
import type { NecessaryView } from '../engine/index.ts';
import type { Deployment } from '../store/index.ts';

export type { Change, DeployFacts, FolderDrift, Plan, QueuedCount, Scope } from '../deploy/index.ts';

/** One deployment, as lists show it. */
export interface DeployRow extends Omit<Deployment, 'facts' | 'root'> {
  readonly root: string;
  readonly facts: DeployFacts;
  /** It is what runs, or what the next start takes. */
  readonly live: boolean;
}

export interface DeploysAnswer {
  readonly rows: readonly DeployRow[];
  /** The deployment that this engine runs; `null`: it runs a folder. */
  readonly running: string | null;
  /** How the engine's project folder differs from what runs; `null`: nothing was deployed, or it cannot be told. */
  readonly drift: FolderDrift | null;
  /** One sentence; `null`: it does not differ. */
  readonly driftText: string | null;
}

export interface DeployAnswer {
  readonly deployment: DeployRow;
}

export interface NecessaryAnswer {
  readonly sites: readonly NecessaryView[];
}

export interface PlanAnswer {
  readonly plan: Plan;
}

/** Base64 of contents, by hash. */
export interface ContentsBody {
  readonly contents: Readonly<Record<string, string>>;
}
