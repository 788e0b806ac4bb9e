/** `suture flows service`: what flows promise at their sites, and whether it is kept. */
import type { Command } from 'commander';
import { printJson, printLine, printTable } from '../output.ts';
import { type DeskOptions, deskOptions, withDesk } from '../with-desk.ts';

export function addFlowsService(flows: Command): void {
  deskOptions(
    flows
      .command('service')
      .description('what flows promise at their sites (silence, end to end), and whether it is kept'),
  ).action((options: DeskOptions) =>
    withDesk(options, async (desk) => {
      const all = await desk.service();
      const broken = all.filter(({ state }) => state === 'broken');
      if (broken.length > 0) process.exitCode = 1;
      if (options.json) {
        for (const one of all) printJson(one);
        return;
      }
      if (all.length === 0) {
        printLine('no flow that runs promises anything: say service in its file.');
        return;
      }
      printTable(
        ['site', 'flow', 'promise', 'state', 'since', ''],
        all.map(({ site, flow, promise, state, since, text }) => [
          ...[site, flow, promise, state],
          since === null ? '' : `${new Date(since).toISOString().slice(0, 16)}Z`,
          state === 'broken' ? '' : text,
        ]),
      );
      for (const { site, text, fix } of broken) printLine(`\n${site}: ${text}. ${fix ?? ''}`);
    }),
  );
}
