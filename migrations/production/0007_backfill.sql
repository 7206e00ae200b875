-- Trades that no line saw are asked for from the exchange's REST interface, and what is stored is
-- compared with itself. Times are µs since the epoch, exchange time.
SET LOCAL ROLE kalshi_owner;

-- How far each walk through the exchange's trades has come: everything in [from_ts, done_until)
-- is stored. Moved in the transaction that holds the last rows of it.
CREATE TABLE backfill_progress (
  job text COLLATE "C" NOT NULL,        -- command: a person's; audit: the deduplicator's own
  selection text COLLATE "C" NOT NULL,  -- which trades of the exchange; '' all
  from_ts bigint NOT NULL,
  done_until bigint NOT NULL CHECK (done_until >= from_ts),
  trades_read bigint NOT NULL DEFAULT 0,
  trades_added bigint NOT NULL DEFAULT 0,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (job, selection, from_ts)
);
GRANT UPDATE ON backfill_progress TO deduplicator;

-- An entry that cannot be read is kept once, however often its page is read; its position is a hash.
CREATE INDEX quarantine_of_rest ON quarantine (position) WHERE gatherer = 'rest';

-- What the deduplicator's audit found: the trades of [from_ts, to_ts) as the exchange lists them,
-- how many of them no gatherer had brought (`added`), and how many were stored afterwards.
CREATE TABLE trade_audits (
  from_ts bigint NOT NULL,
  to_ts bigint NOT NULL,
  rest_trades bigint NOT NULL,
  known bigint NOT NULL,
  added bigint NOT NULL,
  unreadable bigint NOT NULL,           -- they are in quarantine
  stored bigint NOT NULL,
  checked_at bigint NOT NULL,
  PRIMARY KEY (to_ts, from_ts, checked_at)
);

-- Where trades, deltas and ticker volume contradict each other although the market was covered.
-- The rows of an hour are replaced when it is reconciled again.
CREATE TABLE reconciliations (
  hour bigint NOT NULL,
  ticker text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,       -- trade_without_delta, volume
  at_ts bigint NOT NULL,
  until_ts bigint NOT NULL,
  number integer NOT NULL,              -- findings of one hour, in order
  expected bigint NOT NULL,             -- 0.01 contract
  found bigint NOT NULL,
  detail text NOT NULL,
  checked_at bigint NOT NULL,
  PRIMARY KEY (hour, number)
);
CREATE INDEX reconciliations_by_ticker ON reconciliations (ticker, at_ts);

CREATE TABLE reconciled_hours (
  hour bigint PRIMARY KEY,
  trades bigint NOT NULL,
  block_trades bigint NOT NULL,
  markets bigint NOT NULL,              -- that had trades or ticker rows
  findings bigint NOT NULL,
  unproven bigint NOT NULL,             -- differences where the market was not covered
  checked_at bigint NOT NULL
);
GRANT DELETE ON reconciliations, reconciled_hours TO deduplicator;

-- Makes the compressed partitions of `parent` that hold keys in [from_key, to_key] writable at full
-- speed, until maintenance compresses them again; how many. To add a row to a compressed partition
-- with a unique key takes 20 ms.
CREATE FUNCTION kd_open_partitions(parent text, from_key bigint, to_key bigint) RETURNS integer
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
SET lock_timeout = '1s'
AS $$
DECLARE
  chunk regclass;
  opened integer := 0;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
    RETURN 0;
  END IF;
  FOR chunk IN EXECUTE
    'SELECT format(''%I.%I'', chunk_schema, chunk_name)::regclass '
    'FROM timescaledb_information.chunks WHERE hypertable_schema = ''public'' '
    'AND hypertable_name = $1 AND is_compressed '
    'AND range_end_integer > $2 AND range_start_integer <= $3'
    USING parent, from_key, to_key
  LOOP
    EXECUTE 'SELECT decompress_chunk($1)' USING chunk;
    opened := opened + 1;
  END LOOP;
  RETURN opened;
END $$;
GRANT EXECUTE ON FUNCTION kd_open_partitions(text, bigint, bigint) TO deduplicator;
