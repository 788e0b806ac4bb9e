/** What a deployment's row says beside who and when; and what follows from the rows for the engine. */
import type { QueuedPolicy } from '../engine/index.ts';
import type { Json } from '../std/index.ts';
import type { Deployment } from '../store/index.ts';
import type { Change } from './changes.ts';
import type { Scope } from './tree.ts';

/** Where a working folder stood in Git; `null` where it is under none. */
export interface GitState {
  readonly commit: string;
  /** Files that were changed and not committed. */
  readonly dirty: number;
}

export interface DeployFacts {
  readonly act: 'deploy' | 'roll back' | 'promote';
  /** Of a rollback the deployment that it goes back to, of a promotion where it came from. */
  readonly from: string | null;
  readonly scope: Scope;
  readonly queued: QueuedPolicy;
  /** Versions of all flows, by name. */
  readonly flows: Readonly<Record<string, string>>;
  /** Versions of the flows that ran until then. */
  readonly ran: Readonly<Record<string, string>>;
  readonly sites: readonly string[];
  readonly changes: readonly Change[];
  /** More than are listed. */
  readonly changesInAll: number;
  /** Production sites that it touches, where the configuration asks for a second person. */
  readonly production: readonly string[];
  /** The configuration asks for a second person, before or after it. */
  readonly secondApproval?: boolean;
  /** Of a rollback that needed nobody else: earlier deployments by whose approval it runs. */
  readonly approvals?: readonly string[];
  readonly git: GitState | null;
  readonly environment: string | null;
}

export const factsOf = (deployment: Deployment): DeployFacts => deployment.facts as unknown as DeployFacts;
export const factsJson = (facts: DeployFacts): Json => facts as unknown as Json;

/**
 * Versions that run to their end beside the present ones, as the deployments have asked.
 * @param deployed Those that were made to run, oldest first.
 */
export function drainingOf(
  deployed: readonly Deployment[],
): readonly { readonly flow: string; readonly version: string }[] {
  const draining = new Map<string, Set<string>>();
  for (const one of deployed) {
    const { flows, queued, ran } = factsOf(one);
    for (const [flow, version] of Object.entries(ran)) {
      if (flows[flow] === version) continue;
      if (queued === 'drain') draining.set(flow, (draining.get(flow) ?? new Set()).add(version));
      else draining.delete(flow);
    }
    for (const [flow, version] of Object.entries(flows)) draining.get(flow)?.delete(version);
  }
  return [...draining].flatMap(([flow, versions]) => [...versions].map((version) => ({ flow, version })));
}
