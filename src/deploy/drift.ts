/** How a working folder differs from what was deployed. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Deployment, Store } from '../store/index.ts';
import { factsOf, type GitState } from './facts.ts';
import { projectPaths, readProject } from './folder.ts';
import { filesOf, pathsBetween } from './tree.ts';

export interface FolderDrift {
  /** Files of the folder that are not as they were deployed; the first of them. */
  readonly paths: readonly string[];
  readonly count: number;
  /** Where the folder stands in Git, and where it stood when it was deployed; `null`: under none. */
  readonly git: GitState | null;
  readonly deployed: GitState | null;
}

const run = promisify(execFile);
const PATHS_TOLD = 20;

/** `null`: the folder is under no Git, or there is none here. */
export async function gitStateOf(
  folder: string,
  names: { readonly sites: string; readonly flows: string },
): Promise<GitState | null> {
  const git = async (...args: readonly string[]): Promise<string> =>
    (await run('git', ['-C', folder, ...args], { timeout: 5_000, maxBuffer: 16 * 1024 * 1024 })).stdout;
  try {
    const commit = (await git('rev-parse', 'HEAD')).trim();
    const changed = (await git('status', '--porcelain', '--', ...projectPaths(names)))
      .split('\n')
      .filter((line) => line !== '');
    return { commit, dirty: changed.length };
  } catch {
    return null;
  }
}

/** `null`: nothing was deployed, or the folder is no project. */
export async function driftOf(
  folder: string,
  names: { readonly sites: string; readonly flows: string },
  live: Deployment | null,
  store: Pick<Store, 'content'>,
): Promise<FolderDrift | null> {
  if (live === null) return null;
  const working = readProject(folder, names);
  if (!working.files.has('suture.config.ts')) return null;
  const paths =
    working.root === live.root
      ? []
      : pathsBetween(await filesOf(live.root, (hash) => store.content(hash)), working.files);
  return {
    paths: paths.slice(0, PATHS_TOLD),
    count: paths.length,
    git: await gitStateOf(folder, names),
    deployed: factsOf(live).git,
  };
}

/** One sentence; `null`: the folder is as it was deployed. */
export function driftText({ paths, count, git, deployed }: FolderDrift): string | null {
  const short = (state: GitState): string => state.commit.slice(0, 8);
  const told: string[] = [];
  if (count > 0) {
    const more = count > 3 ? ` and ${count - 3} more` : '';
    told.push(
      `The folder is not what was deployed: ${paths.slice(0, 3).join(', ')}${more} differ${count === 1 ? 's' : ''}`,
    );
  }
  if (git !== null && deployed !== null && git.commit !== deployed.commit)
    told.push(`Git stands at ${short(git)}, what runs was deployed at ${short(deployed)}`);
  if (deployed !== null && deployed.dirty > 0)
    told.push(
      `what runs was deployed with ${deployed.dirty} file${deployed.dirty === 1 ? '' : 's'} not committed`,
    );
  const text = told.join('; ');
  return text === '' ? null : `${text[0]?.toUpperCase()}${text.slice(1)}.`;
}
