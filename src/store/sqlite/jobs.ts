/** Jobs with their progress, and the values of flows that ran. */
import type { FailureRecord, Json } from '../../std/index.ts';
import type { AuditEntry, Job } from '../contract.ts';
import { storeFailure } from '../failures.ts';
import type { AuditLog } from './audit.ts';
import type { Desk, View } from './desk.ts';

const PUT_JOB = `
INSERT INTO job (id, kind, state, who, reason, created_at, updated_at, request, done, total, after, failure)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET
  state = excluded.state, updated_at = excluded.updated_at, done = excluded.done, total = excluded.total,
  after = excluded.after, failure = excluded.failure`;
const MAY_MOVE = "SELECT 1 FROM job WHERE id = ? AND state = 'running' AND done < ?";
const JOB = 'SELECT * FROM job WHERE id = ?';
const JOBS = 'SELECT * FROM job ORDER BY created_at DESC, rowid DESC LIMIT ?';
const PUT_FLOW = 'INSERT INTO flow_version (version, flow) VALUES (?, ?) ON CONFLICT DO NOTHING';
const FLOW = 'SELECT flow FROM flow_version WHERE version = ?';

export function jobWriter({ database }: Desk, audit: AuditLog) {
  const put = database.prepare(PUT_JOB);
  const mayMove = database.prepare(MAY_MOVE);
  const putFlow = database.prepare(PUT_FLOW);
  const write = (job: Job): void => {
    put.run(
      job.id,
      job.kind,
      job.state,
      job.who,
      job.reason,
      job.createdAt,
      job.updatedAt,
      JSON.stringify(job.request),
      job.done,
      job.total,
      job.after,
      job.failure === null ? null : JSON.stringify(job.failure),
    );
  };
  return {
    putJob(job: Job, entry?: AuditEntry): null {
      write(job);
      if (entry) audit.add([entry]);
      return null;
    },
    /** Its progress, beside the work it stands for; refuses when it is not this one's to move. */
    moveJob(job: Job): void {
      if (!mayMove.get(job.id, job.done)) {
        throw storeFailure('STORE_JOB_MOVED', 'The job was stopped, or somebody else has gone on with it.');
      }
      write(job);
    },
    putFlowVersion(version: string, flow: Json): null {
      putFlow.run(version, JSON.stringify(flow));
      return null;
    },
  };
}

const jobFrom = (row: Record<string, unknown>): Job => ({
  id: row.id as string,
  kind: row.kind as Job['kind'],
  state: row.state as Job['state'],
  who: row.who as string,
  reason: row.reason as string,
  createdAt: row.created_at as number,
  updatedAt: row.updated_at as number,
  request: JSON.parse(row.request as string) as Json,
  done: row.done as number,
  total: row.total as number,
  after: row.after as string | null,
  failure: row.failure === null ? null : (JSON.parse(row.failure as string) as FailureRecord),
});

export function jobReader({ database }: View) {
  const one = database.prepare(JOB);
  const newest = database.prepare(JOBS);
  const flow = database.prepare(FLOW);
  return {
    job(id: string): Job | null {
      const row = one.get(id);
      return row ? jobFrom(row) : null;
    },
    jobs: (limit: number): Job[] => newest.all(limit).map(jobFrom),
    flowVersion(version: string): Json | null {
      const row = flow.get(version);
      return row ? (JSON.parse(row.flow as string) as Json) : null;
    },
  };
}
