/** A real browser for journeys through the console, where there is one. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { root } from './process.ts';

/** Debian's or Google's, or what `CHROMIUM` names; `undefined`: the journeys are skipped, and say so. */
export const browserPath =
  process.env.CHROMIUM ??
  (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(folder, name)))
    .find((path) => existsSync(path));
if (!browserPath) {
  const text =
    'no Chromium found: install Debian’s chromium, or name one with CHROMIUM. The browser journeys are skipped.';
  if (process.env.CI) throw new Error(text);
  process.stderr.write(`${text}\n`);
}

/** Where pictures of what was seen are left. */
export const shots = join(root, 'test-output');

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: browserPath as string, headless: true, chromiumSandbox: false });

/**
 * Leaves a picture for people to look at. Chromium on a busy machine now and then has none to give: it is asked again, and a
 * journey does not fail for it.
 */
export async function picture(page: Page, name: string, how: { fullPage?: boolean } = {}): Promise<void> {
  for (let tried = 0; tried < 3; tried++) {
    try {
      await page.screenshot({ path: join(shots, name), ...how });
      return;
    } catch (error) {
      if (!String(error).includes('Unable to capture screenshot')) throw error;
    }
  }
}
