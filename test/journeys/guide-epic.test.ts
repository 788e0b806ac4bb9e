/** docs/guide/epic.md, gone through as it is written: its files, its commands, what it says is seen, a real browser where it says so. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePorts } from '../../src/std/ports.fixture.ts';
import { browserPath, openBrowser, picture } from './browser.ts';
import { plainEnvironment } from './command-line.ts';
import { type GuideStep, patternOf, readGuide } from './guide.ts';
import { launcher, root } from './process.ts';
import { openResident, wordsOf } from './resident.ts';

const guide = join(root, 'docs', 'guide', 'epic.md');
/** As the guide has them; each is replaced by one that is free. */
const PORTS = [4600, 4610, 4611, 6661, 6662, 6671, 6672];
/** What is only looked at: looked at again until it is as the guide says, since learning and waiting take their time. */
const LOOKS =
  /^npx suture (connections|messages|writes|check|run 'on-|sites (cursors|keys|capabilities|connect))/;
/** What goes on until it is ended. */
const STAYS = /^npx suture (simulator --|dev)/;
const PATIENCE = 90_000;

let folder: string;
const stopping: (() => Promise<void>)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'suture-guide-'));
});
afterEach(async () => {
  for (const stop of stopping.splice(0).reverse()) await stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Shell {
  readonly project: string;
  /** The guide's ports and its date, as they are here. */
  here(text: string): string;
  run(command: string): Promise<string>;
  stay(command: string): { readonly output: () => string };
}

async function openShell(): Promise<Shell> {
  const free = await freePorts(PORTS.length);
  const ports = new Map(PORTS.map((port, at) => [String(port), String(free[at])]));
  const monday = new Date(Date.now() + 3 * 86_400_000);
  while (monday.getUTCDay() !== 1) monday.setUTCDate(monday.getUTCDate() + 1);
  const here = (text: string): string =>
    text
      .replaceAll(/(?<!\d)(4600|461[01]|666[12]|667[12])(?!\d)/g, (port) => ports.get(port) ?? port)
      .replaceAll('2026-11-30', monday.toISOString().slice(0, 10));
  const project = join(folder, 'project');
  mkdirSync(join(project, 'node_modules'), { recursive: true });
  symlinkSync(root, join(project, 'node_modules', 'suture'));
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }\n');
  // npx itself takes half a second each time to find what stands beside it.
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'npx'), `#!/bin/sh\nshift\nexec "${process.execPath}" "${launcher}" "$@"\n`);
  chmodSync(join(bin, 'npx'), 0o755);
  const env = plainEnvironment({
    PATH: `${bin}:${process.env.PATH}`,
    PORT: here('4600'),
    SIMULATOR_PORT: here('4610'),
    SIMULATOR_HL7_PORT: here('6671'),
  });
  const start = (command: string): ChildProcess =>
    spawn('sh', ['-c', command], { cwd: project, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const resident = openResident();
  stopping.push(() => resident.close());
  return {
    project,
    here,
    async run(command) {
      const words = wordsOf(command);
      if (words !== null) return (await resident.run(words, { cwd: project, env })).both;
      return new Promise((resolve, reject) => {
        const child = start(command);
        let output = '';
        for (const stream of [child.stdout, child.stderr])
          stream?.on('data', (chunk: Buffer) => {
            output += chunk.toString();
          });
        child.once('error', reject);
        child.once('close', () => resolve(output));
      });
    },
    stay(command) {
      const child = start(`exec ${command}`);
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream?.on('data', (chunk: Buffer) => {
          output += chunk.toString();
        });
      const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
      stopping.push(async () => {
        child.kill('SIGTERM');
        await ended;
      });
      return { output: () => output };
    },
  };
}

const ended = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);

