-- Capture tables: append-only, no uniqueness but position, partitioned by position.
-- Times are µs since the epoch, prices 1e-5 dollar, sizes 0.01 contract. TRUE is yes.
-- Column order is the order of the COPY rows.
SET LOCAL ROLE kalshi_owner;

CREATE TABLE trades (
  position bigint NOT NULL,
  trade_id uuid NOT NULL,
  exchange_ts bigint NOT NULL,      -- whole milliseconds
  exchange_us bigint,               -- the exchange's own finer stamp, where it sent one
  received_at bigint NOT NULL,
  ticker text COLLATE "C" NOT NULL,
  price integer NOT NULL,           -- of yes
  size bigint NOT NULL,
  taker_side boolean NOT NULL,
  is_block boolean,                 -- NULL: not sent
  stream_id bigint NOT NULL,
  seq bigint NOT NULL,
  PRIMARY KEY (position)
) PARTITION BY RANGE (position);

CREATE TABLE orderbook_deltas (
  position bigint NOT NULL,
  exchange_ts bigint NOT NULL,
  exchange_us bigint,
  received_at bigint NOT NULL,
  ticker text COLLATE "C" NOT NULL,
  side boolean NOT NULL,
  price integer NOT NULL,           -- in the side's own leg
  size_delta bigint NOT NULL,
  occurrence smallint NOT NULL,     -- among equal rows of the stream: 0, 1, 2 …
  ordinal integer NOT NULL,         -- among the stream's rows of (ticker, exchange_ts)
  stream_id bigint NOT NULL,
  seq bigint NOT NULL,
  PRIMARY KEY (position)
) PARTITION BY RANGE (position);

CREATE TABLE orderbook_snapshots (
  position bigint NOT NULL,
  snapshot_ts bigint NOT NULL,
  received_at bigint NOT NULL,
  ticker text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL, -- ws, rest
  yes_bids bigint[] NOT NULL,       -- price, size, price, size …
  no_bids bigint[] NOT NULL,
  anchor_ts bigint,
  anchor_deltas bigint[],           -- exchange_ts, side (1 yes, 0 no), price, size_delta …
  occurrence smallint NOT NULL,     -- among the snapshots of (snapshot_ts, ticker, source)
  stream_id bigint,                 -- NULL for source rest
  seq bigint,
  PRIMARY KEY (position)
) PARTITION BY RANGE (position);

CREATE TABLE tickers (
  position bigint NOT NULL,
  exchange_ts bigint NOT NULL,
  exchange_us bigint,
  received_at bigint NOT NULL,
  ticker text COLLATE "C" NOT NULL,
  yes_bid integer,
  yes_ask integer,
  last_price integer,
  volume bigint,
  open_interest bigint,
  dollar_volume bigint,
  dollar_open_interest bigint,
  yes_bid_size bigint,
  yes_ask_size bigint,
  last_trade_size bigint,
  content_hash bigint NOT NULL,
  occurrence smallint NOT NULL,
  ordinal integer NOT NULL,
  stream_id bigint NOT NULL,
  PRIMARY KEY (position)
) PARTITION BY RANGE (position);

CREATE TABLE lifecycle_events (
  position bigint NOT NULL,
  received_at bigint NOT NULL,
  sending_ts bigint,
  ticker text COLLATE "C" NOT NULL, -- of the market or the event
  event_type text COLLATE "C" NOT NULL,
  payload jsonb NOT NULL,
  stream_id bigint NOT NULL,
  seq bigint NOT NULL,
  PRIMARY KEY (position)
) PARTITION BY RANGE (position);

CREATE TABLE ledger (
  position bigint NOT NULL,
  at bigint NOT NULL,
  stream_id bigint NOT NULL,
  connection integer NOT NULL,
  sid bigint,
  channel text COLLATE "C" NOT NULL,
  event text COLLATE "C" NOT NULL,  -- open close join leave gap heal reset duplicate drop
  from_ts bigint,                   -- exchange time, rounded outward to milliseconds
  to_ts bigint,
  count bigint,
  reason text,
  tickers text[],
  PRIMARY KEY (position)
) PARTITION BY RANGE (position);

CREATE TABLE quarantine (
  position bigint NOT NULL,
  received_at bigint NOT NULL,
  reason text NOT NULL,
  frame bytea NOT NULL,
  PRIMARY KEY (position)
) PARTITION BY RANGE (position);

-- Names this database for good: a cursor into another one is worth nothing here.
CREATE TABLE database_identity (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  database_id uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO database_identity DEFAULT VALUES;

-- How wide the partitions of a table are. Key and width are µs since the epoch.
CREATE TABLE kd_partitioning (
  table_name text PRIMARY KEY,
  width_us bigint NOT NULL CHECK (width_us > 0),
  key_column text NOT NULL
);

-- Makes the partitions that hold keys in [from_key, to_key], those that are missing; how many.
-- A partition is filled with constraints and indexes before it is attached, so that the parent
-- is locked (against other DDL only) for a moment. Writers are never waited for longer than
-- lock_timeout: the caller tries again.
CREATE FUNCTION kd_ensure_partitions(parent text, from_key bigint, to_key bigint)
RETURNS integer
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
SET lock_timeout = '1s'
AS $$
DECLARE
  width bigint;
  key_name text;
  low bigint;
  made integer := 0;
  child text;
BEGIN
  SELECT width_us, key_column INTO width, key_name FROM kd_partitioning WHERE table_name = parent;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'table % has no partitions', parent USING ERRCODE = 'undefined_table';
  END IF;
  IF from_key < 0 OR to_key < from_key OR to_key / width - from_key / width > 1000 THEN
    RAISE EXCEPTION 'partitions of % from % to %: not a sensible range', parent, from_key, to_key
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  low := from_key / width * width;
  WHILE low <= to_key LOOP
    child := parent || to_char(to_timestamp(low / 1000000.0) AT TIME ZONE 'UTC', '"_"YYYYMMDD"_"HH24');
    IF to_regclass(child) IS NULL THEN
      -- Two sessions may want the same one.
      PERFORM pg_advisory_xact_lock(hashtextextended('kd_partition ' || child, 0));
      IF to_regclass(child) IS NULL THEN
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', child, parent);
        EXECUTE format('ALTER TABLE %I ADD CONSTRAINT bounds CHECK (%I >= %s AND %I < %s)',
                       child, key_name, low, key_name, low + width);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
                       parent, child, low, low + width);
        -- It proved the bounds while attaching; later it would cost every row.
        EXECUTE format('ALTER TABLE %I DROP CONSTRAINT bounds', child);
        made := made + 1;
      END IF;
    END IF;
    low := low + width;
  END LOOP;
  RETURN made;
END $$;

INSERT INTO kd_partitioning (table_name, width_us, key_column) VALUES
  ('trades', 86400000000, 'position'),
  ('orderbook_deltas', 3600000000, 'position'),
  ('orderbook_snapshots', 3600000000, 'position'),
  ('tickers', 3600000000, 'position'),
  ('lifecycle_events', 3600000000, 'position'),
  ('ledger', 3600000000, 'position'),
  ('quarantine', 3600000000, 'position');

REVOKE INSERT ON database_identity, kd_partitioning FROM gatherer;
GRANT EXECUTE ON FUNCTION kd_ensure_partitions(text, bigint, bigint) TO gatherer;
