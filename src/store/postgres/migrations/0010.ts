/**
 * Two functions that every lease and every settlement calls, as they were but in PL/pgSQL: the server parses and plans one in SQL at
 * each call, one in PL/pgSQL once in a session. And of each shard no more heads are looked at than are asked for. Nodes of the
 * version before call them, too: what they give is what it was.
 */
export const PLANNED_ONCE = `
CREATE OR REPLACE FUNCTION due_heads(p_shards smallint[], p_now bigint, p_passed bigint[], p_limit integer)
RETURNS bigint[] LANGUAGE plpgsql STABLE AS $$
BEGIN
  -- Of each shard twice its share: in the index they stand in order, and what other nodes have is not looked through.
  RETURN ARRAY(
    SELECT d.id FROM unnest(p_shards) AS s (id) CROSS JOIN LATERAL (
      SELECT o.id, o.due_at, o.place FROM open_delivery o
      WHERE o.shard = s.id AND o.candidate AND o.state = 0 AND o.due_at <= p_now AND o.id <> ALL (p_passed)
      ORDER BY o.due_at, o.place LIMIT least(p_limit, greatest(16, 2 * p_limit / cardinality(p_shards)))
    ) d
    ORDER BY d.due_at, d.place LIMIT p_limit
  );
END $$;

CREATE OR REPLACE FUNCTION move_tallies(
  p_slot smallint, p_connections integer[], p_from smallint[], p_into smallint[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- What has not ended (states 0 to 3) is one number: who is leased, held or asleep changes nothing.
  INSERT INTO tally AS t (connection, slot, open, delivered, filtered, dead)
  SELECT m.c, p_slot, sum((m.into_state BETWEEN 0 AND 3)::int - (m.from_state BETWEEN 0 AND 3)::int),
    sum((m.into_state = 4)::int - (m.from_state = 4)::int), sum((m.into_state = 5)::int - (m.from_state = 5)::int),
    sum((m.into_state = 6)::int - (m.from_state = 6)::int)
  FROM unnest(p_connections, p_from, p_into) AS m (c, from_state, into_state)
  GROUP BY m.c HAVING bool_or(m.into_state NOT BETWEEN 0 AND 3 OR m.from_state NOT BETWEEN 0 AND 3) ORDER BY m.c
  ON CONFLICT (connection, slot) DO UPDATE SET open = t.open + excluded.open,
    delivered = t.delivered + excluded.delivered, filtered = t.filtered + excluded.filtered, dead = t.dead + excluded.dead;
END $$;
`;
