/** In a clone the console is built from source, while the engine already runs. A package brings it built. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { printNote } from './output.ts';

const root = join(import.meta.dirname, '..', '..');
const source = join(root, 'src', 'console');
export const consoleFolder = join(root, 'dist-console');

function newest(folder: string): number {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    latest = Math.max(latest, entry.isDirectory() ? newest(path) : statSync(path).mtimeMs);
  }
  return latest;
}

export function consoleIsBuilt(): boolean {
  const page = join(consoleFolder, 'index.html');
  if (!existsSync(page)) return false;
  return !existsSync(join(source, 'vite.config.ts')) || statSync(page).mtimeMs >= newest(source);
}

/** Builds it in a child process if needed; `done` is called once it can be served, or with what went wrong. */
export function buildConsole(done: (problem: string | null) => void): { stop(): void } {
  if (consoleIsBuilt()) {
    done(null);
    return { stop: () => undefined };
  }
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  if (!existsSync(vite)) {
    done('The console is not built, and Vite is not installed to build it. Run "npm ci" in the clone.');
    return { stop: () => undefined };
  }
  printNote('building the console (a few seconds; the engine runs meanwhile) ...');
  const started = performance.now();
  const child = spawn(
    process.execPath,
    [vite, 'build', '--config', join(source, 'vite.config.ts'), '--logLevel', 'error'],
    {
      cwd: root,
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (errors.length < 10_000) errors += chunk.toString();
  });
  child.on('error', (error) => done(`The console could not be built: ${error.message}`));
  child.on('exit', (code, signal) => {
    if (signal !== null) return;
    if (code === 0) {
      printNote(`console built in ${((performance.now() - started) / 1000).toFixed(1)} s`);
      done(null);
    } else
      done(`The console could not be built: ${errors.trim().split('\n')[0] ?? `vite ended with ${code}`}`);
  });
  return { stop: () => void child.kill() };
}
