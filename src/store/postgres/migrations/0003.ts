/**
 * Nodes, their shards of lanes, leases, and what wakes, is released or ends by other hands. All expiry is judged by the
 * database's clock. A node's row stands for all its leases: whoever takes over from a node locks that row first.
 */
export const NODES = `
CREATE FUNCTION end_open(p_ids bigint[], p_state smallint, p_at bigint) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  v_lanes text[];
BEGIN
  v_lanes := ARRAY(
    SELECT DISTINCT l.lane FROM open_delivery o CROSS JOIN LATERAL unnest(o.stood) AS l (lane)
    WHERE o.id = ANY (p_ids) AND o.state <> 2
  );
  WITH gone AS (
    DELETE FROM open_delivery o WHERE o.id = ANY (p_ids) RETURNING o.*
  ), left_lanes AS (
    DELETE FROM delivery_lane d USING (SELECT unnest(g.stood) AS lane, g.place FROM gone g) g
    WHERE d.lane = g.lane AND d.place = g.place
  )
  INSERT INTO delivery (
    id, connection, flow, version, state, due_at, attempts, steps, possible_duplicate, replay_of, replayed_by, created_at,
    finished_at, lanes, step, failure, fingerprint
  )
  SELECT g.id, g.connection, g.flow, g.version, p_state, g.due_at, g.attempts, g.steps, g.possible_duplicate, g.replay_of,
    g.replayed_by, g.created_at, p_at, g.lanes, g.step, g.failure, NULL
  FROM gone g;
  RETURN v_lanes;
END $$;

CREATE FUNCTION lease_heads(
  p_slot smallint, p_node bigint, p_epoch bigint, p_now bigint, p_limit integer
) RETURNS TABLE (id bigint, fresh boolean) LANGUAGE plpgsql AS $$
DECLARE
  v_mine smallint[];
  v_picked bigint[];
  v_taken bigint[] := '{}';
  v_passed bigint[] := '{}';
  v_blocked bigint[];
  v_blockers bigint[];
  v_held bigint[];
  v_parked bigint[];
BEGIN
  PERFORM 1 FROM node WHERE node.id = p_node AND expires_at > clock_timestamp() FOR SHARE;
  IF NOT FOUND THEN RAISE EXCEPTION 'the leases of this node have expired' USING ERRCODE = 'SU002'; END IF;
  v_mine := ARRAY(SELECT s.id FROM shard s WHERE s.node = p_node);
  LOOP
    v_picked := ARRAY(
      SELECT o.id FROM open_delivery o
      WHERE o.candidate AND o.state = 0 AND o.due_at <= p_now AND o.shard = ANY (v_mine) AND o.id <> ALL (v_passed)
      ORDER BY o.due_at, o.place LIMIT p_limit - cardinality(v_taken) FOR UPDATE SKIP LOCKED
    );
    EXIT WHEN cardinality(v_picked) = 0;
    SELECT array_agg(x.id), array_agg(x.by) INTO v_blocked, v_blockers FROM (
      SELECT o.id, b.delivery AS by
      FROM unnest(v_picked) AS p (id) JOIN open_delivery o USING (id) CROSS JOIN LATERAL unnest(o.stood) AS l (lane)
      CROSS JOIN LATERAL (
        SELECT b.delivery FROM delivery_lane b WHERE b.lane = l.lane AND b.place < o.place ORDER BY b.place LIMIT 1
      ) b
      UNION ALL
      -- In a lane that another runs in, with whatever place: found by grouping, which costs the same for any numbers.
      SELECT unnest(g.waiting), g.running FROM (
        SELECT array_agg(u.id) FILTER (WHERE NOT u.runs) AS waiting, min(u.id) FILTER (WHERE u.runs) AS running
        FROM (
          SELECT o.id, l.lane, false AS runs
          FROM unnest(v_picked) AS p (id) JOIN open_delivery o USING (id) CROSS JOIN LATERAL unnest(o.stood) AS l (lane)
          UNION ALL
          SELECT r.id, l.lane, true FROM open_delivery r CROSS JOIN LATERAL unnest(r.stood) AS l (lane) WHERE r.state = 1
        ) u GROUP BY u.lane HAVING bool_or(u.runs) AND NOT bool_and(u.runs)
      ) g
    ) x;
    IF v_blocked IS NOT NULL THEN
      v_held := ARRAY(
        SELECT o.id FROM open_delivery o WHERE o.id = ANY (v_blockers) AND o.state <> 2 ORDER BY o.id FOR SHARE SKIP LOCKED
      );
      v_parked := ARRAY(SELECT DISTINCT u.id FROM unnest(v_blocked, v_blockers) AS u (id, by) WHERE u.by = ANY (v_held));
      UPDATE open_delivery o SET candidate = false WHERE o.id = ANY (v_parked);
      v_passed := v_passed || v_blocked;
      v_picked := ARRAY(SELECT p FROM unnest(v_picked) p WHERE p <> ALL (v_blocked));
    END IF;
    UPDATE open_delivery o SET state = 1, epoch = p_epoch, candidate = false WHERE o.id = ANY (v_picked);
    v_taken := v_taken || v_picked;
    EXIT WHEN v_blocked IS NULL OR cardinality(v_taken) >= p_limit;
  END LOOP;
  IF cardinality(v_taken) = 0 THEN RETURN; END IF;
  PERFORM move_tallies(
    p_slot, array_agg(o.connection), array_fill(0::smallint, ARRAY[cardinality(v_taken)]),
    array_fill(1::smallint, ARRAY[cardinality(v_taken)])
  ) FROM open_delivery o WHERE o.id = ANY (v_taken);
  RETURN QUERY
  SELECT o.id, o.attempts = 0 AND o.steps = 0 AND NOT o.possible_duplicate
  FROM unnest(v_taken) AS t (id) JOIN open_delivery o USING (id) ORDER BY o.due_at, o.place;
END $$;

CREATE FUNCTION wake_sleepers(p_slot smallint, p_now bigint, p_due boolean, p_on text[], p_limit integer)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  v_ids bigint[];
  v_more bigint[] := '{}';
BEGIN
  PERFORM lock_append('{}', false);
  v_ids := ARRAY(
    SELECT id FROM open_delivery WHERE p_due AND state = 2 AND wake_at <= p_now ORDER BY wake_at, id LIMIT p_limit
    FOR UPDATE SKIP LOCKED
  );
  IF cardinality(p_on) > 0 THEN
    v_more := ARRAY(
      SELECT id FROM open_delivery WHERE state = 2 AND wake_on = ANY (p_on) AND id <> ALL (v_ids) ORDER BY id
      LIMIT p_limit - cardinality(v_ids) FOR UPDATE SKIP LOCKED
    );
  END IF;
  v_ids := v_ids || v_more;
  IF cardinality(v_ids) = 0 THEN RETURN 0; END IF;
  PERFORM stand_again(p_slot, v_ids, p_now);
  RETURN cardinality(v_ids);
END $$;

CREATE FUNCTION stand_again(p_slot smallint, p_ids bigint[], p_now bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM enter_lanes(ARRAY(
    SELECT ROW(0, o.id, o.connection, o.flow, o.version, o.lanes, p_now, o.created_at, o.replay_of, o.steps)::entering
    FROM unnest(p_ids) WITH ORDINALITY AS i (id, ord) JOIN open_delivery o USING (id) ORDER BY i.ord
  ), true);
  PERFORM move_tallies(
    p_slot, array_agg(o.connection), array_fill(2::smallint, ARRAY[cardinality(p_ids)]),
    array_fill(0::smallint, ARRAY[cardinality(p_ids)])
  ) FROM open_delivery o WHERE o.id = ANY (p_ids);
END $$;

CREATE FUNCTION cancel_sleepers(p_slot smallint, p_now bigint, p_on text[]) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  v_ids bigint[] := ARRAY(SELECT id FROM open_delivery WHERE state = 2 AND cancel_on = ANY (p_on) ORDER BY id FOR UPDATE);
BEGIN
  IF cardinality(v_ids) = 0 THEN RETURN 0; END IF;
  PERFORM move_tallies(
    p_slot, array_agg(o.connection), array_fill(2::smallint, ARRAY[cardinality(v_ids)]),
    array_fill(5::smallint, ARRAY[cardinality(v_ids)])
  ) FROM open_delivery o WHERE o.id = ANY (v_ids);
  PERFORM end_open(v_ids, 5::smallint, p_now);
  RETURN cardinality(v_ids);
END $$;

CREATE FUNCTION answer_sleeper(
  p_slot smallint, p_id bigint, p_state smallint, p_at bigint, p_step text, p_steps json, p_bytes bytea
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  v_connection integer;
BEGIN
  PERFORM lock_append('{}', false);
  SELECT connection INTO v_connection FROM open_delivery WHERE id = p_id AND state = 2 AND step = p_step FOR UPDATE;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM put_steps(ARRAY(SELECT s FROM json_populate_recordset(NULL::stepping, p_steps) s), p_bytes);
  IF p_state = 0 THEN
    PERFORM stand_again(p_slot, ARRAY[p_id], p_at);
  ELSE
    PERFORM end_open(ARRAY[p_id], p_state, p_at);
    PERFORM move_tallies(p_slot, ARRAY[v_connection], ARRAY[2::smallint], ARRAY[p_state]);
  END IF;
  RETURN true;
END $$;

CREATE FUNCTION release_held(p_slot smallint, p_ids bigint[], p_state smallint, p_at bigint)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  v_ids bigint[] := ARRAY(SELECT id FROM open_delivery WHERE id = ANY (p_ids) AND state = 3 ORDER BY id FOR UPDATE);
  v_lanes text[];
BEGIN
  IF cardinality(v_ids) = 0 THEN RETURN 0; END IF;
  PERFORM move_tallies(
    p_slot, array_agg(o.connection), array_fill(3::smallint, ARRAY[cardinality(v_ids)]),
    array_fill(p_state, ARRAY[cardinality(v_ids)])
  ) FROM open_delivery o WHERE o.id = ANY (v_ids);
  IF p_state = 0 THEN
    UPDATE open_delivery SET state = 0, held_for = NULL, due_at = p_at WHERE id = ANY (v_ids);
    v_lanes := ARRAY(SELECT DISTINCT l FROM open_delivery o, unnest(o.stood) l WHERE o.id = ANY (v_ids));
  ELSE
    v_lanes := end_open(v_ids, p_state, p_at);
  END IF;
  PERFORM promote(v_lanes);
  RETURN cardinality(v_ids);
END $$;

CREATE FUNCTION take_over(p_slot smallint, p_dead bigint) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  v_ids bigint[];
BEGIN
  PERFORM 1 FROM node WHERE id = p_dead FOR UPDATE;
  v_ids := ARRAY(SELECT id FROM open_delivery WHERE state = 1 AND epoch >> 32 = p_dead ORDER BY id FOR UPDATE);
  IF cardinality(v_ids) > 0 THEN
    UPDATE open_delivery SET state = 0, possible_duplicate = true, attempts = attempts + 1, candidate = true, epoch = 0
    WHERE id = ANY (v_ids);
    PERFORM move_tallies(
      p_slot, array_agg(o.connection), array_fill(1::smallint, ARRAY[cardinality(v_ids)]),
      array_fill(0::smallint, ARRAY[cardinality(v_ids)])
    ) FROM open_delivery o WHERE o.id = ANY (v_ids);
  END IF;
  UPDATE shard SET node = NULL WHERE node = p_dead;
  DELETE FROM node WHERE id = p_dead;
  RETURN cardinality(v_ids);
END $$;

CREATE FUNCTION give_back(p_slot smallint, p_ids bigint[], p_epochs bigint[]) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  v_ids bigint[] := ARRAY(
    SELECT o.id FROM unnest(p_ids, p_epochs) AS u (id, epoch) JOIN open_delivery o ON o.id = u.id AND o.epoch = u.epoch
    WHERE o.state = 1 ORDER BY o.id FOR UPDATE OF o
  );
BEGIN
  IF cardinality(v_ids) = 0 THEN RETURN 0; END IF;
  UPDATE open_delivery SET state = 0, epoch = 0 WHERE id = ANY (v_ids);
  PERFORM promote(ARRAY(SELECT DISTINCT l FROM open_delivery o, unnest(o.stood) l WHERE o.id = ANY (v_ids)));
  PERFORM move_tallies(
    p_slot, array_agg(o.connection), array_fill(1::smallint, ARRAY[cardinality(v_ids)]),
    array_fill(0::smallint, ARRAY[cardinality(v_ids)])
  ) FROM open_delivery o WHERE o.id = ANY (v_ids);
  RETURN cardinality(v_ids);
END $$;

CREATE FUNCTION beat(p_slot smallint, p_node bigint, p_lease_ms integer)
RETURNS TABLE (alive integer, shards integer, taken integer) LANGUAGE plpgsql AS $$
DECLARE
  v_dead bigint;
  v_share integer;
BEGIN
  UPDATE node SET expires_at = clock_timestamp() + p_lease_ms * interval '1 ms'
  WHERE id = p_node AND expires_at > clock_timestamp();
  IF NOT FOUND THEN RAISE EXCEPTION 'the leases of this node have expired' USING ERRCODE = 'SU002'; END IF;
  taken := 0;
  FOR v_dead IN SELECT id FROM node WHERE expires_at < clock_timestamp() ORDER BY id FOR UPDATE SKIP LOCKED LOOP
    taken := taken + take_over(p_slot, v_dead);
  END LOOP;
  UPDATE shard s SET node = NULL WHERE s.node IS NOT NULL AND NOT EXISTS (SELECT 1 FROM node n WHERE n.id = s.node);
  SELECT count(*) INTO alive FROM node;
  v_share := (64 + alive - 1) / alive;
  SELECT count(*) INTO shards FROM shard WHERE node = p_node;
  IF shards > v_share THEN
    UPDATE shard SET node = NULL WHERE id IN (SELECT id FROM shard WHERE node = p_node ORDER BY id DESC LIMIT shards - v_share);
  ELSIF shards < v_share THEN
    UPDATE shard SET node = p_node WHERE id IN (
      SELECT id FROM shard WHERE node IS NULL ORDER BY id LIMIT v_share - shards FOR UPDATE SKIP LOCKED
    );
  END IF;
  SELECT count(*) INTO shards FROM shard WHERE node = p_node;
  RETURN NEXT;
END $$;

CREATE FUNCTION register_node(p_name text, p_machine text, p_pid integer, p_lease_ms integer)
RETURNS TABLE (id bigint, number smallint) LANGUAGE plpgsql AS $$
BEGIN
  LOCK TABLE node IN SHARE ROW EXCLUSIVE MODE;
  SELECT min(g)::smallint INTO number FROM generate_series(0, 1000) g
  WHERE NOT EXISTS (SELECT 1 FROM node n WHERE n.number = g);
  id := nextval('node_id');
  INSERT INTO node VALUES (
    id, number, p_name, p_machine, p_pid, clock_timestamp(), clock_timestamp() + p_lease_ms * interval '1 ms'
  );
  RETURN NEXT;
END $$;

CREATE FUNCTION make_partitions(p_upto bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  v_size bigint;
  v_ready bigint;
  v_from bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(1937077366, 0);
  SELECT value::bigint INTO v_size FROM meta WHERE name = 'partition_messages';
  SELECT value::bigint INTO v_ready FROM meta WHERE name = 'partitions_until';
  WHILE v_ready <= p_upto LOOP
    v_from := v_ready;
    v_ready := v_ready + v_size;
    EXECUTE format('CREATE TABLE message_%1$s (LIKE message INCLUDING ALL)', v_from);
    EXECUTE format('CREATE TABLE message_patient_%1$s (LIKE message_patient INCLUDING ALL)', v_from);
    EXECUTE format('CREATE TABLE delivery_%1$s (LIKE delivery INCLUDING ALL)', v_from);
    EXECUTE format('CREATE TABLE step_output_%1$s (LIKE step_output INCLUDING ALL)', v_from);
    EXECUTE format('CREATE TABLE attempt_%1$s (LIKE attempt INCLUDING ALL)', v_from);
    EXECUTE format('ALTER TABLE message ATTACH PARTITION message_%1$s FOR VALUES FROM (%1$s) TO (%2$s)', v_from, v_ready);
    EXECUTE format('ALTER TABLE message_patient ATTACH PARTITION message_patient_%1$s FOR VALUES FROM (%1$s) TO (%2$s)', v_from, v_ready);
    EXECUTE format('ALTER TABLE delivery ATTACH PARTITION delivery_%1$s FOR VALUES FROM (%2$s) TO (%3$s)', v_from, v_from * 4096, v_ready * 4096);
    EXECUTE format('ALTER TABLE step_output ATTACH PARTITION step_output_%1$s FOR VALUES FROM (%2$s) TO (%3$s)', v_from, v_from * 4096, v_ready * 4096);
    EXECUTE format('ALTER TABLE attempt ATTACH PARTITION attempt_%1$s FOR VALUES FROM (%2$s) TO (%3$s)', v_from, v_from * 4096, v_ready * 4096);
  END LOOP;
  UPDATE meta SET value = v_ready WHERE name = 'partitions_until';
  RETURN v_ready;
END $$;

CREATE FUNCTION reserve_ids(p_blocks integer) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
  v_firsts bigint[] := ARRAY(SELECT nextval('message_id') * 64 FROM generate_series(1, p_blocks));
  v_upto bigint := v_firsts[p_blocks] + 64;
BEGIN
  IF v_upto >= (SELECT value::bigint FROM meta WHERE name = 'partitions_until') THEN PERFORM make_partitions(v_upto); END IF;
  RETURN v_firsts;
END $$;

INSERT INTO meta VALUES ('partition_messages', '1048576'), ('partitions_until', '0');
SELECT make_partitions(1048576);
`;
