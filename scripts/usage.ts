/** `--help` of the project's own commands (proofs, benchmarks, generators): what stands at the head of each file. */
import { readFileSync } from 'node:fs';

/** The comment that a file begins with, without its stars. Pure. @example helpOf('/** `npm run x`: does. *\/') // '`npm run x`: does.' */
export function helpOf(source: string): string {
  const [, comment = ''] = /^(?:#!.*\n)?\/\*\*([\s\S]*?)\*\//.exec(source) ?? [];
  return comment.replace(/^[ \t]*\*[ \t]?/gm, '').trim();
}

/**
 * Of the file that was started, asked with `--help` or `-h`: prints its head and ends. Nothing in a file that another one imports.
 * @param also Files whose heads say more: options that several commands have.
 */
export function usage(file: string, ...also: readonly string[]): void {
  const [, started, ...words] = process.argv;
  if (started !== file || !words.some((word) => word === '--help' || word === '-h')) return;
  const heads = [file, ...also].map((each) => helpOf(readFileSync(each, 'utf8')));
  process.stdout.write(`${heads.join('\n\n')}\n`);
  process.exit(0);
}
