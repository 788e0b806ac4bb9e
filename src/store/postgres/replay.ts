/** New deliveries for old ones, on the same message. */
import type { StepRecord } from '../../message/index.ts';
import type { ReplayRequest } from '../contract.ts';
import { storeFailure } from '../failures.ts';
import { FLAGS } from '../sqlite/codes.ts';
import { DELIVERIES_OF_ONE, deliveryId, messageOf } from '../sqlite/numbers.ts';
import { again } from './again.ts';
import { addAudit } from './audit.ts';
import { Bundle, type Desk, SLOT } from './desk.ts';
import { moveJob } from './jobs.ts';
import type { Ask } from './session.ts';
import { stepReader, stepRows } from './steps.ts';

const OLD = `
SELECT id, connection, flow, version, lanes, steps FROM any_delivery WHERE id = ANY ($1) ORDER BY id`;
/** The messages in order, so that two replays do not wait for each other in a ring. */
const LOCK_MESSAGES = 'SELECT id FROM message WHERE id = ANY ($1) ORDER BY id FOR UPDATE';
const MARK = `
UPDATE message m SET planned = m.planned + k.count, flags = m.flags | ${1 << FLAGS.indexOf('replayed')}
FROM (SELECT u.id, count(*)::integer AS count FROM unnest($1::bigint[]) AS u (id) GROUP BY u.id) k
WHERE m.id = k.id RETURNING m.id, m.planned - k.count AS planned`;
const LOCK = "SELECT lock_append('{}', false)";
const ENTER = 'SELECT enter_lanes(ARRAY(SELECT x FROM json_populate_recordset(NULL::entering, $1) x), false)';
const PUT_STEPS = 'SELECT put_steps(ARRAY(SELECT s FROM json_populate_recordset(NULL::stepping, $1) s), $2)';
const COUNT =
  'SELECT move_tallies($1, $2, array_fill((-1)::smallint, ARRAY[$3::integer]), array_fill(0::smallint, ARRAY[$3::integer]))';
export const TELL_ENDED = `
UPDATE delivery d SET replayed_by = u.by FROM unnest($1::bigint[], $2::bigint[]) AS u (id, by) WHERE d.id = u.id`;
export const TELL_OPEN = `
UPDATE open_delivery d SET replayed_by = u.by FROM unnest($1::bigint[], $2::bigint[]) AS u (id, by) WHERE d.id = u.id`;

interface OldColumns {
  readonly id: number;
  readonly connection: number;
  readonly flow: number;
  readonly version: number;
  readonly lanes: readonly string[];
  readonly steps: number;
}

/** What was done before a step; all of it when the step itself was never done. */
function before(steps: readonly StepRecord[], fromStep: string): readonly StepRecord[] {
  const at = steps.findIndex(({ step }) => step === fromStep || step.startsWith(`${fromStep}[`));
  return at < 0 ? steps : steps.slice(0, at);
}

export function replayer(desk: Desk) {
  const { dictionary, keys, node, writers } = desk;
  const stepsOf = stepReader(desk);

  const replay = async (ask: Ask, request: ReplayRequest): Promise<readonly string[]> => {
    if (request.job) await moveJob(ask, request.job);
    const old = await ask<OldColumns>(OLD, [[...new Set(request.deliveryIds)].map(Number)]);
    const messages = old.map((row) => messageOf(row.id));
    const remembered =
      request.fromStep === undefined
        ? new Map<number, StepRecord[]>()
        : await stepsOf(old.filter((row) => row.steps > 0).map((row) => row.id));
    void ask(LOCK_MESSAGES, [messages]);
    const planned = new Map(
      (await ask<{ id: number; planned: number }>(MARK, [messages])).map((row) => [row.id, row.planned]),
    );
    await dictionary.fetch(
      [],
      old.flatMap((row) => [row.flow, row.version]),
    );
    await dictionary.add([], Object.values(request.versions));
    const bundle = new Bundle();
    const steps: object[] = [];
    const plans = old.map((row) => {
      const message = messageOf(row.id);
      const nth = planned.get(message) ?? 0;
      planned.set(message, nth + 1);
      if (nth >= DELIVERIES_OF_ONE) {
        throw storeFailure(
          'STORE_REFUSED',
          `A message cannot have more than ${DELIVERIES_OF_ONE} deliveries, replays included.`,
        );
      }
      const id = deliveryId(message, nth);
      if (request.fromStep !== undefined) {
        steps.push(...stepRows(keys, bundle, id, before(remembered.get(row.id) ?? [], request.fromStep)));
      }
      const version = request.versions[dictionary.nameAt(row.flow)];
      return {
        n: 0,
        id,
        c: row.connection,
        flow: row.flow,
        version: version === undefined ? row.version : dictionary.name(version),
        lanes: row.lanes,
        due: request.at,
        created: request.at,
        replay_of: row.id,
        steps: 0,
      };
    });
    if (plans.length > 0) {
      void ask(LOCK);
      void ask(ENTER, [JSON.stringify(plans)]);
      if (steps.length > 0) void ask(PUT_STEPS, [JSON.stringify(steps), bundle.close()]);
      const pairs = [old.map((row) => row.id), plans.map((plan) => plan.id)];
      void ask(TELL_ENDED, pairs);
      void ask(TELL_OPEN, pairs);
      void ask(COUNT, [node.slot(SLOT.other), old.map((row) => row.connection), old.length]);
    }
    await addAudit(desk, ask, [request.audit]);
    return plans.map((plan) => String(plan.id));
  };

  return (request: ReplayRequest): Promise<readonly string[]> =>
    again(() => writers.other.transaction((ask) => replay(ask, request)));
}
