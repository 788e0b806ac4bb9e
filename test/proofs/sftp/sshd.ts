/** OpenSSH's server as a process of its own on this machine: unprivileged, on loopback, with its own keys; SFTP and nothing else. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../../src/std/ports.fixture.ts';

export const SSHD = process.env.SSHD ?? '/usr/sbin/sshd';

export const sshdIsThere = (): boolean => existsSync(SSHD);

/** As root it runs as nobody: a server that may do everything would forgive what another one refuses. */
const asRoot = process.getuid?.() === 0;
const USER = asRoot ? 'nobody' : userInfo().username;
const idOf = (which: '-u' | '-g'): number => Number(execFileSync('id', [which, USER]).toString());

export type KeyType = 'ed25519' | 'rsa' | 'ecdsa';

export interface Sshd {
  readonly port: number;
  readonly user: string;
  /** What it serves; its own. */
  readonly folder: string;
  /** As OpenSSH writes it. */
  readonly privateKey: string;
  /** Its key of that type, as `ssh-keygen -lf` shows it. */
  fingerprint(type: KeyType): string;
  /** What it logged so far. */
  log(): string;
  start(): Promise<void>;
  /** Its process and those of its connections, at once. */
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>;
}

/** Makes what is there the server's own. */
export function giveToSshd(...paths: readonly string[]): void {
  if (!asRoot) return;
  for (const path of paths) chownSync(path, idOf('-u'), idOf('-g'));
}

const keygen = (...args: readonly string[]): string => execFileSync('ssh-keygen', args).toString();

export const newKey = (path: string, type: KeyType, passphrase = ''): string => {
  keygen('-q', '-t', type, '-N', passphrase, '-C', 'synthetic', '-f', path);
  return path;
};

/** @param types The keys that it has, of its own. */
export async function newSshd(root: string, types: readonly KeyType[]): Promise<Sshd> {
  const folder = join(root, 'served');
  const keys = join(root, 'keys');
  for (const path of [folder, keys]) mkdirSync(path);
  chmodSync(root, 0o755);
  const host = types.map((type) => newKey(join(keys, `host-${type}`), type));
  const own = newKey(join(keys, 'client'), 'ed25519');
  const allowed = join(keys, 'allowed');
  writeFileSync(allowed, readFileSync(`${own}.pub`));
  giveToSshd(folder, keys, allowed, ...host);
  const [port = 0] = await freePorts(1);
  const config = join(keys, 'config');
  writeFileSync(
    config,
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      ...host.map((path) => `HostKey ${path}`),
      `AuthorizedKeysFile ${allowed}`,
      'PidFile none',
      'StrictModes no',
      'UsePAM yes',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'LogLevel VERBOSE',
      'Subsystem sftp internal-sftp',
      'ForceCommand internal-sftp',
      'AllowTcpForwarding no',
      '',
    ].join('\n'),
  );
  let server: ChildProcess | null = null;
  let logged = '';

  /** Of a server: itself and, below it, one or two processes for each connection. */
  function family(pid: number): number[] {
    const all = execFileSync('ps', ['-e', '-o', 'pid=,ppid=']).toString().trim().split('\n');
    const pairs = all.map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
    const below = (parent: number): number[] =>
      pairs.filter(([, of]) => of === parent).flatMap(([child]) => [child, ...below(child)]);
    return [pid, ...below(pid)];
  }

  return {
    ...{ port, user: USER, folder, privateKey: readFileSync(own, 'utf8') },
    fingerprint: (type) => keygen('-lf', join(keys, `host-${type}.pub`)).split(' ')[1] as string,
    log: () => logged,
    async start() {
      const command = [SSHD, '-D', '-e', '-f', config];
      const [program, ...args] = asRoot
        ? ['setpriv', `--reuid=${USER}`, `--regid=${idOf('-g')}`, '--clear-groups', ...command]
        : command;
      const child = spawn(program as string, args, { stdio: ['ignore', 'ignore', 'pipe'] });
      server = child;
      child.stderr?.on('data', (text) => {
        logged += text;
      });
      while (!(await listens(port))) {
        if (child.exitCode !== null) throw new Error(`sshd ended with ${child.exitCode}: ${logged}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async signal(signal) {
      const one = server;
      if (one?.pid === undefined || one.exitCode !== null || one.signalCode !== null) return;
      const ended = signal === 'SIGKILL' ? new Promise((resolve) => one.once('exit', resolve)) : undefined;
      for (const pid of family(one.pid)) {
        try {
          process.kill(pid, signal);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
        }
      }
      await ended;
    },
  };
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
    socket.on('data', () => socket.destroy());
  });
