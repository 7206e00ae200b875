-- Coverage: what no line watched, and what it is computed from, in order of arrival.
SET LOCAL ROLE kalshi_owner;

-- The transaction that brought the row. Who reads all rows from pg_snapshot_xmin() of its last
-- reading on misses none, whichever gatherer was away and however many sessions write.
ALTER TABLE ledger ADD COLUMN merged_by bigint;
ALTER TABLE ledger ALTER COLUMN merged_by SET DEFAULT pg_current_xact_id()::text::bigint;
CREATE INDEX ledger_by_arrival ON ledger (merged_by);
ALTER TABLE orderbook_snapshots ADD COLUMN merged_by bigint;
ALTER TABLE orderbook_snapshots ALTER COLUMN merged_by
  SET DEFAULT pg_current_xact_id()::text::bigint;
CREATE INDEX orderbook_snapshots_by_arrival ON orderbook_snapshots (merged_by);

-- The rows that name a market, and the rare ones that speak of a whole gatherer.
CREATE INDEX ledger_by_ticker ON ledger USING gin (tickers)
  WHERE event IN ('gap', 'leave', 'unanswered');
CREATE INDEX ledger_by_stream ON ledger (gatherer, stream_id, at)
  WHERE event IN ('open', 'close', 'gap');
CREATE INDEX ledger_of_process ON ledger (event, at) WHERE event IN ('start', 'drop');

-- Stretches of exchange time, (from_ts, to_ts], that no line covered, as far as the evidence says
-- today. Derived: kept by the deduplicator, and shortened or healed when late evidence comes.
CREATE TABLE coverage_holes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ticker text COLLATE "C" NOT NULL, -- '': the whole channel
  channel text COLLATE "C" NOT NULL,
  from_ts bigint NOT NULL,
  to_ts bigint,                     -- NULL: it grows with coverage_state.horizon
  cause text COLLATE "C" NOT NULL,  -- why the line that was lost last was lost
  gatherer text COLLATE "C" NOT NULL,
  connection integer,               -- that line's socket
  reason text,
  lines jsonb NOT NULL,             -- the same of every gatherer
  found_at bigint NOT NULL,
  changed_at bigint NOT NULL,
  healed_at bigint,                 -- late evidence covers all of it
  CHECK (to_ts > from_ts)
);
CREATE UNIQUE INDEX coverage_holes_by_ticker
  ON coverage_holes (ticker, channel, from_ts) WHERE healed_at IS NULL;
CREATE INDEX coverage_holes_by_time ON coverage_holes (from_ts) WHERE healed_at IS NULL;
CREATE INDEX coverage_holes_open ON coverage_holes (ticker)
  WHERE healed_at IS NULL AND to_ts IS NULL;
GRANT UPDATE ON coverage_holes TO deduplicator;

-- Up to when coverage_holes speaks, and which evidence it rests on.
CREATE TABLE coverage_state (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  horizon bigint NOT NULL,          -- exchange time
  read_xid bigint NOT NULL,         -- evidence of older transactions is accounted for
  markets bigint NOT NULL,          -- watched at the horizon
  updated_at bigint NOT NULL
);
GRANT UPDATE ON coverage_state TO deduplicator;

CREATE FUNCTION kd_time(us bigint) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$ SELECT to_timestamp(0) + us * interval '1 microsecond' $$;

-- Proof of each stream, once every shard has it: the shards of the count that moved last.
CREATE VIEW v_stream_proofs AS
  SELECT DISTINCT ON (gatherer, stream_id) gatherer, stream_id, proven_until, at
  FROM (
    SELECT gatherer, stream_id, split_part(shard, '/', 2)::integer AS shards,
           min(proven_until) AS proven_until, min(at) AS at, count(*) AS present
    FROM stream_proofs GROUP BY 1, 2, 3
  ) AS by_count
  WHERE present = shards
  ORDER BY gatherer, stream_id, at DESC;

-- Holes as people read them; those that late evidence healed are left out.
CREATE VIEW v_coverage_holes AS
  SELECT h.ticker, h.channel, kd_time(h.from_ts) AS from_time,
         kd_time(coalesce(h.to_ts, greatest(s.horizon, h.from_ts))) AS to_time,
         (coalesce(h.to_ts, greatest(s.horizon, h.from_ts)) - h.from_ts) / 1e6 AS seconds,
         h.to_ts IS NULL AS growing, h.cause, h.gatherer, h.connection, h.reason, h.lines,
         h.from_ts, h.to_ts, kd_time(h.found_at) AS found_at
  FROM coverage_holes h LEFT JOIN coverage_state s ON true
  WHERE h.healed_at IS NULL;

