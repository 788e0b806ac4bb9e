/** The command line. Exit codes: 0 fine, 1 the check failed, 2 bad usage or set-up. */
import { everything } from './program.ts';

/** @param words What stands behind `suture` on the command line. */
export async function main(words: readonly string[]): Promise<void> {
  const program = everything();
  // A reader that has seen enough (`| head`) is no fault.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    // commander has already said what is wrong, or printed the help that was asked for.
    const code = (error as { exitCode?: number }).exitCode;
    if (code === undefined) throw error;
    process.exitCode = code === 0 ? 0 : 2;
  }
}
