/** A PostgreSQL server of its own for tests: its folder, its port, its databases. Not part of the program. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { freePorts } from '../../std/ports.fixture.ts';

export const SERVER = process.env.POSTGRES_BIN ?? '/usr/lib/postgresql/15/bin';

/** Whether this machine has a server to start; says so where it has not. On CI it must have. */
export function postgresIsThere(what: string): boolean {
  const there = existsSync(join(SERVER, 'postgres')) && existsSync(join(SERVER, 'initdb'));
  if (there || process.env.CI !== undefined) return true;
  process.stdout.write(`skipped: ${what} need PostgreSQL 15 (Debian: postgresql-15, or POSTGRES_BIN)\n`);
  return false;
}

/** PostgreSQL refuses to run as root. */
const asUser = (command: string, args: readonly string[]): [string, string[]] =>
  process.getuid?.() === 0
    ? ['setpriv', ['--reuid=postgres', '--regid=postgres', '--init-groups', command, ...args]]
    : [command, [...args]];

const userId = (): { uid: number; gid: number } => ({
  uid: Number(execFileSync('id', ['-u', 'postgres']).toString()),
  gid: Number(execFileSync('id', ['-g', 'postgres']).toString()),
});

/** The server must be able to write there. */
export function giveToServer(path: string): void {
  chmodSync(path, 0o755);
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = userId();
  chownSync(path, uid, gid);
}

export interface Cluster {
  readonly port: number;
  readonly folder: string;
  readonly data: string;
  /** The postmaster's process id while it runs. */
  readonly pid: number | undefined;
  url(database: string, port?: number): string;
  /** One statement as the superuser. */
  query(text: string, database?: string): Promise<readonly Record<string, unknown>[]>;
  /** Opens a connection; `ended` resolves when the server has ended it. */
  watch(): Promise<{ readonly ended: Promise<void> }>;
  /** Resolves when it takes connections. */
  answers(): Promise<void>;
  /** Another server that follows this one; started, not yet promoted. Name it in `synchronous_standby_names` as `follower`. */
  follower(): Promise<Cluster>;
  /** @param template A database that it is a copy of; nobody may be connected to that. */
  newDatabase(template?: string): Promise<string>;
  dropDatabase(name: string): Promise<void>;
  start(settings?: readonly string[], environment?: Readonly<Record<string, string>>): Promise<void>;
  /** `fast`: connections are closed; `immediate`: as if it crashed. */
  stop(how?: 'fast' | 'immediate'): Promise<void>;
  remove(): Promise<void>;
}

/** What every cluster runs with: what it commits is on disk, as the store demands. */
const SETTINGS = [
  'shared_buffers=64MB',
  'max_connections=200',
  'log_min_messages=fatal',
  'autovacuum_naptime=10s',
];

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'suture-postgres-'));
  giveToServer(folder);
  return folder;
}

function run(folder: string, name: string, args: readonly string[]): void {
  const [command, all] = asUser(join(SERVER, name), args);
  execFileSync(command, all, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
}

export async function newCluster(settings: readonly string[] = []): Promise<Cluster> {
  const folder = newFolder();
  const data = join(folder, 'data');
  run(folder, 'initdb', [
    '-D',
    data,
    '-U',
    'postgres',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--locale=C',
    '--no-sync',
    '--no-instructions',
  ]);
  return clusterIn(folder, data, settings);
}

async function clusterIn(folder: string, data: string, settings: readonly string[]): Promise<Cluster> {
  const [port = 0] = await freePorts(1);
  let server: ChildProcess | undefined;
  // Whoever ends by an error has not removed it.
  const endWithUs = (): void => void server?.kill('SIGQUIT');
  process.once('exit', endWithUs);
  let databases = 0;
  const url = (database: string, at = port): string => `postgresql://postgres@127.0.0.1:${at}/${database}`;

  const query = async (text: string, database = 'postgres'): Promise<readonly Record<string, unknown>[]> => {
    const client = new pg.Client({ connectionString: url(database) });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query(text)).rows as Record<string, unknown>[];
    } finally {
      await client.end().catch(() => undefined);
    }
  };
  const answers = async (): Promise<void> => {
    for (;;) {
      if (server?.exitCode !== null && server?.exitCode !== undefined)
        throw new Error('the server has ended');
      try {
        await query('SELECT 1');
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  };
  const cluster: Cluster = {
    port,
    folder,
    data,
    get pid() {
      return server?.pid;
    },
    url,
    query,
    answers,
    async watch() {
      const client = new pg.Client({ connectionString: url('postgres') });
      const ended = new Promise<void>((resolve) => {
        client.on('error', () => resolve());
        client.on('end', () => resolve());
      });
      await client.connect();
      return { ended };
    },
    async follower() {
      const folder = newFolder();
      const data = join(folder, 'data');
      const from = `host=127.0.0.1 port=${port} user=postgres application_name=follower`;
      run(folder, 'pg_basebackup', ['-D', data, '-d', from, '-R', '-X', 'stream', '-c', 'fast', '--no-sync']);
      const other = await clusterIn(folder, data, settings);
      await other.start();
      return other;
    },
    async newDatabase(template) {
      const name = `bench_${++databases}`;
      await query(`CREATE DATABASE ${name}${template === undefined ? '' : ` TEMPLATE ${template}`}`);
      return name;
    },
    async dropDatabase(name) {
      await query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
    async start(more = [], environment = {}) {
      const args = [...SETTINGS, ...settings, ...more].flatMap((setting) => ['-c', setting]);
      const [command, all] = asUser(join(SERVER, 'postgres'), [
        ...['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder],
        ...args,
      ]);
      server = spawn(command, all, {
        cwd: folder,
        stdio: ['ignore', 'ignore', process.env.POSTGRES_LOG === undefined ? 'ignore' : 'inherit'],
        env: { PATH: process.env.PATH ?? '', ...environment },
      });
      await answers();
    },
    async stop(how = 'fast') {
      const one = server;
      server = undefined;
      if (!one || one.exitCode !== null || one.signalCode !== null) return;
      const ended = new Promise((resolve) => one.once('exit', resolve));
      one.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT');
      await ended;
    },
    async remove() {
      await cluster.stop('immediate');
      process.off('exit', endWithUs);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  writeFileSync(join(folder, '.keep'), '');
  return cluster;
}
