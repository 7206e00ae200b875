-- Evidence: how far each stream is proven complete, and how far the local files are loaded.
SET LOCAL ROLE kalshi_owner;

CREATE TABLE watermarks (
  position bigint NOT NULL,
  at bigint NOT NULL,               -- our clock, when the streams were looked at
  stream_ids bigint[] NOT NULL,
  proven_until bigint[] NOT NULL,   -- exchange time, of each of them
  PRIMARY KEY (position)
) PARTITION BY RANGE (position);

INSERT INTO kd_partitioning (table_name, width_us, key_column) VALUES
  ('watermarks', 3600000000, 'position');

-- Up to where the spill file of a table is stored. Moves in the transaction that stores its rows.
CREATE TABLE spill_progress (
  table_name text PRIMARY KEY,
  file_id bigint NOT NULL,
  file_offset bigint NOT NULL
);
GRANT UPDATE ON spill_progress TO gatherer;
