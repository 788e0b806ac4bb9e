/** The log on standard error: lines for people on a terminal, one JSON object a line for everything else. */
import { pino } from 'pino';
import type { ConnectionContext } from '../connectors/index.ts';
import { systemClock } from '../std/index.ts';

type Log = ConnectionContext['log'];
type Facts = Parameters<Log>[2];

/** @param verbose What connections do, too; otherwise only warnings and errors. */
export function openLog(verbose: boolean): Log {
  if (process.stderr.isTTY) {
    return (level, text, facts) => {
      if (level === 'info' && !verbose) return;
      process.stderr.write(`${logLine(level, text, facts, systemClock.now())}\n`);
    };
  }
  const log = pino(
    { level: verbose ? 'info' : 'warn', base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination(2),
  );
  return (level, text, facts) => log[level](facts ?? {}, text);
}

/** `18:22:31 warn   mercy / app: it does not answer. Start it. (code WEBHOOK_FAILED)`; the time is UTC. */
export function logLine(level: string, text: string, facts: Facts, at: number): string {
  const { site, connection, fix, ...others } = facts ?? {};
  const place = [site, connection].filter((one) => one !== undefined && one !== '').join(' / ');
  const rest = Object.entries(others)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
  const parts = [
    `${place === '' ? '' : `${place}: `}${text}`,
    ...(typeof fix === 'string' ? [fix] : []),
    ...(rest === '' ? [] : [`(${rest})`]),
  ];
  return `${new Date(at).toISOString().slice(11, 19)} ${level.padEnd(5)}  ${parts.join(' ')}`;
}
