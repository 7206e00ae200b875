-- What became of each REST book, and books as people read them.
SET LOCAL ROLE kalshi_owner;

-- One row per REST book: whether the book rebuilt from snapshots and deltas equals it at some
-- instant of its request window. Request times are the gatherer's clock, the others exchange time.
CREATE TABLE book_checks (
  requested_at bigint NOT NULL,
  received_at bigint NOT NULL,
  ticker text COLLATE "C" NOT NULL,
  gatherer text COLLATE "C" NOT NULL,
  occurrence smallint NOT NULL,
  verdict text COLLATE "C" NOT NULL, -- match, stale, mismatch, unproven, no_base, unchecked
  matched_at bigint,
  base_gatherer text COLLATE "C",    -- whose snapshot it was rebuilt from
  base_ts bigint,                    -- that snapshot, or the earlier check that matched
  agreed_at bigint,                  -- up to here the rebuilt book was right
  difference jsonb,                  -- the levels that differ, at the instant with the fewest
  checked_at bigint NOT NULL,
  PRIMARY KEY (requested_at, ticker, gatherer, occurrence)
) PARTITION BY RANGE (requested_at);
CREATE INDEX book_checks_findings ON book_checks (requested_at)
  WHERE verdict IN ('mismatch', 'unproven', 'no_base', 'unchecked');

INSERT INTO kd_partitioning (table_name, width_us, key_column) VALUES
  ('book_checks', 86400000000, 'requested_at');

-- Levels of a stored book: (price, size) pairs, ascending.
CREATE FUNCTION kd_levels(pairs bigint[])
RETURNS TABLE (price bigint, size bigint)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT pairs[i], pairs[i + 1] FROM generate_series(1, cardinality(pairs), 2) AS i ORDER BY 1
$$;

-- The best level of bids; both NULL when there is none. Independent of the order of the pairs.
CREATE FUNCTION kd_best_bid(pairs bigint[], OUT price bigint, OUT size bigint)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT pairs[i], pairs[i + 1] FROM generate_series(1, cardinality(pairs), 2) AS i
  WHERE pairs[i + 1] > 0 ORDER BY 1 DESC LIMIT 1
$$;

-- Asks of a leg: the bids of the other one, at one dollar less their price; best first, ascending.
CREATE FUNCTION kd_asks(opposite bigint[]) RETURNS bigint[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT coalesce(array_agg(v ORDER BY p, k), '{}')
  FROM generate_series(1, cardinality(opposite), 2) AS i,
       LATERAL (VALUES (100000 - opposite[i], 1, 100000 - opposite[i]),
                       (100000 - opposite[i], 2, opposite[i + 1])) AS e(p, k, v)
$$;

-- Books as stored, with asks, best prices and spread of the yes leg. Prices are 1e-5 dollar.
CREATE VIEW v_books AS
SELECT s.ticker, s.source, s.gatherer, s.snapshot_ts,
       to_timestamp(s.snapshot_ts / 1000000.0) AS snapshot_time,
       s.yes_bids, kd_asks(s.no_bids) AS yes_asks,
       s.no_bids, kd_asks(s.yes_bids) AS no_asks,
       yes.price AS best_yes_bid, yes.size AS best_yes_bid_size,
       100000 - no.price AS best_yes_ask, no.size AS best_yes_ask_size,
       100000 - no.price - yes.price AS spread
FROM orderbook_snapshots s,
     LATERAL kd_best_bid(s.yes_bids) AS yes,
     LATERAL kd_best_bid(s.no_bids) AS no;

-- REST books that the record does not explain, newest first.
CREATE VIEW v_book_findings AS
SELECT to_timestamp(requested_at / 1000000.0) AS requested_time, ticker, gatherer, verdict,
       base_gatherer, to_timestamp(base_ts / 1000000.0) AS base_time,
       to_timestamp(agreed_at / 1000000.0) AS agreed_time, difference
FROM book_checks
WHERE verdict IN ('mismatch', 'unproven', 'no_base', 'unchecked')
ORDER BY requested_at DESC;

GRANT EXECUTE ON FUNCTION kd_levels(bigint[]), kd_best_bid(bigint[]), kd_asks(bigint[])
  TO deduplicator, exporter, reader;
