/** Takes up changes of a running project: what is sound replaces what runs, what is not leaves it as it is. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { Change } from '../deploy/index.ts';
import type { Replaced } from '../engine/index.ts';
import { asFailure } from '../std/index.ts';
import { failureText, printLine, printNote } from './output.ts';
import { faultText, loadProject, type Project } from './project/index.ts';
import type { Serving } from './serve.ts';
import type { Environment } from './settings.ts';
import { type ToldChanges, tellChanges } from './told-changes.ts';
import { freshModules, watchFiles } from './watching.ts';

export interface Changes {
  /** The project; while it has faults they are told, and the next change is waited for. */
  firstSound(): Promise<Project>;
  /** From now on changes reach what runs. */
  begin(project: Project, serving: Pick<Serving, 'replace'>): void;
  close(): Promise<void>;
}

export function takeUpChanges(folder: string, environment: Environment): Changes {
  const root = resolve(folder);
  const modules = freshModules(root);
  let running: { project: Project; serving: Pick<Serving, 'replace'>; told: ToldChanges } | null = null;
  let wake: () => void = () => undefined;
  let missed = false;
  /** Since something was taken up: what was saved with a fault counts when it is mended. */
  const saved = new Set<string>();

  const tell = (project: Project): void => {
    for (const fault of project.faults) {
      printNote(faultText({ ...fault, file: relative(process.cwd(), fault.file) || fault.file }));
    }
  };

  async function changed(paths: readonly string[] = []): Promise<void> {
    if (running === null) {
      missed = true;
      return wake();
    }
    const started = performance.now();
    for (const path of paths) saved.add(path);
    modules.renew();
    try {
      const project = await loadProject(root, environment);
      if (project.faults.length > 0) {
        tell(project);
        printNote('what ran before goes on; save the file again when it is mended');
        return;
      }
      const replaced = await running.serving.replace(project);
      const ms = Math.round(performance.now() - started);
      const changes = running.told.between(running.project, project, [...saved]);
      saved.clear();
      printLine(`taken up in ${ms} ms: ${changeText(replaced, changes)}`);
      for (const line of detailLines(changes)) printLine(line);
      if (JSON.stringify(project.config) !== JSON.stringify(running.project.config)) {
        printNote('suture.config.ts has changed; what it says is read at the next start');
      }
      running = { ...running, project };
      checkTypes(root);
    } catch (error) {
      printNote(failureText(asFailure(error)).text);
      printNote('what ran before goes on');
    }
  }

  const watching = watchFiles(root, changed);
  return {
    async firstSound() {
      for (;;) {
        const project = await loadProject(root, environment);
        if (project.faults.length === 0) return project;
        tell(project);
        printNote('waiting for a change');
        missed = false;
        await new Promise<void>((go) => {
          wake = go;
          if (missed) go();
        });
        modules.renew();
      }
    },
    begin(project, serving) {
      running = { project, serving, told: tellChanges(root, project) };
      checkTypes(root);
      if (missed) void changed();
    },
    close: () => watching.close(),
  };
}

/** `flow new-appointment changed; connection mercy/feed opened anew; site mercy changed`. */
function changeText({ flows, connections }: Replaced, changes: readonly Change[]): string {
  const named = (wanted: Change['of'], kind?: Change['kind']): readonly string[] => [
    ...new Set(
      changes
        .filter((one) => one.of === wanted && (kind === undefined || one.kind === kind))
        .map((one) => one.name),
    ),
  ];
  const parts = [
    ['flow', 'added', flows.added],
    ['flow', 'changed', flows.changed],
    ['flow', 'removed', flows.removed],
    ['connection', 'opened', connections.opened],
    ['connection', 'opened anew', connections.reopened],
    ['connection', 'closed', connections.closed],
    ['site', 'added', named('site', 'added')],
    ['site', 'changed', named('site', 'changed')],
    ['site', 'removed', named('site', 'removed')],
    ['map', 'changed', named('map')],
  ] as const;
  const told = parts
    .filter(([, , names]) => names.length > 0)
    .map(([what, act, names]) => `${what}${names.length > 1 ? 's' : ''} ${names.join(', ')} ${act}`);
  return told.join('; ') || 'nothing that runs is different';
}

const DETAILS = 8;

/** Each change in words; that something is new or gone was said already. */
function detailLines(changes: readonly Change[]): readonly string[] {
  const lines = changes
    .filter(({ of, kind }) => kind === 'changed' || of === 'map')
    .map(({ of, name, text }) => `  ${of} ${name}: ${text}`);
  return lines.length <= DETAILS
    ? lines
    : [...lines.slice(0, DETAILS - 1), `  and ${lines.length - DETAILS + 1} more`];
}

let checking = false;

/** The compiler’s word on the project’s types, where it is installed: told beside, since a flow runs without it. */
function checkTypes(root: string): void {
  const compiler = [root, join(import.meta.dirname, '..', '..')]
    .map((folder) => join(folder, 'node_modules', '.bin', process.platform === 'win32' ? 'tsc.cmd' : 'tsc'))
    .find(existsSync);
  if (checking || compiler === undefined || !existsSync(join(root, 'node_modules', 'suture'))) return;
  if (!existsSync(join(root, 'tsconfig.json'))) return;
  checking = true;
  const child = spawn(compiler, ['--noEmit', '--pretty', 'false', '-p', root], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.once('error', () => {
    checking = false;
  });
  child.once('close', () => {
    checking = false;
    for (const line of out.split('\n')) {
      const [, file, at, text] = /^(\S.*)\((\d+),\d+\): error TS\d+: (.*)$/.exec(line) ?? [];
      if (file !== undefined) printNote(`types: ${relative(process.cwd(), join(root, file))}:${at}: ${text}`);
    }
  });
}
