/** `suture replays`: replays of groups and filters, how far they are; stop one, let it go on. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Job } from '../../api/index.ts';
import type { Desk } from '../desk.ts';
import { printJson, printLine, printNote, printTable, timeText } from '../output.ts';
import { type DeskOptions, deskOptions, withDesk } from '../with-desk.ts';

interface Options extends DeskOptions {
  reason: string;
  json?: boolean;
}

export function addReplays(program: Command): void {
  const replays = deskOptions(
    program
      .command('replays')
      .description('list replays of groups and filters, the newest first, with how far they are'),
  ).action((options: Options) =>
    withDesk(options, async (desk) => {
      const jobs = await desk.replays.jobs();
      if (options.json) for (const job of jobs) printJson(job);
      else if (jobs.length === 0) printLine('no replays of groups or filters yet.');
      else {
        printTable(
          ['ID', 'STATE', 'DONE', 'BEGUN (UTC)', 'BY', 'REASON'],
          jobs.map((job) => [
            job.id,
            job.state,
            `${job.done} of ${job.total}`,
            timeText(job.createdAt),
            job.who,
            job.failure === null ? job.reason : `${job.reason}; ${job.failure.message}`,
          ]),
        );
      }
    }),
  );

  for (const [act, about] of [
    ['stop', 'stop a replay after the batch in hand'],
    ['resume', 'let a replay that was stopped, or failed, go on behind its last delivery'],
  ] as const) {
    deskOptions(replays.command(act).description(about))
      .argument('<id>', 'of the replay, as "suture replays" prints it')
      .option('--reason <text>', 'why; kept in the audit trail', '')
      .action((id: string, _: unknown, command: Command) => {
        const options = command.optsWithGlobals<Options>();
        return withDesk(options, async (desk) => {
          const job = await desk.replays.move(id, act, options.reason);
          if (options.json) printJson(job);
          else printLine(`replay ${job.id} is ${job.state}: ${job.done} of ${job.total} deliveries.`);
        });
      });
  }
}

const LOOK_EVERY = 300;
/** Where no terminal is: a line when so many hundredths more are done. */
const TOLD_EACH = 10;

/** Waits for the end of a replay and says how far it is, on standard error. */
export async function follow(desk: Desk, begun: Job): Promise<Job> {
  const live = process.stderr.isTTY === true;
  let told = 0;
  for (let job: Job | null = begun; ; ) {
    if (job === null) return begun;
    const percent = job.total === 0 ? 100 : Math.floor((job.done / job.total) * 100);
    if (job.state !== 'running') {
      if (live) process.stderr.write('\r\u001B[K');
      return job;
    }
    const text = `${job.done} of ${job.total} (${percent} %)`;
    if (live) process.stderr.write(`\r\u001B[K${text}`);
    else if (percent >= told + TOLD_EACH) {
      told = percent;
      printNote(text);
    }
    await sleep(LOOK_EVERY);
    job = await desk.replays.job(begun.id);
  }
}
