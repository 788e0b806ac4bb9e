import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { suture } from './command-line.ts';
import { until } from './engine.ts';
import { demoEnvironment, type Running, startSuture } from './process.ts';

let home: string;
let demo: Running | null = null;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'suture-demo-test-'));
});
afterEach(async () => {
  await demo?.stop();
  demo = null;
  rmSync(home, { recursive: true, force: true });
});

interface Relation {
  readonly pid: number;
  readonly command: string;
}

/** A process's children, theirs, and so on. */
function familyOf(pid: number): Relation[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((found) => found !== null)
    .map(([, child, parent, command]) => ({
      pid: Number(child),
      parent: Number(parent),
      command: command ?? '',
    }))
    .filter(({ command }) => !command.startsWith('ps '));
  const children = rows.filter(({ parent }) => parent === pid);
  return children.flatMap((child) => [child, ...familyOf(child.pid)]);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function counted(port: number): Promise<{ admissions: number; appointments: number }> {
  return (await fetch(`http://127.0.0.1:${port}/count`)).json() as Promise<{
    admissions: number;
    appointments: number;
  }>;
}

test('one command: within a minute both kinds of message reach the care app, and nothing is left when it ends', async () => {
  const { env, ports } = await demoEnvironment('');
  demo = startSuture(['start', '--demo'], env);
  const [, url, link] = await demo.printed(/Console\s+(\S+)\/\n\s+Sign in\s+(\S+)/);
  expect(url).toBe(`http://127.0.0.1:${ports.http}`);
  expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/first-user\?token=\S{32,}$/);
  const [, data = ''] = await demo.printed(/Data\s+(\S+) \(thrown away at the end\)/);
  const { admissions, appointments } = await until(
    async () => {
      const now = await counted(ports.careApp);
      return now.admissions > 0 && now.appointments > 0 && now;
    },
    'the care app to be told of both',
    60,
  );
  expect(admissions).toBeGreaterThan(0);
  expect(appointments).toBeGreaterThan(0);

  const { code, out } = await suture([
    'messages',
    '--json',
    '--data',
    data,
    '--state',
    'delivered',
    '--limit',
    '500',
  ]);
  expect(code).toBe(0);
  const types = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; deliveries: { flow: string; state: string }[] })
    .map(({ type, deliveries }) => `${type} ${deliveries[0]?.flow} ${deliveries[0]?.state}`);
  expect(types).toContain('ADT^A01 admission-notice delivered');
  expect(types).toContain('Appointment.created appointment-sync delivered');
  expect((await suture(['dead', '--data', data])).out).toBe('no dead letters.\n');

  const family = familyOf(demo.child.pid as number);
  // The hospital and the care app; a console that is being built would be a third.
  expect(family.some(({ command }) => command.includes('simulator'))).toBe(true);
  expect(family.some(({ command }) => command.includes('care-app.ts'))).toBe(true);
  expect(await demo.stop()).toBe(0);
  expect(family.filter(({ pid }) => isAlive(pid))).toEqual([]);
  expect(existsSync(data)).toBe(false);
}, 180_000);

test('killed without a word, its companions end by themselves', async () => {
  const { env } = await demoEnvironment(join(home, 'data'));
  demo = startSuture(['start', '--demo'], env);
  await demo.printed(/Suture is ready/);
  const family = familyOf(demo.child.pid as number);
  expect(family.length).toBeGreaterThanOrEqual(2);
  demo.child.kill('SIGKILL');
  await until(async () => family.every(({ pid }) => !isAlive(pid)), 'the companions to end', 30);
}, 180_000);
