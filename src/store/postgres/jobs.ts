/** Long replays with their progress, and the values of flows that ran. */
import type { FailureRecord, Json } from '../../std/index.ts';
import type { AuditEntry, Job } from '../contract.ts';
import { storeFailure } from '../failures.ts';
import { again } from './again.ts';
import { addAudit } from './audit.ts';
import type { Desk } from './desk.ts';
import type { Ask } from './session.ts';

const PUT = `
INSERT INTO job VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at,
  done = excluded.done, total = excluded.total, after = excluded.after, failure = excluded.failure`;
const MAY_MOVE = "SELECT 1 FROM job WHERE id = $1 AND state = 'running' AND done < $2 FOR UPDATE";
const JOBS = 'SELECT * FROM job ORDER BY created_at DESC, seq DESC LIMIT $1';
const JOB = 'SELECT * FROM job WHERE id = $1';
const PUT_FLOW = 'INSERT INTO flow_version VALUES ($1, $2) ON CONFLICT DO NOTHING';
const FLOW = 'SELECT flow FROM flow_version WHERE version = $1';

interface JobColumns {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly who: string;
  readonly reason: string;
  readonly created_at: number;
  readonly updated_at: number;
  readonly request: string;
  readonly done: number;
  readonly total: number;
  readonly after: string | null;
  readonly failure: string | null;
}

const jobFrom = (row: JobColumns): Job => ({
  id: row.id,
  kind: row.kind as Job['kind'],
  state: row.state as Job['state'],
  who: row.who,
  reason: row.reason,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  request: JSON.parse(row.request) as Json,
  done: row.done,
  total: row.total,
  after: row.after,
  failure: row.failure === null ? null : (JSON.parse(row.failure) as FailureRecord),
});

async function putJob(ask: Ask, job: Job): Promise<void> {
  await ask(PUT, [
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
  ]);
}

/** Its progress, beside the work it stands for; refuses when it is not this one's to move. */
export async function moveJob(ask: Ask, job: Job): Promise<void> {
  const [mine] = await ask(MAY_MOVE, [job.id, job.done]);
  if (!mine) {
    throw storeFailure('STORE_JOB_MOVED', 'The job was stopped, or somebody else has gone on with it.');
  }
  await putJob(ask, job);
}

export function jobDesk(desk: Desk) {
  const { read, writers } = desk;
  return {
    putJob: (job: Job, audit?: AuditEntry): Promise<void> =>
      again(() =>
        writers.other.transaction(async (ask) => {
          await putJob(ask, job);
          if (audit) await addAudit(desk, ask, [audit]);
        }),
      ),
    jobs: async (limit: number): Promise<readonly Job[]> =>
      (await read<JobColumns>(JOBS, [limit])).map(jobFrom),
    async job(id: string): Promise<Job | null> {
      const [row] = await read<JobColumns>(JOB, [id]);
      return row ? jobFrom(row) : null;
    },
    async putFlowVersion(version: string, flow: Json): Promise<void> {
      await again(() => writers.other.ask(PUT_FLOW, [version, JSON.stringify(flow)]));
    },
    async flowVersion(version: string): Promise<Json | null> {
      const [row] = await read<{ flow: string }>(FLOW, [version]);
      return row ? (JSON.parse(row.flow) as Json) : null;
    },
  };
}
