/** How commands print: people's tables on a terminal, one JSON object a line with `--json`. */
import { Failure, placeText } from '../std/index.ts';

/** 0 fine, 1 the check failed, 2 bad usage or set-up. */
export type ExitCode = 0 | 1 | 2;

export function printLine(text = ''): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

export function printNote(text: string): void {
  process.stderr.write(`suture: ${text}\n`);
}

/** Columns padded to their widest cell; the last one is not. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join('  ');
  printLine(line(head));
  for (const row of rows) printLine(line(row));
}

/** One sentence what, one what to do first; exit code 2 for set-up faults, 1 for the rest. */
export function explain(error: unknown): ExitCode {
  if (error instanceof Failure) {
    const place = placeText(error.at);
    printNote(`${place ? `${place}: ` : ''}${error.message} ${error.fix}`);
    return error.kind === 'config' ? 2 : 1;
  }
  printNote(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return 1;
}

/** `2026-11-21 03:22:37` in UTC. */
export function timeText(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ');
}
