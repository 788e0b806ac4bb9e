/**
 * Message ids one by one, so that a partition holds as many messages as it has ids: of a block of 64 what one caller leaves is the
 * next one's. `message_part` is the last id that was given; a block ends where the next multiple of 64 begins, and blocks are still
 * those of the version before, which takes whole ones. `p_connections`: under their locks, ids above all that they have. Only adds.
 */
export const IDS = `
CREATE SEQUENCE message_part MINVALUE 0 START 63;

CREATE FUNCTION take_ids(p_count integer, p_connections integer[]) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
  v_above bigint := (SELECT max(last_message) FROM connection WHERE id = ANY (p_connections));
  v_ids bigint[] := '{}';
  v_last bigint;
BEGIN
  -- Of the session, not of the transaction: whoever commits for long keeps nobody from ids.
  PERFORM pg_advisory_lock(1937077366, 1);
  BEGIN
    SELECT last_value INTO v_last FROM message_part;
    IF v_last < v_above THEN v_last := 63; END IF;
    FOR i IN 1..p_count LOOP
      v_last := v_last + 1;
      IF v_last % 64 = 0 THEN v_last := nextval('message_id') * 64; END IF;
      v_ids := v_ids || v_last;
    END LOOP;
    PERFORM setval('message_part', v_last);
  EXCEPTION WHEN query_canceled OR OTHERS THEN
    PERFORM pg_advisory_unlock(1937077366, 1);
    RAISE;
  END;
  PERFORM pg_advisory_unlock(1937077366, 1);
  IF v_last >= (SELECT value::bigint FROM meta WHERE name = 'partitions_until') THEN PERFORM make_partitions(v_last); END IF;
  RETURN v_ids;
END $$;
`;
