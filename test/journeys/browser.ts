/** A real browser for journeys on the console. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** `CHROMIUM`, or what lies in the path; without one browser journeys are skipped, but not where nothing may be. */
export function findBrowser(): string | undefined {
  const path =
    process.env.CHROMIUM ??
    (process.env.PATH ?? '')
      .split(delimiter)
      .flatMap((folder) =>
        ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(folder, name)),
      )
      .find((each) => existsSync(each));
  if (path === undefined && process.env.CI) throw new Error('no Chromium found: name one with CHROMIUM');
  return path;
}
