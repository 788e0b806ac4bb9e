/** The open file with everything that writes to it; built again after the disk failed. */
import type { DatabaseSync } from 'node:sqlite';
import type { Vault } from '../../vault/index.ts';
import { accountWriter } from './accounts.ts';
import { answerer } from './answering.ts';
import { appender } from './append.ts';
import { auditWriter } from './audit.ts';
import { countWriter } from './counts.ts';
import { deploymentWriter } from './deployments.ts';
import type { Desk } from './desk.ts';
import { openDictionary } from './dictionary.ts';
import { exchangeWriter } from './exchanges.ts';
import { openFiling } from './filing.ts';
import { jobWriter } from './jobs.ts';
import { rewrapper, rotateWhenDue, sealCounts } from './key-table.ts';
import { openAliases } from './lanes.ts';
import { lessor } from './lease.ts';
import { type Log, watchLog } from './log.ts';
import { openNumbers } from './numbers.ts';
import { openPeriods } from './periods.ts';
import type { Writes } from './protocol.ts';
import { pruner } from './prune.ts';
import { replayer } from './replay.ts';
import { settler } from './settle.ts';
import { shelver } from './shelve.ts';
import { slotWriter } from './slots.ts';
import { openStanding } from './standing.ts';
import { stuckFinder } from './stuck.ts';
import { takeOver } from './takeover.ts';
import { openTallies } from './tallies.ts';
import { dueTeller, releaser, waker } from './waking.ts';
import { writeWriter } from './writes.ts';

const PROBE =
  "INSERT INTO meta (name, value) VALUES ('probe', 1) ON CONFLICT DO UPDATE SET value = value + 1";

export interface Writing {
  readonly database: DatabaseSync;
  readonly vault: Vault;
  readonly calls: Writes;
  readonly log: Log;
  /** Before a transaction. */
  prepare(): void;
  /** What was added up in memory is written: within the transaction. */
  flush(): void;
  /** Memory is made to agree with the rows: after a rollback. */
  reload(): void;
}

/** @param again the same owner opens the file once more: what it leased stays leased. */
export function openWriting(database: DatabaseSync, vault: Vault, again = false): Writing {
  const tallies = openTallies(database);
  const opening = takeOver(database, tallies, again);
  const dictionary = openDictionary(database);
  const aliases = openAliases(database);
  const standing = openStanding(database);
  const filing = openFiling(database);
  const numbers = openNumbers(database, standing.highestPlace);
  const desk: Desk = { database, vault, dictionary, aliases, filing, numbers, standing, tallies };
  const audit = auditWriter(desk);
  const countSeals = sealCounts(database, vault);
  const probe = database.prepare(PROBE);
  const settling = settler(desk);
  const accounts = accountWriter(desk, audit);
  const counts = countWriter(desk);
  const { putJob, putFlowVersion } = jobWriter(desk, audit);
  const periods = openPeriods(desk);
  return {
    database,
    log: watchLog(database),
    vault,
    calls: {
      append: appender(desk, audit),
      lease: lessor(desk, opening),
      nextDue: dueTeller(desk),
      ...settling,
      wake: waker(desk),
      release: releaser(desk, audit),
      stuckHeads: stuckFinder(desk),
      answer: answerer(desk, audit),
      replay: replayer(desk, audit, periods),
      probe() {
        probe.run();
        return null;
      },
      ...counts,
      audit(entries) {
        audit.add(entries);
        return null;
      },
      ...accounts,
      ...exchangeWriter(desk),
      ...deploymentWriter(desk, audit),
      ...slotWriter(desk),
      putJob,
      putFlowVersion,
      ...writeWriter(desk, audit),
      prune: pruner(desk, periods),
      shelve: shelver(desk, periods),
      sweep: (limit) => periods.sweep(limit),
      rewrap: rewrapper(database, vault),
    },
    prepare: () => rotateWhenDue(database, vault),
    flush() {
      standing.flush();
      filing.flush();
      tallies.flush();
      audit.flush();
      countSeals.flush();
    },
    reload() {
      tallies.reset();
      countSeals.reload();
      dictionary.reload();
      aliases.reload();
      standing.reload();
      filing.reload();
      audit.reload();
    },
  };
}
