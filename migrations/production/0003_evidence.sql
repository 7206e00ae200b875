-- Evidence: which line a base belongs to, and how far each line is proven, shown and compared.
SET LOCAL ROLE kalshi_owner;

-- The line of a snapshot: from its snapshot_ts on the stream has the market. NULL for rest.
ALTER TABLE orderbook_snapshots ADD COLUMN stream_id bigint;

-- Up to when each stream is proven complete. A round moves it only when everything that the
-- gatherer had committed before that proof is in production. Exchange time; `at` is the
-- gatherer's clock.
CREATE TABLE stream_proofs (
  gatherer text COLLATE "C" NOT NULL,
  stream_id bigint NOT NULL,
  shard text COLLATE "C" NOT NULL DEFAULT '0/1',
  proven_until bigint NOT NULL,
  at bigint NOT NULL,
  PRIMARY KEY (gatherer, stream_id, shard)
) WITH (fillfactor = 50);
GRANT UPDATE ON stream_proofs TO deduplicator;

-- A line that fell silent on a market while another line still received it: a base of that line
-- at or before `to_ts` proves nothing beyond `from_ts`. Exchange time.
CREATE TABLE frozen_lines (
  gatherer text COLLATE "C" NOT NULL,
  ticker text COLLATE "C" NOT NULL,
  from_ts bigint NOT NULL,          -- the line's last change of the market
  to_ts bigint NOT NULL,            -- the change of another line that showed it
  found_at bigint NOT NULL,
  PRIMARY KEY (gatherer, ticker, from_ts)
);
CREATE INDEX frozen_lines_by_ticker ON frozen_lines (ticker, from_ts);

-- REST books as they were read, until each is compared with the reconstructed book.
CREATE TABLE rest_books (
  requested_at bigint NOT NULL,
  received_at bigint NOT NULL,
  ticker text COLLATE "C" NOT NULL,
  yes_bids bigint[] NOT NULL,
  no_bids bigint[] NOT NULL,
  occurrence smallint NOT NULL,
  gatherer text COLLATE "C" NOT NULL,
  PRIMARY KEY (requested_at, ticker, gatherer, occurrence)
);
GRANT DELETE ON rest_books TO deduplicator;

-- Which part of the markets a cursor is for: "index/count".
ALTER TABLE sync_cursors ADD COLUMN shard text COLLATE "C" NOT NULL DEFAULT '0/1';
ALTER TABLE sync_cursors DROP CONSTRAINT sync_cursors_pkey;
ALTER TABLE sync_cursors ADD PRIMARY KEY (gatherer, table_name, shard);

-- Names this database for good, for those who are told what it has.
CREATE TABLE database_identity (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  database_id uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO database_identity DEFAULT VALUES;
REVOKE INSERT ON database_identity FROM deduplicator;

-- Merges the rows of the session's stage_lifecycle_events: the same event of another gatherer
-- within 30 s is one event, in order of occurrence. The number of new events.
-- As before, but looked up by ticker: by time, as the bare ORDER BY invites, each row would look
-- at every event of its minute.
CREATE OR REPLACE FUNCTION kd_merge_lifecycle() RETURNS bigint
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
    ORDER BY e.received_at + 0, e.gatherer, e.position
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
