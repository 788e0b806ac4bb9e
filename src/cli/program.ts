/** All commands of `suture`, as commander knows them: for `main`, and for the reference that is made of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { addApprovals } from './commands/approvals.ts';
import { addBackup } from './commands/backup.ts';
import { addCheck } from './commands/check.ts';
import { addConnections } from './commands/connections.ts';
import { addDead } from './commands/dead.ts';
import { addDeploy } from './commands/deploy.ts';
import { addDev } from './commands/dev.ts';
import { addDoctor } from './commands/doctor.ts';
import { addFlows } from './commands/flows.ts';
import { addHl7 } from './commands/hl7.ts';
import { addImport } from './commands/import.ts';
import { addInit } from './commands/init.ts';
import { addKey } from './commands/key.ts';
import { addLanes } from './commands/lanes.ts';
import { addMaps } from './commands/maps.ts';
import { addMessages } from './commands/messages.ts';
import { addProbe } from './commands/probe.ts';
import { addReplay } from './commands/replay.ts';
import { addReplays } from './commands/replays.ts';
import { addRun } from './commands/run.ts';
import { addSend } from './commands/send.ts';
import { addSimulator } from './commands/simulator.ts';
import { addSites } from './commands/sites.ts';
import { addStart } from './commands/start.ts';
import { addTest } from './commands/test.ts';
import { addWrites } from './commands/writes.ts';

export function everything(): Command {
  const { version } = JSON.parse(
    readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8'),
  ) as { version: string };
  const program = new Command('suture')
    .description('Stitches applications to hospitals’ EHRs: HL7 v2, FHIR and typed flows.')
    .version(version)
    .showHelpAfterError('(add --help to see what there is)')
    .exitOverride()
    // `suture replay --version ran` is the replay’s option, not a question for the program’s.
    .enablePositionalOptions();
  for (const add of [
    addInit,
    addStart,
    addDev,
    addCheck,
    addDeploy,
    addTest,
    addRun,
    addSend,
    addMessages,
    addDead,
    addReplay,
    addReplays,
    addLanes,
    addWrites,
    addConnections,
    addApprovals,
    addFlows,
    addHl7,
    addSites,
    addMaps,
    addProbe,
    addSimulator,
    addImport,
    addBackup,
    addKey,
    addDoctor,
  ]) {
    add(program);
  }
  for (const command of commandsBelow(program)) command.exitOverride();
  return program;
}

/** Every command below another, each behind the one it belongs to. */
export function commandsBelow(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...commandsBelow(child)]);
}