-- Every stream of every gatherer: since when, proven until when, how it ended.
CREATE VIEW v_line_coverage AS
  SELECT o.gatherer, o.connection, o.channel, o.stream_id, kd_time(o.at) AS opened_at,
         kd_time(p.proven_until) AS proven_until, kd_time(p.at) AS proven_at,
         kd_time(c.at) AS closed_at, c.reason AS close_reason,
         (SELECT count(*) FROM ledger g
          WHERE g.gatherer = o.gatherer AND g.stream_id = o.stream_id AND g.event = 'gap'
            AND g.at >= o.at) AS gaps
  FROM ledger o
  LEFT JOIN v_stream_proofs p USING (gatherer, stream_id)
  LEFT JOIN LATERAL (
    SELECT at, reason FROM ledger c
    WHERE c.gatherer = o.gatherer AND c.stream_id = o.stream_id AND c.event = 'close'
      AND c.at >= o.at
    ORDER BY c.from_ts NULLS FIRST LIMIT 1) c ON true
  WHERE o.event = 'open';

-- Which lines cover the book of a market at an instant (µs, exchange time), by the rule of
-- docs/kalshi-data/message-router, "Evidence".
CREATE FUNCTION kd_lines_watching(of_ticker text, at_ts bigint)
RETURNS TABLE (gatherer text, stream_id bigint, base_ts bigint, proven_until bigint)
LANGUAGE sql STABLE
AS $$
  WITH loss AS MATERIALIZED (
    SELECT l.gatherer, l.stream_id, l.event, l.from_ts, l.to_ts
    FROM ledger l
    WHERE l.event IN ('gap', 'leave') AND (l.tickers IS NULL OR of_ticker = ANY (l.tickers))
  ), final_loss AS (
    SELECT l.* FROM loss l
    WHERE NOT (l.event = 'leave' AND l.to_ts IS NULL AND EXISTS (
      SELECT FROM loss a
      WHERE a.gatherer = l.gatherer AND a.stream_id = l.stream_id AND a.event = 'leave'
        AND a.to_ts IS NOT NULL AND a.from_ts IS NOT DISTINCT FROM l.from_ts))
  ), base AS (
    SELECT s.gatherer, s.stream_id, s.snapshot_ts AS base_ts,
      least(
        p.proven_until,
        (SELECT min(coalesce(c.from_ts, 0)) FROM ledger c
         WHERE c.gatherer = s.gatherer AND c.stream_id = s.stream_id AND c.event = 'close'),
        (SELECT min(coalesce(l.from_ts, 0)) FROM final_loss l
         WHERE l.gatherer = s.gatherer AND l.stream_id = s.stream_id
           AND coalesce(l.to_ts, 9223372036854775807) >= s.snapshot_ts),
        (SELECT min(f.from_ts) FROM frozen_lines f
         WHERE f.gatherer = s.gatherer AND f.ticker = of_ticker AND f.to_ts >= s.snapshot_ts)
      ) AS until
    FROM orderbook_snapshots s
    JOIN v_stream_proofs p ON p.gatherer = s.gatherer AND p.stream_id = s.stream_id
    WHERE s.ticker = of_ticker AND s.source = 'ws' AND s.snapshot_ts < at_ts
  )
  SELECT DISTINCT ON (b.gatherer) b.gatherer, b.stream_id, b.base_ts, b.until
  FROM base b
  WHERE at_ts <= b.until AND NOT EXISTS (
    SELECT FROM ledger d
    WHERE d.gatherer = b.gatherer AND d.event = 'drop' AND d.channel = 'orderbook_delta'
      AND at_ts BETWEEN coalesce(d.from_ts, 0) AND coalesce(d.to_ts, 9223372036854775807))
  ORDER BY b.gatherer, b.until DESC
$$;
GRANT EXECUTE ON FUNCTION kd_time(bigint) TO deduplicator, exporter, reader;
GRANT EXECUTE ON FUNCTION kd_lines_watching(text, bigint) TO deduplicator, exporter, reader;
