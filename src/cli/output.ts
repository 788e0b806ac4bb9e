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
export function tableLines(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) =>
    rows.reduce((most, row) => Math.max(most, (row[column] ?? '').length), title.length),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join('  ');
  return [line(head), ...rows.map(line)];
}

export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  for (const line of tableLines(head, rows)) printLine(line);
}

/** One sentence what, one what to do first; exit code 2 for set-up faults, 1 for the rest. */
export function failureText(error: unknown): { readonly text: string; readonly code: ExitCode } {
  if (error instanceof Failure) {
    const place = placeText(error.at);
    const text = `${place ? `${place}: ` : ''}${error.message} ${error.fix}`;
    return { text, code: error.kind === 'config' ? 2 : 1 };
  }
  return { text: error instanceof Error ? (error.stack ?? error.message) : String(error), code: 1 };
}

/** Tells a failure on standard error, and with which exit code to end. */
export function explain(error: unknown): ExitCode {
  const { text, code } = failureText(error);
  printNote(text);
  return code;
}

/** `2026-11-21 03:22:37` in UTC. */
export function timeText(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ');
}
