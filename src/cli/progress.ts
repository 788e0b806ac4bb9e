/** How far a long piece of work is, on standard error, for people who wait. */
import { printNote } from './output.ts';

/** Below so many nobody waits. */
const WORTH_TELLING = 200;

/**
 * On a terminal one line that is written over; elsewhere a line a tenth.
 * @example
 * const tell = progressTeller(); tell(500, 1000, 'site records'); // suture: 500 of 1000 site records
 */
export function progressTeller(): (done: number, all: number, what: string) => void {
  const terminal = process.stderr.isTTY;
  return (done, all, what) => {
    if (all < WORTH_TELLING) return;
    const tenth = Math.ceil(all / (terminal ? 100 : 10));
    if (done % tenth !== 0 && done !== all) return;
    if (terminal) process.stderr.write(`\rsuture: ${done} of ${all} ${what}${done === all ? '\n' : ''}`);
    else printNote(`${done} of ${all} ${what}`);
  };
}
