/**
 * What many rows at a time are written with. Every statement of a function sees what was committed before it began, so
 * "lock, then look" holds across nodes.
 *
 * Lanes. `candidate` marks deliveries that may be heads; a lease looks at the lanes themselves before it believes the
 * mark. Somebody who stands behind another loses the mark only while the row of the one before is locked (FOR SHARE):
 * whoever leaves a lane locks its own row first and looks for the next one afterwards, so the next one is always seen
 * and marked. A row that cannot be locked at once is leaving just now: then the mark stays, and the lease will look.
 *
 * A migration never changes a function that the version before calls: while nodes are exchanged one by one both run.
 */
export const FUNCTIONS = `
CREATE TYPE arriving AS (
  n integer, id bigint, c integer, at bigint, door smallint, fmt smallint, type text, ctl text, st smallint, why text,
  fl integer, size integer, planned integer, parent bigint, sender bigint, did text, hash text, since bigint, judged boolean, times integer,
  pats text[], off integer, len integer
);
CREATE TYPE entering AS (
  n integer, id bigint, c integer, flow integer, version integer, lanes text[], due bigint, created bigint,
  replay_of bigint, steps integer
);
CREATE TYPE standing_lane AS (id bigint, ord bigint, lane text);
CREATE TYPE settling AS (
  id bigint, epoch bigint, state smallint, at bigint, ms bigint, tries integer, due bigint, failure text,
  fingerprint text, step text, held smallint, dup boolean, wake_at bigint, wake_on text, cancel_on text, off integer,
  len integer
);
CREATE TYPE stepping AS (id bigint, step text, started_at bigint, ms bigint, off integer, len integer);

CREATE FUNCTION survivor_of(p_lane text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_next text;
  v_at text := p_lane;
BEGIN
  LOOP
    SELECT survivor INTO v_next FROM lane_alias WHERE retired = v_at;
    IF v_next IS NULL THEN RETURN v_at; END IF;
    v_at := v_next;
  END LOOP;
END $$;

CREATE FUNCTION others_of(p_lane text) RETURNS SETOF text LANGUAGE sql STABLE AS $$
  -- Lanes that joined this one, directly or through others, and those that any of them was parted from.
  WITH RECURSIVE all_of (lane) AS (
    SELECT p_lane
    UNION
    SELECT x.lane FROM all_of o CROSS JOIN LATERAL (
      SELECT a.retired FROM lane_alias a WHERE a.survivor = o.lane
      UNION ALL
      SELECT p.survivor FROM lane_parted p WHERE p.retired = o.lane
    ) x (lane)
  ) SELECT lane FROM all_of WHERE lane <> p_lane
$$;

CREATE FUNCTION lock_append(p_connections integer[], p_lanes_change boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_connection integer;
BEGIN
  IF p_lanes_change THEN PERFORM pg_advisory_xact_lock(1937077364, 0);
  ELSE PERFORM pg_advisory_xact_lock_shared(1937077364, 0);
  END IF;
  FOR v_connection IN SELECT DISTINCT c FROM unnest(p_connections) c ORDER BY c LOOP
    PERFORM pg_advisory_xact_lock(1937077365, v_connection);
  END LOOP;
END $$;

CREATE FUNCTION enter_lanes(p_entering entering[], p_again boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_lanes standing_lane[];
  v_blocked text[];
  v_blockers bigint[];
  v_busy text[] := '{}';
BEGIN
  IF coalesce(cardinality(p_entering), 0) = 0 THEN RETURN; END IF;
  v_lanes := ARRAY(
    SELECT DISTINCT ROW(d.id, d.ord, CASE WHEN a.retired IS NULL THEN l.lane ELSE survivor_of(l.lane) END)::standing_lane
    FROM unnest(p_entering) WITH ORDINALITY AS d (n, id, c, flow, version, lanes, due, created, replay_of, steps, ord)
    CROSS JOIN LATERAL unnest(d.lanes) AS l (lane)
    LEFT JOIN lane_alias a ON a.retired = l.lane
  );
  -- Who still stands in a retired lane from before its merge, and not in the survivor's, stays before the first that
  -- comes; so does who stands in the lane that an unlink left.
  IF EXISTS (SELECT 1 FROM lane_alias) OR EXISTS (SELECT 1 FROM lane_parted) THEN
    v_lanes := v_lanes || ARRAY(
      SELECT DISTINCT ROW(s.id, s.ord, r.lane)::standing_lane
      FROM (SELECT DISTINCT ON (u.lane) u.id, u.ord, u.lane FROM unnest(v_lanes) u ORDER BY u.lane, u.ord) s
      CROSS JOIN LATERAL others_of(s.lane) AS r (lane)
      CROSS JOIN LATERAL (SELECT o.delivery FROM delivery_lane o WHERE o.lane = r.lane ORDER BY o.place DESC LIMIT 1) f
      JOIN open_delivery last ON last.id = f.delivery
      WHERE s.lane <> ALL (last.stood)
        AND NOT EXISTS (SELECT 1 FROM unnest(v_lanes) v WHERE v.id = s.id AND v.lane = r.lane)
    );
  END IF;
  SELECT array_agg(x.lane), array_agg(f.delivery) INTO v_blocked, v_blockers
  FROM (SELECT DISTINCT s.lane FROM unnest(v_lanes) s) x
  CROSS JOIN LATERAL (SELECT o.delivery FROM delivery_lane o WHERE o.lane = x.lane ORDER BY o.place LIMIT 1) f;
  IF v_blocked IS NOT NULL THEN
    v_blockers := ARRAY(
      WITH held AS MATERIALIZED (
        SELECT id FROM open_delivery WHERE id = ANY (v_blockers) AND state <> 2 ORDER BY id FOR SHARE SKIP LOCKED
      )
      SELECT CASE WHEN held.id IS NULL THEN 0 ELSE held.id END
      FROM unnest(v_blockers) WITH ORDINALITY AS b (id, ord) LEFT JOIN held USING (id) ORDER BY b.ord
    );
    v_busy := ARRAY(SELECT u.lane FROM unnest(v_blocked, v_blockers) AS u (lane, id) WHERE u.id > 0);
  END IF;
  WITH one AS (
    SELECT s.id, s.ord, array_agg(s.lane) AS stood, bool_or(s.behind) AS behind
    FROM (
      SELECT l.id, l.ord, l.lane,
        b.lane IS NOT NULL OR row_number() OVER (PARTITION BY l.lane ORDER BY l.ord) > 1 AS behind
      FROM unnest(v_lanes) l LEFT JOIN unnest(v_busy) AS b (lane) ON b.lane = l.lane
    ) s
    GROUP BY s.id, s.ord ORDER BY s.ord
  ), placed AS MATERIALIZED (
    SELECT one.*, nextval('place') AS place FROM one
  ), again AS (
    UPDATE open_delivery o
    SET state = 0, place = p.place, stood = p.stood, shard = (hashtext(p.stood[1]) & 63)::smallint, due_at = d.due,
      candidate = NOT p.behind, held_for = NULL, wake_at = NULL, wake_on = NULL, cancel_on = NULL
    FROM placed p JOIN unnest(p_entering) d USING (id) WHERE p_again AND o.id = p.id
  ), added AS (
    INSERT INTO open_delivery (
      id, connection, flow, version, state, place, planned, due_at, attempts, steps, possible_duplicate, replay_of,
      created_at, lanes, stood, shard, candidate, epoch
    )
    SELECT d.id, d.c, d.flow, d.version, 0, p.place, p.place, d.due, 0, d.steps, false, d.replay_of, d.created,
      d.lanes, p.stood, (hashtext(p.stood[1]) & 63)::smallint, NOT p.behind, 0
    FROM placed p JOIN unnest(p_entering) d USING (id) WHERE NOT p_again
  )
  INSERT INTO delivery_lane (lane, place, delivery) SELECT l.lane, p.place, p.id FROM placed p, unnest(p.stood) AS l (lane);
END $$;

CREATE FUNCTION promote(p_lanes text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_firsts bigint[];
  v_blocked bigint[];
  v_blockers bigint[];
  v_held bigint[];
BEGIN
  v_firsts := ARRAY(
    SELECT DISTINCT f.delivery FROM (SELECT DISTINCT l FROM unnest(p_lanes) l) x (lane)
    CROSS JOIN LATERAL (SELECT o.delivery FROM delivery_lane o WHERE o.lane = x.lane ORDER BY o.place LIMIT 1) f
  );
  IF cardinality(v_firsts) = 0 THEN RETURN; END IF;
  v_firsts := ARRAY(
    SELECT id FROM open_delivery WHERE id = ANY (v_firsts) AND state = 0 AND NOT candidate ORDER BY id FOR UPDATE
  );
  IF cardinality(v_firsts) = 0 THEN RETURN; END IF;
  SELECT array_agg(o.id), array_agg(b.delivery) INTO v_blocked, v_blockers
  FROM open_delivery o CROSS JOIN LATERAL unnest(o.stood) AS l (lane)
  CROSS JOIN LATERAL (
    SELECT b.delivery FROM delivery_lane b WHERE b.lane = l.lane AND b.place < o.place ORDER BY b.place LIMIT 1
  ) b
  WHERE o.id = ANY (v_firsts) AND cardinality(o.stood) > 1;
  IF v_blocked IS NOT NULL THEN
    v_held := ARRAY(SELECT id FROM open_delivery WHERE id = ANY (v_blockers) AND state <> 2 ORDER BY id FOR SHARE SKIP LOCKED);
    v_blocked := ARRAY(SELECT u.id FROM unnest(v_blocked, v_blockers) AS u (id, by) WHERE u.by = ANY (v_held));
    v_firsts := ARRAY(SELECT f FROM unnest(v_firsts) f WHERE f <> ALL (v_blocked));
  END IF;
  UPDATE open_delivery SET candidate = true WHERE id = ANY (v_firsts);
END $$;

CREATE FUNCTION move_tallies(p_slot smallint, p_connections integer[], p_from smallint[], p_into smallint[])
RETURNS void LANGUAGE sql AS $$
  -- What has not ended (states 0 to 3) is one number: who is leased, held or asleep changes nothing.
  INSERT INTO tally AS t (connection, slot, open, delivered, filtered, dead)
  SELECT m.c, p_slot, sum((m.into_state BETWEEN 0 AND 3)::int - (m.from_state BETWEEN 0 AND 3)::int),
    sum((m.into_state = 4)::int - (m.from_state = 4)::int), sum((m.into_state = 5)::int - (m.from_state = 5)::int),
    sum((m.into_state = 6)::int - (m.from_state = 6)::int)
  FROM unnest(p_connections, p_from, p_into) AS m (c, from_state, into_state)
  GROUP BY m.c HAVING bool_or(m.into_state NOT BETWEEN 0 AND 3 OR m.from_state NOT BETWEEN 0 AND 3) ORDER BY m.c
  ON CONFLICT (connection, slot) DO UPDATE SET open = t.open + excluded.open,
    delivered = t.delivered + excluded.delivered, filtered = t.filtered + excluded.filtered, dead = t.dead + excluded.dead
$$;

CREATE FUNCTION append_messages(
  p_slot smallint, p_lanes_change boolean, p_messages json, p_deliveries json, p_bytes bytea, p_group text, p_ahead text
)
RETURNS TABLE (n integer, repeated bigint, at bigint) LANGUAGE plpgsql AS $$
DECLARE
  v_rows arriving[] := ARRAY(SELECT x FROM json_populate_recordset(NULL::arriving, p_messages) x);
  v_plans entering[];
  v_repeats integer[];
  v_firsts bigint[];
  v_told bigint;
  v_more bigint;
BEGIN
  -- A setting of a transaction that is rolled back is the one before: this is whether the group ahead was kept.
  IF p_ahead IS NOT NULL AND current_setting('suture.appended', true) IS DISTINCT FROM p_ahead THEN
    RAISE EXCEPTION 'the group ahead was not kept' USING ERRCODE = 'SU004';
  END IF;
  PERFORM set_config('suture.appended', p_group, false);
  PERFORM lock_append(ARRAY(SELECT DISTINCT r.c FROM unnest(v_rows) r), p_lanes_change);
  IF EXISTS (SELECT 1 FROM unnest(v_rows) r JOIN connection k ON k.id = r.c WHERE r.id <= k.last_message) THEN
    RAISE EXCEPTION 'ids of another node came in between' USING ERRCODE = 'SU001';
  END IF;
  SELECT array_agg(k.n), array_agg(k.message) INTO v_repeats, v_firsts FROM (
    SELECT DISTINCT ON (r.n) r.n, d.message
    FROM unnest(v_rows) r JOIN dedupe d ON d.sender = r.sender AND d.id = r.did
    WHERE d.hash = r.hash AND d.received_at >= coalesce(r.since, d.received_at) AND NOT r.judged ORDER BY r.n, d.message
  ) k;
  -- The same id with other bytes: whoever holds the key compares the two.
  IF EXISTS (
    SELECT 1 FROM unnest(v_rows) r JOIN dedupe d ON d.sender = r.sender AND d.id = r.did
    WHERE NOT r.judged AND d.received_at >= coalesce(r.since, d.received_at) AND (v_repeats IS NULL OR r.n <> ALL (v_repeats))
  ) THEN
    RAISE EXCEPTION 'an id came again with other bytes' USING ERRCODE = 'SU003';
  END IF;
  v_plans := ARRAY(SELECT x FROM json_populate_recordset(NULL::entering, p_deliveries) x);
  IF v_repeats IS NOT NULL THEN
    INSERT INTO tally AS t (connection, slot, repeats)
    SELECT r.c, p_slot, sum(r.times + 1) FROM unnest(v_rows) r WHERE r.n = ANY (v_repeats) GROUP BY r.c ORDER BY r.c
    ON CONFLICT (connection, slot) DO UPDATE SET repeats = t.repeats + excluded.repeats;
    RETURN QUERY
    UPDATE message m SET repeats = m.repeats + r.times + 1
    FROM unnest(v_repeats, v_firsts) AS k (kn, first) JOIN unnest(v_rows) r ON r.n = k.kn
    WHERE m.id = k.first RETURNING k.kn, m.id, m.received_at;
    GET DIAGNOSTICS v_told = ROW_COUNT;
    IF v_told < cardinality(v_repeats) THEN
      RETURN QUERY
      UPDATE dedupe d SET repeats = d.repeats + r.times + 1
      FROM unnest(v_repeats, v_firsts) AS k (kn, first) JOIN unnest(v_rows) r ON r.n = k.kn
      WHERE d.sender = r.sender AND d.id = r.did AND d.message = k.first AND d.departed
      RETURNING k.kn, d.message, d.received_at;
      GET DIAGNOSTICS v_more = ROW_COUNT;
      v_told := v_told + v_more;
    END IF;
    -- The first was pruned while we looked: what is then no repeat must be kept, so all is done again.
    IF v_told < cardinality(v_repeats) THEN
      RAISE EXCEPTION 'the first of a repeat has left' USING ERRCODE = 'SU001';
    END IF;
    v_plans := ARRAY(SELECT d FROM unnest(v_plans) d WHERE d.n <> ALL (v_repeats));
    v_rows := ARRAY(SELECT r FROM unnest(v_rows) r WHERE r.n <> ALL (v_repeats));
  END IF;
  INSERT INTO message (
    id, connection, received_at, door, format, type, control_id, state, reason, flags, repeats, size, planned, parent,
    sender, dedupe_id, hash, sealed
  )
  SELECT r.id, r.c, r.at, r.door, r.fmt, r.type, r.ctl, r.st, r.why, r.fl, r.times, r.size, r.planned,
    r.parent, r.sender, r.did, r.hash, substring(p_bytes FROM r.off + 1 FOR r.len)
  FROM unnest(v_rows) r;
  INSERT INTO dedupe (sender, id, hash, message, connection, received_at)
  SELECT r.sender, r.did, r.hash, r.id, r.c, r.at FROM unnest(v_rows) r WHERE r.sender IS NOT NULL;
  INSERT INTO message_patient (patient, message)
  SELECT DISTINCT p.patient, r.id FROM unnest(v_rows) r CROSS JOIN LATERAL unnest(r.pats) AS p (patient);
  PERFORM enter_lanes(v_plans, false);
  UPDATE connection k SET last_message = m.id
  FROM (SELECT r.c, max(r.id) AS id FROM unnest(v_rows) r GROUP BY r.c) m WHERE k.id = m.c;
  INSERT INTO tally_minute AS t (minute, connection, received, first_id, last_id)
  SELECT r.at / 60000, r.c, count(*), min(r.id), max(r.id) FROM unnest(v_rows) r GROUP BY 1, 2 ORDER BY 1, 2
  ON CONFLICT (minute, connection) DO UPDATE SET received = t.received + excluded.received,
    first_id = least(t.first_id, excluded.first_id), last_id = greatest(t.last_id, excluded.last_id);
  INSERT INTO tally AS t (connection, slot, received, rejected, unrouted, repeats, open, last_received_at)
  SELECT r.c, p_slot, count(*), sum(r.st), sum((r.st = 0 AND r.planned = 0)::int), sum(r.times), sum(r.planned), max(r.at)
  FROM unnest(v_rows) r GROUP BY r.c ORDER BY r.c
  ON CONFLICT (connection, slot) DO UPDATE SET received = t.received + excluded.received,
    rejected = t.rejected + excluded.rejected, unrouted = t.unrouted + excluded.unrouted,
    repeats = t.repeats + excluded.repeats, open = t.open + excluded.open,
    last_received_at = greatest(t.last_received_at, excluded.last_received_at);
END $$;

CREATE FUNCTION put_steps(p_steps stepping[], p_bytes bytea) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce(cardinality(p_steps), 0) = 0 THEN RETURN; END IF;
  UPDATE step_output o SET started_at = s.started_at, ms = s.ms, sealed = substring(p_bytes FROM s.off + 1 FOR s.len)
  FROM unnest(p_steps) s JOIN open_delivery d USING (id) WHERE d.steps > 0 AND o.delivery = s.id AND o.step = s.step;
  WITH fresh AS (
    SELECT s.*, d.steps + row_number() OVER (PARTITION BY s.id ORDER BY s.ord) - 1 AS seq
    FROM unnest(p_steps) WITH ORDINALITY AS s (id, step, started_at, ms, off, len, ord) JOIN open_delivery d USING (id)
    WHERE d.steps = 0 OR NOT EXISTS (SELECT 1 FROM step_output o WHERE o.delivery = s.id AND o.step = s.step)
  ), added AS (
    INSERT INTO step_output (delivery, seq, step, started_at, ms, sealed)
    SELECT f.id, f.seq, f.step, f.started_at, f.ms, substring(p_bytes FROM f.off + 1 FOR f.len) FROM fresh f
    RETURNING delivery, seq
  )
  UPDATE open_delivery o SET steps = a.steps
  FROM (SELECT delivery, max(seq) + 1 AS steps FROM added GROUP BY delivery) a WHERE o.id = a.delivery;
END $$;

CREATE FUNCTION settle_deliveries(p_slot smallint, p_node bigint, p_ends json, p_steps json, p_bytes bytea)
RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
  v_ends settling[] := ARRAY(SELECT x FROM json_populate_recordset(NULL::settling, p_ends) x);
  v_live bigint[];
  v_lanes text[];
  v_connections integer[];
  v_states smallint[];
BEGIN
  PERFORM 1 FROM node WHERE id = p_node AND expires_at > clock_timestamp();
  IF NOT FOUND THEN RETURN '{}'; END IF;
  v_live := ARRAY(
    SELECT o.id FROM unnest(v_ends) e JOIN open_delivery o ON o.id = e.id AND o.epoch = e.epoch AND o.state = 1
    ORDER BY o.id FOR UPDATE OF o
  );
  v_ends := ARRAY(SELECT e FROM unnest(v_ends) e JOIN unnest(v_live) AS l (id) ON l.id = e.id);
  IF cardinality(v_live) = 0 THEN RETURN v_live; END IF;
  PERFORM put_steps(
    ARRAY(
      SELECT s FROM json_populate_recordset(NULL::stepping, p_steps) s JOIN unnest(v_live) AS l (id) ON l.id = s.id
    ), p_bytes
  );
  -- Only remembered: nothing moves.
  v_ends := ARRAY(SELECT e FROM unnest(v_ends) e WHERE e.state IS NOT NULL);
  IF cardinality(v_ends) = 0 THEN RETURN v_live; END IF;
  SELECT array_agg(o.connection), array_agg(e.state) INTO v_connections, v_states
  FROM unnest(v_ends) e JOIN open_delivery o USING (id);
  v_lanes := ARRAY(
    SELECT DISTINCT l.lane FROM unnest(v_ends) e JOIN open_delivery o USING (id) CROSS JOIN LATERAL unnest(o.stood) AS l (lane)
  );
  INSERT INTO attempt (delivery, attempt, ended_at, ms, failure, sealed)
  SELECT e.id, o.attempts + 1, e.at, e.ms, e.failure,
    CASE WHEN e.len IS NULL THEN NULL ELSE substring(p_bytes FROM e.off + 1 FOR e.len) END
  FROM unnest(v_ends) e JOIN open_delivery o USING (id) WHERE e.failure IS NOT NULL;
  WITH gone AS (
    DELETE FROM open_delivery o USING unnest(v_ends) e WHERE o.id = e.id AND e.state > 3
    RETURNING o.id, o.connection, o.flow, o.version, e.state, o.due_at, o.attempts + e.tries AS attempts, o.steps,
      o.possible_duplicate, o.replay_of, o.replayed_by, o.created_at, e.at, o.lanes, e.step,
      coalesce(e.failure, o.failure) AS failure, e.fingerprint, o.stood, o.place, o.released_at, o.released_attempts
  ), left_lanes AS (
    DELETE FROM delivery_lane d USING (SELECT unnest(g.stood) AS lane, g.place FROM gone g) g
    WHERE d.lane = g.lane AND d.place = g.place
  )
  INSERT INTO delivery (
    id, connection, flow, version, state, due_at, attempts, steps, possible_duplicate, replay_of, replayed_by, created_at,
    finished_at, lanes, step, failure, fingerprint, released_at, released_attempts
  )
  SELECT g.id, g.connection, g.flow, g.version, g.state, g.due_at, g.attempts, g.steps, g.possible_duplicate, g.replay_of,
    g.replayed_by, g.created_at, g.at, g.lanes, g.step, g.failure, g.fingerprint, g.released_at, g.released_attempts
  FROM gone g;
  DELETE FROM delivery_lane d USING (
    SELECT unnest(o.stood) AS lane, o.place FROM unnest(v_ends) e JOIN open_delivery o USING (id) WHERE e.state = 2
  ) g WHERE d.lane = g.lane AND d.place = g.place;
  UPDATE open_delivery o SET
    state = e.state, attempts = o.attempts + e.tries, epoch = 0, candidate = false,
    due_at = coalesce(e.due, o.due_at), failure = coalesce(e.failure, o.failure),
    possible_duplicate = o.possible_duplicate OR coalesce(e.dup, false),
    step = CASE WHEN e.state IN (2, 3) THEN e.step ELSE o.step END, held_for = e.held,
    wake_at = e.wake_at, wake_on = e.wake_on, cancel_on = e.cancel_on
  FROM unnest(v_ends) e WHERE o.id = e.id AND e.state < 4;
  PERFORM promote(v_lanes);
  PERFORM move_tallies(p_slot, v_connections, array_fill(1::smallint, ARRAY[cardinality(v_states)]), v_states);
  RETURN v_live;
END $$;
`;
