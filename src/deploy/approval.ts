/** Two persons: who is who, and whether what is gone back to ran with approval before. */
import type { Deployment } from '../store/index.ts';
import { factsOf } from './facts.ts';
import { partsOf } from './tree.ts';

/** How the command line names a person that the system knows: `cli:kim`. */
const COMMAND_LINE = 'cli';

/**
 * Whether two names may be one person. `cli:kim` and the console's `kim` are; the command line without a name may be
 * anybody at the command line.
 */
export function samePerson(one: string, other: string): boolean {
  const [a, b] = [one, other].map((name) => name.toLowerCase()) as [string, string];
  const plain = (name: string): string =>
    name.startsWith(`${COMMAND_LINE}:`) ? name.slice(COMMAND_LINE.length + 1) : name;
  if (plain(a) === plain(b)) return true;
  const atCommandLine = (name: string): boolean =>
    name === COMMAND_LINE || name.startsWith(`${COMMAND_LINE}:`);
  return (a === COMMAND_LINE && atCommandLine(b)) || (b === COMMAND_LINE && atCommandLine(a));
}

/** Deployments that ran with the approval that their configuration asked for. @param deployed Newest first. */
export function approvedOnes(deployed: readonly Deployment[]): readonly Deployment[] {
  const approved = new Map<string, boolean>();
  // Oldest first: one that touched nothing in production is as approved as what it was built on.
  for (const one of deployed.toReversed()) {
    const { approvals = [], secondApproval = false, production } = factsOf(one);
    const inherits = secondApproval && production.length === 0 && approved.get(one.after ?? '') === true;
    approved.set(one.id, one.decidedBy !== null || approvals.length > 0 || inherits);
  }
  return deployed.filter(({ id }) => approved.get(id));
}

export interface GoneBackTo {
  readonly root: string;
  /** Production sites that it touches. */
  readonly production: readonly string[];
  /** All sites of both projects. */
  readonly sites: readonly string[];
  /** `sites` */
  readonly sitesFolder: string;
}

/**
 * Deployments by whose approval it may run again, at most one for each site; `null`: it, or what it is at one of the sites,
 * never ran approved. A site is what all folders together are, without those of other sites.
 */
export async function approvalsOf(
  { root, production, sites, sitesFolder }: GoneBackTo,
  approved: readonly Deployment[],
  content: (hash: string) => Promise<Uint8Array | null>,
): Promise<readonly string[] | null> {
  const whole = approved.find((one) => one.root === root);
  if (whole !== undefined) return [whole.id];
  const folders = new Set(sites.map((site) => `${sitesFolder}/${site}`));
  const seen = async (of: string, site: string): Promise<string | null> => {
    const parts = await partsOf(of, content).catch(() => null);
    if (parts === null) return null;
    const own = Object.entries(parts).filter(
      ([part]) => part === `${sitesFolder}/${site}` || !folders.has(part),
    );
    return JSON.stringify(own.sort(([a], [b]) => (a < b ? -1 : 1)));
  };
  const found = new Set<string>();
  for (const site of production) {
    const wanted = await seen(root, site);
    let by: string | null = null;
    for (const one of approved) {
      if (wanted === null || (await seen(one.root, site)) !== wanted) continue;
      by = one.id;
      break;
    }
    if (by === null) return null;
    found.add(by);
  }
  return [...found];
}
