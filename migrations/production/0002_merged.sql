-- The merged record: one row per thing that happened, whichever gatherers saw it. Keys are
-- content, never seq; `gatherer` is the one that brought the row first. Partitioned by exchange
-- time. Times are µs since the epoch, prices 1e-5 dollar, sizes 0.01 contract. TRUE is yes.
SET LOCAL ROLE kalshi_owner;

CREATE TABLE trades (
  trade_id uuid NOT NULL,
  exchange_ts bigint NOT NULL,      -- whole milliseconds
  exchange_us bigint,
  received_at bigint NOT NULL,
  ticker text COLLATE "C" NOT NULL,
  price integer NOT NULL,           -- of yes
  size bigint NOT NULL,
  taker_side boolean NOT NULL,
  is_block boolean,
  gatherer text COLLATE "C" NOT NULL,
  PRIMARY KEY (trade_id, exchange_ts)
) PARTITION BY RANGE (exchange_ts);
CREATE INDEX trades_by_time ON trades (exchange_ts);
CREATE INDEX trades_by_ticker ON trades (ticker, exchange_ts);

CREATE TABLE orderbook_deltas (
  exchange_ts bigint NOT NULL,
  exchange_us bigint,
  received_at bigint NOT NULL,
  ticker text COLLATE "C" NOT NULL,
  side boolean NOT NULL,
  price integer NOT NULL,           -- in the side's own leg
  size_delta bigint NOT NULL,
  occurrence smallint NOT NULL,     -- equal rows of one stream: 0, 1, 2 …
  ordinal integer NOT NULL,         -- true order inside the millisecond, as its stream saw it
  gatherer text COLLATE "C" NOT NULL,
  PRIMARY KEY (exchange_ts, ticker, price, side, size_delta, occurrence)
) PARTITION BY RANGE (exchange_ts);
CREATE INDEX orderbook_deltas_by_ticker ON orderbook_deltas (ticker, exchange_ts);

CREATE TABLE orderbook_snapshots (
  snapshot_ts bigint NOT NULL,
  received_at bigint NOT NULL,
  ticker text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL, -- ws, rest
  yes_bids bigint[] NOT NULL,       -- price, size, price, size …
  no_bids bigint[] NOT NULL,
  anchor_ts bigint,
  anchor_deltas bigint[],           -- exchange_ts, side (1 yes, 0 no), price, size_delta …
  occurrence smallint NOT NULL,
  gatherer text COLLATE "C" NOT NULL,
  PRIMARY KEY (snapshot_ts, ticker, source, gatherer, occurrence)
) PARTITION BY RANGE (snapshot_ts);
CREATE INDEX orderbook_snapshots_by_ticker ON orderbook_snapshots (ticker, snapshot_ts);

CREATE TABLE tickers (
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
  gatherer text COLLATE "C" NOT NULL,
  PRIMARY KEY (exchange_ts, ticker, content_hash, occurrence)
) PARTITION BY RANGE (exchange_ts);
CREATE INDEX tickers_by_ticker ON tickers (ticker, exchange_ts);

CREATE TABLE lifecycle_events (
  position bigint NOT NULL,         -- in the gatherer that brought it first
  received_at bigint NOT NULL,
  sending_ts bigint,
  ticker text COLLATE "C" NOT NULL, -- of the market or the event
  event_type text COLLATE "C" NOT NULL,
  payload jsonb NOT NULL,
  stream_id bigint NOT NULL,        -- of the gatherer that brought it first
  gatherer text COLLATE "C" NOT NULL,
  payload_hash bigint GENERATED ALWAYS AS (hashtextextended(payload::text, 0)) STORED,
  PRIMARY KEY (received_at, gatherer, position)
) PARTITION BY RANGE (received_at);
CREATE INDEX lifecycle_events_by_ticker ON lifecycle_events (ticker, received_at);

-- Which row of which gatherer was found to be which event. A line is a stream of a gatherer: the
-- two sockets of a redundant pair see every event once each.
CREATE TABLE lifecycle_sightings (
  received_at bigint NOT NULL,
  gatherer text COLLATE "C" NOT NULL,
  stream_id bigint NOT NULL,
  position bigint NOT NULL,
  event_received_at bigint NOT NULL,
  event_gatherer text COLLATE "C" NOT NULL,
  event_position bigint NOT NULL,
  PRIMARY KEY (received_at, gatherer, position)
) PARTITION BY RANGE (received_at);
CREATE INDEX lifecycle_sightings_by_event
  ON lifecycle_sightings (event_received_at, event_gatherer, event_position, gatherer, stream_id);

