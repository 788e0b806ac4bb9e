/** Imports the files named one after the other, and writes for each a line of JSON: what it printed, what it threw. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';

let printed: string[] = [];
let thrown: string | undefined;
console.log = (...words: unknown[]) => {
  printed.push(
    ...format(...words)
      .split('\n')
      .map((line) => line.trimEnd()),
  );
};
// What a snippet says elsewhere is not compared.
console.error = console.warn = console.info = () => undefined;
process.on('uncaughtException', (error) => {
  thrown ??= told(error);
});
const told = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

// A snippet may write files beside it.
const folder = mkdtempSync(join(tmpdir(), 'suture-docs-'));
process.chdir(folder);
for (const file of process.argv.slice(2)) {
  printed = [];
  thrown = undefined;
  try {
    await import(pathToFileURL(file).href);
    // Callbacks that it did not wait for have had their turn.
    await new Promise((resolve) => setImmediate(resolve));
  } catch (error) {
    thrown = told(error);
  }
  process.stdout.write(`${JSON.stringify({ printed, ...(thrown === undefined ? {} : { thrown }) })}\n`);
}
process.chdir(tmpdir());
rmSync(folder, { recursive: true, force: true });
// A server that a snippet left open does not keep this from ending; it is its own fault, not that of the pages.
process.exit(0);
