/**
 * Nodes, their shards of lanes, leases, and what wakes, is released or ends by other hands. All expiry is judged by the
 * database's clock. A node's row stands for all its leases: whoever takes over from a node locks that row first.
 */
export const NODES = `
CREATE FUNCTION end_open(p_ids bigint[], p_state smallint, p_at bigint, p_prints text[]) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  v_lanes text[];
BEGIN
  v_lanes := ARRAY(
    SELECT DISTINCT l.lane FROM open_delivery o CROSS JOIN LATERAL unnest(o.stood) AS l (lane)
    WHERE o.id = ANY (p_ids) AND o.state <> 2
  );
  DELETE FROM sleeper_key WHERE delivery = ANY (p_ids);
  WITH gone AS (
    DELETE FROM open_delivery o WHERE o.id = ANY (p_ids) RETURNING o.*
  ), left_lanes AS (
    DELETE FROM delivery_lane d USING (SELECT unnest(g.stood) AS lane, g.place FROM gone g) g
    WHERE d.lane = g.lane AND d.place = g.place
  )
  INSERT INTO delivery (
    id, connection, flow, version, state, due_at, attempts, steps, possible_duplicate, replay_of, replayed_by, created_at,
    finished_at, lanes, step, failure, fingerprint, released_at, released_attempts
  )
  SELECT g.id, g.connection, g.flow, g.version, p_state, g.due_at, g.attempts, g.steps, g.possible_duplicate, g.replay_of,
    g.replayed_by, g.created_at, p_at, g.lanes, g.step, g.failure, p.print, g.released_at, g.released_attempts
  FROM gone g LEFT JOIN unnest(p_ids, p_prints) AS p (id, print) ON p.id = g.id;
  RETURN v_lanes;
END $$;

CREATE FUNCTION due_heads(p_shards smallint[], p_now bigint, p_passed bigint[], p_limit integer)
RETURNS bigint[] LANGUAGE sql STABLE AS $$
  -- Of each shard twice its share: in the index they stand in order, and what other nodes have is not looked through.
  SELECT ARRAY(
    SELECT d.id FROM unnest(p_shards) AS s (id) CROSS JOIN LATERAL (
      SELECT o.id, o.due_at, o.place FROM open_delivery o
      WHERE o.shard = s.id AND o.candidate AND o.state = 0 AND o.due_at <= p_now AND o.id <> ALL (p_passed)
      ORDER BY o.due_at, o.place LIMIT greatest(16, 2 * p_limit / cardinality(p_shards))
    ) d
    ORDER BY d.due_at, d.place LIMIT p_limit
  )
$$;

CREATE FUNCTION lease_heads(
  p_slot smallint, p_node bigint, p_epoch bigint, p_now bigint, p_limit integer
) RETURNS TABLE (id bigint, fresh boolean) LANGUAGE plpgsql AS $$
DECLARE
  v_mine smallint[] := ARRAY(SELECT s.id FROM shard s WHERE s.node = p_node);
  v_due bigint[] := due_heads(v_mine, p_now, '{}', p_limit);
  v_picked bigint[];
  v_taken bigint[] := '{}';
  v_passed bigint[] := '{}';
  v_blocked bigint[];
  v_blockers bigint[];
  v_held bigint[];
  v_parked bigint[];
BEGIN
  -- Nothing to give: nothing is locked, so nothing need be written and synced.
  IF cardinality(v_due) = 0 AND EXISTS (SELECT 1 FROM node WHERE node.id = p_node AND expires_at > clock_timestamp())
  THEN RETURN; END IF;
  PERFORM 1 FROM node WHERE node.id = p_node AND expires_at > clock_timestamp() FOR SHARE;
  IF NOT FOUND THEN RAISE EXCEPTION 'the leases of this node have expired' USING ERRCODE = 'SU002'; END IF;
  LOOP
    v_picked := ARRAY(
      SELECT o.id FROM open_delivery o
      WHERE o.id = ANY (v_due) AND o.candidate AND o.state = 0 AND o.due_at <= p_now FOR UPDATE SKIP LOCKED
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
    v_due := due_heads(v_mine, p_now, v_passed, p_limit - cardinality(v_taken));
  END LOOP;
  IF cardinality(v_taken) = 0 THEN RETURN; END IF;
  RETURN QUERY
  SELECT o.id, o.attempts = 0 AND o.steps = 0 AND NOT o.possible_duplicate AND o.failure IS NULL AND o.released_at IS NULL
  FROM unnest(v_taken) AS t (id) JOIN open_delivery o USING (id) ORDER BY o.due_at, o.place;
END $$;

CREATE FUNCTION resolved_key(p_key text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN p_key ~ '^.+#[^#]*$'
    THEN survivor_of(substring(p_key FROM '^(.+)#[^#]*$')) || substring(p_key FROM '(#[^#]*)$') ELSE p_key END
$$;

CREATE FUNCTION keys_within(p_lanes text[], p_key text) RETURNS SETOF text LANGUAGE sql STABLE AS $$
  SELECT DISTINCT l.lane || p_key FROM unnest(p_lanes) AS l (lane) WHERE left(p_key, 1) = '#'
  UNION ALL
  SELECT resolved_key(p_key) WHERE left(p_key, 1) <> '#'
$$;

CREATE FUNCTION lanes_led_to(p_lanes text[]) RETURNS text[] LANGUAGE sql STABLE AS $$
  SELECT ARRAY(SELECT DISTINCT survivor_of(l.lane) FROM unnest(p_lanes) AS l (lane))
$$;

CREATE FUNCTION key_sleepers(p_ids bigint[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO sleeper_key (key, cancels, delivery)
  SELECT k.key, false, o.id FROM open_delivery o CROSS JOIN LATERAL keys_within(lanes_led_to(o.lanes), o.wake_on) AS k (key)
  WHERE o.id = ANY (p_ids) AND o.state = 2 AND o.wake_on IS NOT NULL
  UNION ALL
  SELECT k.key, true, o.id FROM open_delivery o CROSS JOIN LATERAL keys_within(lanes_led_to(o.lanes), o.cancel_on) AS k (key)
  WHERE o.id = ANY (p_ids) AND o.state = 2 AND o.cancel_on IS NOT NULL
  ON CONFLICT DO NOTHING
$$;

CREATE FUNCTION lock_sleep(p_falls boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- Events and those who fall asleep never look past each other; events among themselves may.
  IF p_falls THEN PERFORM pg_advisory_xact_lock(1937077367, 0);
  ELSE PERFORM pg_advisory_xact_lock_shared(1937077367, 0);
  END IF;
END $$;

CREATE FUNCTION came_before_sleep(p_falling json)
RETURNS TABLE (id bigint, ended bigint, woken bigint, place bigint) LANGUAGE sql STABLE AS $$
  SELECT f.id, c.message, w.message, w.place
  FROM json_to_recordset(p_falling) AS f (id bigint, wake_on text, cancel_on text)
  JOIN open_delivery o ON o.id = f.id
  LEFT JOIN LATERAL (
    SELECT e.message FROM keys_within(o.lanes || lanes_led_to(o.lanes), f.cancel_on) AS k (key)
    JOIN lane_event e ON e.key = k.key COLLATE "C" AND e.cancels WHERE e.place > o.planned LIMIT 1
  ) c ON true
  LEFT JOIN LATERAL (
    SELECT e.message, e.place FROM keys_within(o.lanes || lanes_led_to(o.lanes), f.wake_on) AS k (key)
    JOIN lane_event e ON e.key = k.key COLLATE "C" AND NOT e.cancels
    WHERE e.place > greatest(o.planned, o.woken_by) LIMIT 1
  ) w ON true
$$;

CREATE FUNCTION event_came(p_message bigint, p_place bigint, p_cancels text[], p_wakes text[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO lane_event AS t (key, cancels, message, place)
  SELECT DISTINCT ON (1, 2) resolved_key(u.key), u.cancels, p_message, p_place FROM (
    SELECT c, true FROM unnest(p_cancels) c UNION ALL SELECT w, false FROM unnest(p_wakes) w
  ) AS u (key, cancels)
  ORDER BY 1, 2
  ON CONFLICT (key, cancels) DO UPDATE SET
    message = CASE WHEN t.place < excluded.place THEN excluded.message ELSE t.message END,
    place = greatest(t.place, excluded.place)
$$;

CREATE FUNCTION sleepers_with(p_keys text[], p_cancels boolean, p_limit integer) RETURNS SETOF bigint LANGUAGE sql AS $$
  SELECT o.id FROM open_delivery o WHERE o.state = 2 AND o.id IN (
    SELECT s.delivery FROM unnest(p_keys) AS k (key) JOIN sleeper_key s ON s.key = resolved_key(k.key) COLLATE "C"
    WHERE s.cancels = p_cancels ORDER BY s.delivery LIMIT p_limit
  ) ORDER BY o.id FOR UPDATE
$$;

CREATE FUNCTION sleepers_due(p_now bigint, p_limit integer) RETURNS SETOF bigint LANGUAGE sql AS $$
  SELECT id FROM open_delivery WHERE state = 2 AND wake_at <= p_now ORDER BY wake_at, id LIMIT p_limit FOR UPDATE SKIP LOCKED
$$;

CREATE FUNCTION stand_again(p_slot smallint, p_ids bigint[], p_now bigint, p_by bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM sleeper_key WHERE delivery = ANY (p_ids);
  IF p_by IS NOT NULL THEN UPDATE open_delivery SET woken_by = p_by WHERE id = ANY (p_ids); END IF;
  PERFORM enter_lanes(ARRAY(
    SELECT ROW(0, o.id, o.connection, o.flow, o.version, o.lanes, p_now, o.created_at, o.replay_of, o.steps)::entering
    FROM unnest(p_ids) WITH ORDINALITY AS i (id, ord) JOIN open_delivery o USING (id) ORDER BY i.ord
  ), true);
END $$;

CREATE FUNCTION end_moved(p_slot smallint, p_ids bigint[], p_state smallint, p_at bigint, p_prints text[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce(cardinality(p_ids), 0) = 0 THEN RETURN; END IF;
  PERFORM move_tallies(
    p_slot, array_agg(o.connection), array_agg(o.state), array_fill(p_state, ARRAY[cardinality(p_ids)])
  ) FROM open_delivery o WHERE o.id = ANY (p_ids);
  PERFORM promote(end_open(p_ids, p_state, p_at, p_prints));
END $$;

CREATE FUNCTION answer_one(p_slot smallint, p_id bigint, p_state smallint, p_at bigint, p_steps json, p_bytes bytea, p_print text)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_row open_delivery;
BEGIN
  PERFORM put_steps(ARRAY(SELECT s FROM json_populate_recordset(NULL::stepping, p_steps) s), p_bytes);
  SELECT * INTO v_row FROM open_delivery WHERE id = p_id;
  IF p_state <> 0 THEN
    PERFORM end_moved(p_slot, ARRAY[p_id], p_state, p_at, ARRAY[p_print]);
  ELSIF v_row.state = 2 THEN
    PERFORM stand_again(p_slot, ARRAY[p_id], p_at, NULL);
  ELSE
    UPDATE open_delivery SET state = 0, held_for = NULL, due_at = p_at WHERE id = p_id;
    PERFORM promote(v_row.stood);
  END IF;
END $$;

CREATE FUNCTION may_release(p_ids bigint[], p_dead boolean, p_at bigint)
RETURNS TABLE (id bigint, flow integer, failure text) LANGUAGE sql AS $$
  -- Whoever waits behind another has nothing to give up yet. Who is held may be anywhere after an unlink; but one that
  -- stands in several lanes keeps the order between them as long as it is not the first.
  SELECT o.id, o.flow, o.failure FROM open_delivery o
  WHERE o.id = ANY (p_ids) AND o.state IN (0, 3) AND CASE
    WHEN p_dead THEN (o.state = 3 AND cardinality(o.stood) = 1) OR NOT EXISTS (
      SELECT 1 FROM unnest(o.stood) AS l (lane) JOIN delivery_lane b ON b.lane = l.lane AND b.place < o.place
    )
    ELSE o.state = 3 OR o.due_at > p_at END
  ORDER BY o.id FOR UPDATE OF o
$$;

CREATE FUNCTION go_on(p_slot smallint, p_ids bigint[], p_at bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE open_delivery SET state = 0, held_for = NULL, due_at = p_at,
    released_at = CASE WHEN state = 3 THEN p_at ELSE released_at END,
    released_attempts = CASE WHEN state = 3 THEN attempts ELSE released_attempts END
  WHERE id = ANY (p_ids);
  PERFORM promote(ARRAY(SELECT DISTINCT l FROM open_delivery o, unnest(o.stood) l WHERE o.id = ANY (p_ids)));
END $$;

CREATE FUNCTION link_lanes(p_from text, p_to text, p_undo boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_before text[] := ARRAY[survivor_of(p_from), survivor_of(p_to)];
  v_led text[];
  v_ids bigint[];
BEGIN
  IF p_undo THEN
    v_led := ARRAY(
      WITH RECURSIVE led (lane) AS (
        SELECT survivor FROM lane_alias WHERE retired = p_from
        UNION SELECT a.survivor FROM lane_alias a JOIN led ON a.retired = led.lane
      ) SELECT lane FROM led
    );
    IF p_to = ANY (v_led) THEN
      -- Deliveries of it may stand in any lane that it led through.
      INSERT INTO lane_parted SELECT p_from, l FROM unnest(v_led) l ON CONFLICT DO NOTHING;
      DELETE FROM lane_alias WHERE retired = p_from;
    END IF;
  ELSE
    -- One lane already, whoever of the two is called the survivor now: a ring would be no lane at all.
    IF v_before[1] <> v_before[2] THEN
      INSERT INTO lane_alias VALUES (v_before[1], p_to) ON CONFLICT (retired) DO UPDATE SET survivor = excluded.survivor;
    END IF;
  END IF;
  v_ids := ARRAY(
    SELECT DISTINCT s.delivery FROM unnest(v_before) AS l (lane)
    JOIN sleeper_key s ON s.key >= (l.lane || '#') COLLATE "C" AND s.key < (l.lane || '$') COLLATE "C"
  );
  DELETE FROM sleeper_key WHERE delivery = ANY (v_ids);
  PERFORM key_sleepers(v_ids);
END $$;

CREATE FUNCTION hold_lanes(p_slot smallint, p_from text, p_to text, p_reason smallint, p_failure text)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_ids bigint[];
BEGIN
  v_ids := ARRAY(
    SELECT o.id FROM open_delivery o WHERE o.state = 0 AND o.id IN (
      SELECT d.delivery FROM delivery_lane d WHERE d.lane = ANY (lanes_led_to(ARRAY[p_from, p_to]))
    ) ORDER BY o.id FOR UPDATE
  );
  IF cardinality(v_ids) = 0 THEN RETURN; END IF;
  UPDATE open_delivery SET state = 3, candidate = false, held_for = p_reason, failure = p_failure WHERE id = ANY (v_ids);
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
