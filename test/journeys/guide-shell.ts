/** A newcomer's shell for guides: an empty folder with Suture installed, free ports, files, commands, and what stays. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { freePorts } from '../../src/std/ports.fixture.ts';
import { plainEnvironment } from './command-line.ts';
import { patternOf, readGuide } from './guide.ts';
import { launcher, root } from './process.ts';
import { openResident, wordsOf } from './resident.ts';

export interface WalkOptions {
  /** Below docs/guide. */
  readonly guide: string;
  /** Guides that it goes on from: of them only what they make is made, in silence. */
  readonly after?: readonly string[];
  readonly folder: string;
  /** As the guide has them; each is replaced by one that is free. */
  readonly ports: readonly number[];
  /** What is only looked at: looked at again until it is as the guide says. */
  readonly looks: RegExp;
}

export interface Walk {
  readonly steps: number;
  /** What goes on until it is ended has said so far. */
  output(): string;
  stop(): Promise<void>;
}

const PATIENCE = 90_000;

/** Goes through a guide as it is written. What it starts runs until `stop`. */
export async function walk(
  { guide, after = [], folder, ports, looks }: WalkOptions,
  stopping: (() => Promise<void>)[],
): Promise<Walk> {
  const free = await freePorts(ports.length);
  const here = (text: string): string =>
    ports.reduce(
      (told, port, at) => told.replaceAll(new RegExp(`(?<!\\d)${port}(?!\\d)`, 'g'), String(free[at])),
      text,
    );
  const project = join(folder, 'project');
  mkdirSync(join(project, 'node_modules'), { recursive: true });
  symlinkSync(root, join(project, 'node_modules', 'suture'));
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  // npx itself takes half a second each time to find what stands beside it.
  writeFileSync(
    join(bin, 'npx'),
    `#!/bin/sh
word="$1"
shift
[ "$word" = node ] && exec "${process.execPath}" "$@"
exec "${process.execPath}" "${launcher}" "$@"
`,
  );
  chmodSync(join(bin, 'npx'), 0o755);
  const [http, fhir, app, hl7] = [4600, 4610, 4620, 6661].map((port) => here(String(port)));
  const env = plainEnvironment({
    PATH: `${bin}:${process.env.PATH}`,
    PORT: http,
    SIMULATOR_PORT: fhir,
    SIMULATOR_HL7_PORT: '0',
    MLLP_PORT: hl7,
    MERCY_MLLP_PORT: here('6662'),
    APP_PORT: app,
    APP_URL: `http://127.0.0.1:${app}`,
    EPIC_FHIR_BASE: `http://127.0.0.1:${fhir}/epic/api/FHIR/R4`,
  });
  const start = (command: string): ChildProcess =>
    spawn('sh', ['-c', command], { cwd: project, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const heard = (child: ChildProcess): (() => string) => {
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
    }
    return () => said;
  };
  const resident = openResident();
  stopping.push(() => resident.close());
  async function run(command: string): Promise<string> {
    const words = wordsOf(command);
    if (words !== null) return (await resident.run(words, { cwd: project, env })).both;
    return new Promise((resolve, reject) => {
      const child = start(command);
      const said = heard(child);
      child.once('error', reject);
      child.once('close', () => resolve(said()));
    });
  }
  let output: () => string = () => '';
  let ended: Promise<void> = Promise.resolve();
  const running: ChildProcess[] = [];
  async function stop(): Promise<void> {
    for (const child of running.splice(0).reverse()) child.kill('SIGTERM');
    await ended;
  }
  stopping.push(stop);

  function write({ path, text }: { readonly path: string; readonly text: string }): void {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), text);
  }
  function change(
    step: { readonly path: string; readonly from: string; readonly to: string },
    place: string,
  ): void {
    const text = readFileSync(join(project, step.path), 'utf8');
    expect(text, `${place}: the line that is to be changed`).toContain(step.from);
    writeFileSync(
      join(project, step.path),
      text.replace(step.from, () => step.to),
    );
  }

  const file = join(root, 'docs', 'guide', guide);
  const steps = readGuide(file);
  for (const earlier of after) {
    const makes = /^(mkdir|printf|npx suture init) /;
    for (const step of readGuide(join(root, 'docs', 'guide', earlier))) {
      if (step.kind === 'file') write(step);
      else if (step.kind === 'change') change(step, earlier);
      else if (step.kind === 'command' && makes.test(step.command)) await run(step.command);
    }
  }
  for (const step of steps) {
    if (process.env.GUIDE_TIMES)
      process.stderr.write(`${(performance.now() / 1000).toFixed(1)} line ${step.line}\n`);
    const place = `docs/guide/${guide}:${step.line}`;
    if (step.kind === 'file') write(step);
    else if (step.kind === 'change') change(step, place);
    else if (step.kind === 'command' && step.command.startsWith('. ')) {
      for (const line of (await run(`${step.command} && env`)).split('\n')) {
        const [, name, value] = /^(SUTURE_\w+)=(.*)$/.exec(line) ?? [];
        if (name !== undefined) env[name] = value;
      }
    } else if (step.kind === 'browser') {
      const until = Date.now() + PATIENCE;
      while (!new RegExp(step.does).test(output()) && Date.now() < until) await sleep(50);
      expect(output(), place).toMatch(new RegExp(step.does));
    } else if (step.command.startsWith('npm ')) {
      if (step.command.startsWith('npm init'))
        writeFileSync(join(project, 'package.json'), '{ "name": "project", "type": "commonjs" }\n');
    } else {
      const command = here(step.command);
      const wanted = patternOf(step.shows.map(here));
      const stays = /^npx (suture (dev|start)|node)\b/.test(command);
      if (command === 'Ctrl-C') {
        await stop();
        continue;
      }
      if (stays) {
        const child = start(`exec ${command}`);
        running.push(child);
        output = heard(child);
        const before = ended;
        ended = new Promise((resolve) => child.once('close', () => resolve(before)));
      }
      const until = Date.now() + (stays || looks.test(command) ? PATIENCE : 0);
      for (;;) {
        const said = stays ? output() : await run(command);
        const last = said === '' || said.endsWith('\n') ? said : `${said}\n`;
        if (step.shows.length === 0 || wanted.test(last)) break;
        if (process.env.GUIDE_TIMES) process.stderr.write(last);
        if (Date.now() > until) expect(last, `${place}: ${command}`).toBe(step.shows.map(here).join('\n'));
        await sleep(200);
      }
    }
  }
  return { steps: steps.length, output: () => output(), stop };
}
