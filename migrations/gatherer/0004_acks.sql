-- What the deduplicator tells a gatherer: what it has, and what it wants to see again.
SET LOCAL ROLE kalshi_owner;

-- How far `consumer` (a production database, and its shard) has each table. Retention drops
-- nothing beyond the smallest position of any consumer.
CREATE TABLE sync_acks (
  consumer text COLLATE "C" NOT NULL,
  table_name text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  acked_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer, table_name)
);
GRANT INSERT, UPDATE ON sync_acks TO dedup_reader;
REVOKE INSERT ON sync_acks FROM gatherer;

-- A book that is to be asked for again, or a stream whose connection is to be replaced.
CREATE TABLE resync_requests (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  requested_at timestamptz NOT NULL DEFAULT now(),
  ticker text COLLATE "C",
  stream_id bigint,
  reason text NOT NULL,
  CHECK ((ticker IS NULL) <> (stream_id IS NULL))
);
GRANT INSERT ON resync_requests TO dedup_reader;
REVOKE INSERT ON resync_requests FROM gatherer;

-- Which of `count` shards a market belongs to.
CREATE FUNCTION kd_shard(ticker text, count integer) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$ SELECT ((hashtextextended(ticker, 0) & 9223372036854775807) % count)::integer $$;
GRANT EXECUTE ON FUNCTION kd_shard(text, integer) TO gatherer, dedup_reader;