describe.skipIf(!browserPath)('the guide to Epic', () => {
  test('is what happens, from an empty folder to the end', async () => {
    const shell = await openShell();
    const browser = await openBrowser();
    stopping.push(() => browser.close());
    const steps = readGuide(guide);
    let engine: () => string = () => '';
    let last = '';
    let saved: number | null = null;

    /** A newcomer is slower than the engine with what was saved. */
    async function takenUp(): Promise<void> {
      const until = Date.now() + PATIENCE;
      while (saved !== null && !engine().slice(saved).includes('taken up in')) {
        expect(Date.now(), `what was saved is taken up:\n${engine()}`).toBeLessThan(until);
        await sleep(20);
      }
      saved = null;
    }

    async function type({ command, shows, line }: Extract<GuideStep, { kind: 'command' }>): Promise<void> {
      if (command.startsWith('npm ')) return;
      await takenUp();
      const wanted = patternOf(shows.map(shell.here));
      const stays = STAYS.test(command);
      const output = stays ? shell.stay(shell.here(command)).output : null;
      if (command === 'npx suture dev' && output !== null) engine = output;
      const until = Date.now() + (stays || LOOKS.test(command) ? PATIENCE : 0);
      for (;;) {
        last = ended(output === null ? await shell.run(shell.here(command)) : output());
        if (shows.length === 0 || wanted.test(last)) return;
        if (Date.now() > until) break;
        await sleep(200);
      }
      expect(last, `docs/guide/epic.md:${line}: ${command}`).toBe(shows.map(shell.here).join('\n'));
    }

    async function consent(user: string): Promise<void> {
      const page = await (await browser.newContext()).newPage();
      await page.goto(last.trim().split('\n').at(-1) ?? '');
      await page.getByTestId('connect').click();
      await page.getByTestId('continue').click();
      await page.locator('#login').fill(user);
      await page.locator('#password').fill('larkfield');
      await picture(page, 'guide-consent.png');
      await page.locator('#sign-in').click();
      await page.getByTestId('connected').waitFor();
      await picture(page, 'guide-connected.png');
    }

    /** By the sign-in link that the engine printed last, to the page of a site. */
    async function lookAt(site: string): Promise<void> {
      const page = await browser.newPage({ viewport: { width: 1300, height: 1000 } });
      const link = [...engine().matchAll(/Sign in {3}(\S+)/g)].at(-1)?.[1] ?? '';
      await page.goto(link);
      await page.locator('#name').fill('newcomer');
      await page.locator('#password').fill('a sentence is fine');
      await page.getByTestId('create-user').click();
      await page.getByRole('link', { name: 'Sites' }).click();
      await picture(page, 'guide-sites.png');
      await page.getByRole('link', { name: site }).click();
      await page.getByText('$find + $book').first().waitFor();
      await picture(page, 'guide-capabilities.png', { fullPage: true });
    }

    for (const step of steps) {
      if (process.env.GUIDE_TIMES)
        process.stderr.write(`${(performance.now() / 1000).toFixed(1)} line ${step.line}\n`);
      if ((step.kind === 'file' || step.kind === 'change') && engine() !== '') saved ??= engine().length;
      if (step.kind === 'file') {
        const path = join(shell.project, step.path);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, shell.here(step.text));
      } else if (step.kind === 'change') {
        const path = join(shell.project, step.path);
        const text = readFileSync(path, 'utf8');
        expect(text, `docs/guide/epic.md:${step.line}: the line that is to be changed`).toContain(step.from);
        writeFileSync(
          path,
          text.replace(step.from, () => step.to),
        );
      } else if (step.kind === 'command') await type(step);
      else {
        const [what, ...rest] = step.does.split(' ');
        const about = rest.join(' ');
        await (what === 'consent' ? consent(about) : lookAt(about));
      }
    }
    expect(steps.length).toBeGreaterThan(40);
    // Nobody's name or number in what the engine said on its way.
    expect(engine()).not.toMatch(/Newcomer|900-12-3456|203701/);
  }, 600_000);
});
