/** `suture connections`: what each connection does. `resume`: one that is stopped or fails is called again. */
import type { Command } from 'commander';
import { printJson, printLine, printNote, printTable } from '../output.ts';
import { type DeskOptions, deskOptions, withDesk } from '../with-desk.ts';

export function addConnections(program: Command): void {
  const connections = deskOptions(
    program.command('connections').description('list the connections of the running engine and their states'),
  ).action((options: DeskOptions) =>
    withDesk(options, async (desk) => {
      const all = await desk.connections();
      if (options.json) {
        for (const one of all) printJson(one);
        return;
      }
      printTable(
        ['connection', 'connector', 'state', 'address'],
        all.map((one) => [
          `${one.site}/${one.connection}`,
          one.connector,
          one.state,
          one.address ?? one.roles.join(', '),
        ]),
      );
      for (const one of all) if (one.text !== null) printLine(`\n${one.site}/${one.connection}: ${one.text}`);
      if (all.some((one) => one.state === 'failing' || one.state === 'stopped')) process.exitCode = 1;
    }),
  );

  deskOptions(
    connections
      .command('resume')
      .description('call a connection again that is stopped or fails; what waits for it goes on at once')
      .argument('<connection>', 'SITE/CONNECTION, as the list names it'),
  )
    .option('--reason <text>', 'why; kept in the audit trail')
    .action((name: string, own: DeskOptions & { reason?: string }, command: Command) => {
      const options = command.optsWithGlobals<typeof own>();
      return withDesk(options, async (desk) => {
        const [site, connection, ...more] = name.split('/');
        if (!site || !connection || more.length > 0 || !options.reason) {
          printNote('name it as SITE/CONNECTION and say why with --reason; it is kept in the audit trail.');
          process.exitCode = 2;
          return;
        }
        const resumed = await desk.resume(site, connection, options.reason);
        if (resumed === null) {
          printNote(`there is no connection ${name}; "suture connections" lists them.`);
          process.exitCode = 2;
        } else if (options.json) printJson({ resumed });
        else printLine(resumed ? `${name} is called again.` : `nothing kept ${name} from being called.`);
      });
    });
}
