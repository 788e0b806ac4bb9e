/** New deliveries for old ones, on the same message. */
import type { StepRecord } from '../../message/index.ts';
import type { ReplayRequest } from '../contract.ts';
import type { AuditLog } from './audit.ts';
import { FLAGS } from './codes.ts';
import type { Desk } from './desk.ts';
import { jobWriter } from './jobs.ts';
import { lanesFrom } from './lanes.ts';
import { messageOf } from './numbers.ts';
import type { Periods } from './periods.ts';
import { planner } from './planning.ts';
import { DELIVERY_COLUMNS, type DeliveryColumns } from './rows.ts';
import { stepReader } from './steps.ts';

const OLD = `SELECT ${DELIVERY_COLUMNS} FROM delivery WHERE id = ?`;
const MARK = `UPDATE message SET planned = planned + 1, flags = flags | ${1 << FLAGS.indexOf('replayed')} WHERE id = ? RETURNING planned`;

/** What was done before a step; all of it when the step itself was never done. */
function before(steps: readonly StepRecord[], fromStep: string): readonly StepRecord[] {
  const at = steps.findIndex(({ step }) => step === fromStep || step.startsWith(`${fromStep}[`));
  return at < 0 ? steps : steps.slice(0, at);
}

/** What came before a replay was asked for does not wake or end it. */
const PLANNED_AFTER = 'UPDATE delivery SET planned_after = ? WHERE id = ?';

export function replayer(desk: Desk, audit: AuditLog, periods: Periods) {
  const { database, dictionary, numbers } = desk;
  const plannedAfter = database.prepare(PLANNED_AFTER);
  const old = database.prepare(OLD);
  const mark = database.prepare(MARK);
  const steps = stepReader(desk);
  const plan = planner(desk);
  const { moveJob } = jobWriter(desk, audit);

  return (request: ReplayRequest): readonly string[] => {
    if (request.job) moveJob(request.job);
    const rows = [...new Set(request.deliveryIds)]
      .map((id) => {
        const row = old.get(Number(id));
        if (row) return row as unknown as DeliveryColumns;
        const message = messageOf(Number(id));
        const period = periods.holding(message);
        if (period !== undefined) periods.bringBack(period, message);
        return old.get(Number(id)) as unknown as DeliveryColumns | undefined;
      })
      .filter((row) => row !== undefined)
      .sort((a, b) => a.id - b.id);
    const ids = rows.map((row) => {
      const flow = dictionary.nameAt(row.flow);
      const message = messageOf(row.id);
      const { planned } = mark.get(message) as { planned: number };
      const id = plan({
        message,
        nth: planned - 1,
        connection: row.connection,
        flow,
        version: request.versions[flow] ?? dictionary.nameAt(row.version),
        lanes: lanesFrom(row.lanes),
        dueAt: request.at,
        createdAt: request.at,
        replayOf: row.id,
        remembered: request.fromStep === undefined ? [] : before(steps(row.id), request.fromStep),
      });
      plannedAfter.run(numbers.newest(), id);
      return id;
    });
    audit.add([request.audit]);
    return ids.map(String);
  };
}