CREATE TABLE ledger (
  position bigint NOT NULL,
  at bigint NOT NULL,
  stream_id bigint NOT NULL,
  connection integer NOT NULL,
  sid bigint,
  channel text COLLATE "C" NOT NULL,
  event text COLLATE "C" NOT NULL,
  from_ts bigint,
  to_ts bigint,
  count bigint,
  reason text,
  tickers text[],
  gatherer text COLLATE "C" NOT NULL,
  PRIMARY KEY (at, gatherer, position)
) PARTITION BY RANGE (at);

-- What could not be decoded (table_name 'quarantine': frame is the exchange's) or could not be
-- merged (table_name: where it should have gone; frame is the row in COPY binary form).
-- Without partitions, so that no stamp, however wild, can keep a row out of here.
CREATE TABLE quarantine (
  position bigint NOT NULL,
  received_at bigint NOT NULL,
  reason text NOT NULL,
  frame bytea NOT NULL,
  gatherer text COLLATE "C" NOT NULL,
  table_name text COLLATE "C" NOT NULL DEFAULT 'quarantine',
  PRIMARY KEY (received_at, gatherer, table_name, position)
);

-- How far each table of each gatherer is merged, moved in the transaction that holds the rows.
CREATE TABLE sync_cursors (
  gatherer text COLLATE "C" NOT NULL,
  table_name text COLLATE "C" NOT NULL,
  database_id uuid,                 -- of the gatherer; NULL: nothing taken yet
  position bigint NOT NULL DEFAULT 0,
  stream_id bigint,                 -- of the row at `position`
  seq bigint,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (gatherer, table_name)
);

-- Merges the rows of the session's stage_lifecycle_events: the same event of another gatherer
-- within 30 s is one event, in order of occurrence. The number of new events.
CREATE FUNCTION kd_merge_lifecycle() RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
  row record;
  event record;
  inserted bigint := 0;
BEGIN
  FOR row IN
    SELECT s.*, hashtextextended(s.payload::text, 0) AS hash
    FROM stage_lifecycle_events s ORDER BY s.received_at, s.gatherer, s.position
  LOOP
    CONTINUE WHEN EXISTS (
      SELECT FROM lifecycle_sightings k
      WHERE k.received_at = row.received_at AND k.gatherer = row.gatherer
        AND k.position = row.position);
    SELECT e.received_at, e.gatherer, e.position INTO event
    FROM lifecycle_events e
    WHERE e.ticker = row.ticker AND e.event_type = row.event_type AND e.payload_hash = row.hash
      AND e.received_at BETWEEN row.received_at - 30000000 AND row.received_at + 30000000
      AND NOT EXISTS (
        SELECT FROM lifecycle_sightings k
        WHERE k.event_received_at = e.received_at AND k.event_gatherer = e.gatherer
          AND k.event_position = e.position AND k.gatherer = row.gatherer
          AND k.stream_id = row.stream_id)
    ORDER BY e.received_at, e.gatherer, e.position
    LIMIT 1;
    IF NOT FOUND THEN
      INSERT INTO lifecycle_events
        (position, received_at, sending_ts, ticker, event_type, payload, stream_id, gatherer)
      VALUES (row.position, row.received_at, row.sending_ts, row.ticker, row.event_type,
              row.payload, row.stream_id, row.gatherer);
      inserted := inserted + 1;
      event := row;
    END IF;
    INSERT INTO lifecycle_sightings
    VALUES (row.received_at, row.gatherer, row.stream_id, row.position,
            event.received_at, event.gatherer, event.position);
  END LOOP;
  RETURN inserted;
END $$;

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
  ('trades', 86400000000, 'exchange_ts'),
  ('orderbook_deltas', 3600000000, 'exchange_ts'),
  ('orderbook_snapshots', 86400000000, 'snapshot_ts'),
  ('tickers', 86400000000, 'exchange_ts'),
  ('lifecycle_events', 86400000000, 'received_at'),
  ('lifecycle_sightings', 86400000000, 'received_at'),
  ('ledger', 86400000000, 'at');

REVOKE INSERT ON kd_partitioning FROM deduplicator;
GRANT UPDATE ON sync_cursors TO deduplicator;
GRANT EXECUTE ON FUNCTION kd_merge_lifecycle() TO deduplicator;
GRANT EXECUTE ON FUNCTION kd_ensure_partitions(text, bigint, bigint) TO deduplicator;
