/** Looks at a project's files for changes, and loads its TypeScript afresh after one. */
import { type FSWatcher, readdirSync, watch } from 'node:fs';
import { registerHooks } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Editors write a file in several steps: wait for the last. */
const SETTLE_MS = 60;
/** What a project is made of; other files beside it (data, node_modules) are none of it. */
const PARTS = ['suture.config.ts', 'sites', 'flows', 'maps', 'fixtures'];

export interface Watching {
  /** Resolves when nothing is looked at any more and no call of `changed` is under way. */
  close(): Promise<void>;
}

/**
 * Calls `changed` after each change, one call at a time: what changes meanwhile brings one more call behind it.
 * @param changed The paths below the folder that changed, as far as the system tells.
 */
export function watchFiles(folder: string, changed: (paths: readonly string[]) => Promise<void>): Watching {
  const root = resolve(folder);
  const paths = new Set<string>();
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> | null = null;
  let closed = false;

  function settle(): void {
    if (closed) return;
    if (timer) clearTimeout(timer);
    timer = setTimeout(() => {
      timer = null;
      if (running === null) run();
    }, SETTLE_MS);
  }

  function run(): void {
    const these = [...paths].sort();
    paths.clear();
    running = changed(these).finally(() => {
      running = null;
      if (paths.size > 0) settle();
    });
  }

  /** By folder. Each is looked at by itself: its watcher also tells of files that an editor exchanges by renaming. */
  const watchers = new Map<string, FSWatcher>();
  const leave = (path: string): void => {
    watchers.get(path)?.close();
    watchers.delete(path);
  };
  /** This folder and all below it. */
  function look(part: string): void {
    const path = join(root, part);
    const below = foldersIn(path);
    if (below === null) {
      leave(path);
      return;
    }
    if (!watchers.has(path)) {
      const watcher = watch(path, (_, name) => {
        paths.add(name === null ? part : `${part}/${name}`);
        // It may be a folder that has come or gone.
        if (name !== null) look(`${part}/${name}`);
        settle();
      });
      watcher.on('error', () => leave(path));
      watchers.set(path, watcher);
    }
    for (const name of below) look(`${part}/${name}`);
  }
  for (const part of PARTS) look(part);
  // The config, and folders that are made later or removed and made again.
  const rootWatcher = watch(root, (_, name) => {
    if (name === null || !PARTS.includes(name)) return;
    leave(join(root, name));
    look(name);
    paths.add(name);
    settle();
  });
  return {
    async close() {
      closed = true;
      if (timer) clearTimeout(timer);
      for (const watcher of [...watchers.values(), rootWatcher]) watcher.close();
      await running;
    },
  };
}

/** Names of the folders in a folder; `null` when it is none. */
function foldersIn(path: string): string[] | null {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    return null;
  }
}

let generation = 0;
const roots = new Set<string>();
let hooked = false;

/**
 * From now on the project's own modules, and what they import of each other, are loaded anew after each `renew`. Node
 * keeps every module that it has loaded, so each generation has addresses of its own.
 */
export function freshModules(folder: string): { renew(): void } {
  roots.add(`${pathToFileURL(resolve(folder)).href}/`);
  if (!hooked) {
    hooked = true;
    registerHooks({
      resolve(specifier, context, next) {
        const found = next(specifier, context);
        if (generation === 0 || !isOurs(found.url)) return found;
        const url = new URL(found.url);
        url.searchParams.set('generation', String(generation));
        return { ...found, url: url.href };
      },
    });
  }
  return {
    renew() {
      generation += 1;
    },
  };
}

function isOurs(url: string): boolean {
  if (url.includes('/node_modules/')) return false;
  for (const root of roots) if (url.startsWith(root)) return true;
  return false;
}

/** Watches until the process is told to stop; the project's modules are fresh at each call. */
export function watchProject(folder: string, changed: () => Promise<void>): Promise<void> {
  const modules = freshModules(folder);
  const watching = watchFiles(folder, async () => {
    modules.renew();
    await changed();
  });
  return new Promise((resolveStopped) => {
    const stop = (): void => void watching.close().then(resolveStopped);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop);
  });
}
