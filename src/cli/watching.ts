/** Looks at a project's files for changes, and loads its TypeScript afresh after one. */
import { existsSync, type FSWatcher, watch } from 'node:fs';
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

  const watchers: FSWatcher[] = [];
  const open = new Set<string>();
  function look(part: string): void {
    const path = join(root, part);
    if (open.has(part) || !existsSync(path)) return;
    open.add(part);
    const watcher = watch(path, { recursive: part !== 'suture.config.ts' }, (_, name) => {
      paths.add(
        part === 'suture.config.ts' || name === null ? part : `${part}/${String(name).replaceAll('\\', '/')}`,
      );
      settle();
    });
    // A folder that is removed takes its watcher along; it is looked for again when it is back.
    watcher.on('error', () => {
      watcher.close();
      open.delete(part);
    });
    watchers.push(watcher);
  }
  for (const part of PARTS) look(part);
  // A config that an editor replaces by renaming is a new file; a folder may be made later: the root tells both.
  const rootWatcher = watch(root, (_, name) => {
    if (name === null || !PARTS.includes(String(name))) return;
    look(String(name));
    paths.add(String(name));
    settle();
  });
  return {
    async close() {
      closed = true;
      if (timer) clearTimeout(timer);
      for (const watcher of [...watchers, rootWatcher]) watcher.close();
      await running;
    },
  };
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
