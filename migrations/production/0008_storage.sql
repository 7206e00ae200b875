-- Which engine keeps the partitions, and our own maintenance of them: the same calls on native
-- range partitions and on TimescaleDB. Migrations make native tables; kd_use_engine() converts
-- them once all migrations are through.
SET LOCAL ROLE kalshi_owner;

-- The engine this database was made with.
CREATE TABLE kd_engine (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  engine text NOT NULL CHECK (engine IN ('native', 'timescaledb'))
);
REVOKE INSERT ON kd_engine FROM deduplicator;

-- Up to which key a table is exported and verified. No row: nothing is. Filled by the exporter.
CREATE TABLE export_progress (
  table_name text PRIMARY KEY,
  exported_until bigint NOT NULL
);
REVOKE INSERT ON export_progress FROM deduplicator;

CREATE FUNCTION kd_storage_engine() RETURNS text
LANGUAGE sql STABLE
SET search_path = public, pg_temp
AS $$ SELECT coalesce((SELECT engine FROM kd_engine), 'native') $$;

-- In which order a chunk of `parent` is compressed.
CREATE FUNCTION kd_compress_order(parent text) RETURNS text
LANGUAGE sql STABLE
SET search_path = public, pg_temp
AS $$
  SELECT CASE WHEN EXISTS (SELECT FROM pg_attribute
                           WHERE attrelid = parent::regclass AND attname = 'ticker')
              THEN 'ticker, ' ELSE '' END || key_column
  FROM kd_partitioning WHERE table_name = parent
$$;

-- GRANT statements for the privileges that others than the owner have.
CREATE FUNCTION kd_grants_of(relation regclass) RETURNS text[]
LANGUAGE sql STABLE
SET search_path = public, pg_temp
AS $$
  SELECT coalesce(array_agg(
    format('GRANT %s ON %s TO %s', a.privilege_type, relation,
           CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END)),
    '{}')
  FROM pg_class c, aclexplode(c.relacl) a
  WHERE c.oid = relation AND a.grantee <> c.relowner
$$;

-- Instead of what default privileges gave a new relation.
CREATE FUNCTION kd_set_grants(relation regclass, grants text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
  statement text;
BEGIN
  FOREACH statement IN ARRAY kd_grants_of(relation) LOOP
    EXECUTE regexp_replace(replace(statement, ' TO ', ' FROM '), '^GRANT', 'REVOKE');
  END LOOP;
  FOREACH statement IN ARRAY grants LOOP
    EXECUTE statement;
  END LOOP;
END $$;

-- What makes the keys and indexes of `relation`.
CREATE FUNCTION kd_index_definitions(relation regclass) RETURNS text[]
LANGUAGE sql STABLE
SET search_path = public, pg_temp
AS $$
  SELECT coalesce(array_agg(definition), '{}') FROM (
    SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', relation, conname,
                  pg_get_constraintdef(oid)) AS definition
    FROM pg_constraint WHERE conrelid = relation AND contype IN ('p', 'u')
    UNION ALL
    SELECT replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ')
    FROM pg_index
    WHERE indrelid = relation
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)) AS d
$$;

CREATE FUNCTION kd_make_hypertable(parent text) RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
  settings kd_partitioning;
BEGIN
  SELECT * INTO settings FROM kd_partitioning WHERE table_name = parent;
  PERFORM create_hypertable(parent::regclass, settings.key_column::name,
                            chunk_time_interval => settings.width_us,
                            create_default_indexes => false);
  EXECUTE format('ALTER TABLE %I SET (timescaledb.compress, timescaledb.compress_segmentby = '''', '
                 'timescaledb.compress_orderby = %L)', parent, kd_compress_order(parent));
END $$;

-- Makes the empty table `parent` anew, kept by `wanted`. No view may depend on it.
CREATE FUNCTION kd_remake(parent text, wanted text) RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
  grants text[] := kd_grants_of(parent::regclass);
  indexes text[] := kd_index_definitions(parent::regclass);
  clause text;
  statement text;
  has_rows boolean;
BEGIN
  EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', parent);
  EXECUTE format('SELECT EXISTS (SELECT FROM %I)', parent) INTO has_rows;
  IF has_rows THEN
    RAISE EXCEPTION 'table % holds rows: a database keeps the storage engine it was made with',
      parent USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  SELECT CASE wanted WHEN 'native' THEN format('PARTITION BY RANGE (%I)', key_column) END
    INTO clause FROM kd_partitioning WHERE table_name = parent;
  EXECUTE format('CREATE TABLE kd_remade (LIKE %I INCLUDING ALL EXCLUDING INDEXES) %s', parent,
                 clause);
  EXECUTE format('DROP TABLE %I', parent);
  EXECUTE format('ALTER TABLE kd_remade RENAME TO %I', parent);
  FOREACH statement IN ARRAY indexes LOOP
    EXECUTE statement;
  END LOOP;
  PERFORM kd_set_grants(parent::regclass, grants);
  IF wanted = 'timescaledb' THEN
    PERFORM kd_make_hypertable(parent);
  END IF;
END $$;

-- The views that stand on `relations`, those that others stand on first.
CREATE FUNCTION kd_views_on(relations regclass[])
RETURNS TABLE (view regclass, depth integer)
LANGUAGE sql STABLE
SET search_path = public, pg_temp
AS $$
  WITH RECURSIVE uses AS (
    SELECT DISTINCT r.ev_class AS above, d.refobjid AS below
    FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
    WHERE d.refclassid = 'pg_class'::regclass AND r.ev_class <> d.refobjid
  ), standing AS (
    SELECT above, 1 AS depth FROM uses WHERE below = ANY(relations)
    UNION
    SELECT u.above, s.depth + 1 FROM uses u JOIN standing s ON u.below = s.above
  )
  SELECT above::regclass, max(standing.depth) FROM standing
  JOIN pg_class c ON c.oid = above AND c.relkind = 'v' GROUP BY above ORDER BY 2
$$;

-- Lets `wanted` keep every partitioned table. Only empty ones can be converted. How many were.
CREATE FUNCTION kd_use_engine(wanted text) RETURNS integer
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
  tables text[];
  views text[] := '{}';
  statement text;
  one record;
  parent text;
BEGIN
  INSERT INTO kd_engine (engine) VALUES (wanted)
    ON CONFLICT (only_row) DO UPDATE SET engine = EXCLUDED.engine;
  SELECT coalesce(array_agg(table_name ORDER BY table_name), '{}') INTO tables
    FROM kd_partitioning JOIN pg_class ON oid = table_name::regclass
    WHERE (relkind = 'p') <> (wanted = 'native');
  FOR one IN SELECT view, pg_get_viewdef(view) AS query, kd_grants_of(view) AS grants,
                    array_to_string(reloptions, ', ') AS options
             FROM kd_views_on(tables::regclass[]) JOIN pg_class ON oid = view ORDER BY depth LOOP
    views := views || format('CREATE VIEW %s %s AS %s', one.view,
                             'WITH (' || one.options || ')', one.query)
      || format('SELECT kd_set_grants(%L, %L)', one.view, one.grants);
  END LOOP;
  FOR one IN SELECT view FROM kd_views_on(tables::regclass[]) ORDER BY depth DESC LOOP
    EXECUTE format('DROP VIEW %s', one.view);
  END LOOP;
  FOREACH parent IN ARRAY tables LOOP
    PERFORM kd_remake(parent, wanted);
  END LOOP;
  FOREACH statement IN ARRAY views LOOP
    EXECUTE statement;
  END LOOP;
  RETURN cardinality(tables);
END $$;

-- The partitions of a table, or of all, by their bounds: keys in [from_key, to_key). `finished`
-- is whether a chunk is compressed, with no rows that came later.
CREATE FUNCTION kd_partition_bounds(parent text DEFAULT NULL)
RETURNS TABLE (table_name text, partition regclass, compressed_part regclass, from_key bigint,
               to_key bigint, compressed boolean, finished boolean, compressed_rows bigint)
LANGUAGE plpgsql STABLE
SET search_path = public, pg_temp
AS $$
BEGIN
  IF kd_storage_engine() = 'native' THEN
    RETURN QUERY
      SELECT k.table_name, i.inhrelid::regclass, NULL::regclass,
             (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''(\d+)''\)'))[1]::bigint,
             (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \(''(\d+)''\)'))[1]::bigint,
             false, false, 0::bigint
      FROM kd_partitioning k
      JOIN pg_inherits i ON i.inhparent = k.table_name::regclass
      JOIN pg_class c ON c.oid = i.inhrelid
      WHERE parent IS NULL OR k.table_name = parent;
  ELSE
    RETURN QUERY
      SELECT k.table_name, to_regclass(format('%I.%I', c.schema_name, c.table_name)),
             to_regclass(quote_ident(z.schema_name) || '.' || quote_ident(z.table_name)),
             s.range_start, s.range_end, c.status & 1 <> 0, c.status = 1,
             coalesce(r.numrows_pre_compression, 0)
      FROM kd_partitioning k
      JOIN _timescaledb_catalog.hypertable h
        ON h.schema_name = 'public' AND h.table_name = k.table_name
      JOIN _timescaledb_catalog.chunk c ON c.hypertable_id = h.id AND NOT c.dropped
      JOIN _timescaledb_catalog.chunk_constraint n ON n.chunk_id = c.id
      JOIN _timescaledb_catalog.dimension_slice s ON s.id = n.dimension_slice_id
      LEFT JOIN _timescaledb_catalog.chunk z ON z.id = c.compressed_chunk_id
      LEFT JOIN _timescaledb_catalog.compression_chunk_size r ON r.chunk_id = c.id
      WHERE parent IS NULL OR k.table_name = parent;
  END IF;
END $$;

-- The same with figures; `rows_estimate` as of the last ANALYZE or the compression.
CREATE FUNCTION kd_partitions(parent text DEFAULT NULL)
RETURNS TABLE (table_name text, partition text, from_key bigint, to_key bigint,
               rows_estimate bigint, bytes bigint, compressed boolean, finished boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
  RETURN QUERY
    SELECT b.table_name, b.partition::text, b.from_key, b.to_key,
           greatest(c.reltuples, 0)::bigint + b.compressed_rows,
           coalesce(pg_total_relation_size(b.partition), 0)
             + coalesce(pg_total_relation_size(b.compressed_part), 0),
           b.compressed, b.finished
    FROM kd_partition_bounds(parent) b JOIN pg_class c ON c.oid = b.partition
    ORDER BY b.table_name, b.from_key;
END $$;

-- Compresses the partition of `parent` that begins at `from_key`, or adds what came to it later.
-- False where the engine does not compress. Writers to this one partition wait meanwhile; the
-- rows are truncated only when nobody reads them, else deleted.
CREATE FUNCTION kd_compress_partition(parent text, from_key bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET lock_timeout = '500ms'
AS $$
DECLARE
  chunk regclass;
BEGIN
  IF kd_storage_engine() = 'native' THEN
    RETURN false;
  END IF;
  SELECT b.partition INTO chunk FROM kd_partition_bounds(parent) b
    WHERE b.from_key = kd_compress_partition.from_key;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'table % has no partition from %', parent, from_key
      USING ERRCODE = 'undefined_table';
  END IF;
  PERFORM set_config('timescaledb.compress_truncate_behaviour', 'truncate_or_delete', true);
  PERFORM compress_chunk(chunk);
  RETURN true;
END $$;

-- False when a lock that the statement needs could not be had in time.
CREATE FUNCTION kd_try(statement text) RETURNS boolean
LANGUAGE plpgsql
SET lock_timeout = '100ms'
AS $$
BEGIN
  EXECUTE statement;
  RETURN true;
EXCEPTION WHEN lock_not_available THEN
  RETURN false;
END $$;

-- Removes the oldest partition of `parent` that ends at or before `bound`: how many, 0 or 1, since
-- a native parent stays locked until the transaction ends. Whoever waits behind us waits for
-- 100 ms at most. While somebody reads the parent its old partitions are emptied, which needs no
-- lock on the parent, and removed by a later call.
CREATE FUNCTION kd_drop_before(parent text, bound bigint) RETURNS integer
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
  part record;
  blocked boolean := false;
BEGIN
  FOR part IN SELECT * FROM kd_partition_bounds(parent) WHERE to_key <= bound ORDER BY from_key LOOP
    IF kd_storage_engine() = 'timescaledb' THEN
      RETURN kd_try(format('SELECT drop_chunks(%L, older_than => %s::bigint, '
                           'newer_than => %s::bigint)', parent, part.to_key, part.from_key))::integer;
    END IF;
    IF pg_relation_size(part.partition) > 0 THEN
      EXIT WHEN NOT kd_try(format('TRUNCATE %s', part.partition));
    END IF;
    IF NOT blocked AND kd_try(format('DROP TABLE %s', part.partition)) THEN
      RETURN 1;
    END IF;
    blocked := true;
  END LOOP;
  RETURN 0;
END $$;

-- As before, on the native engine.
CREATE OR REPLACE FUNCTION kd_ensure_partitions(parent text, from_key bigint, to_key bigint)
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
  IF kd_storage_engine() = 'timescaledb' THEN
    RETURN 0;  -- a hypertable makes its chunks itself
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

-- The newest change or trade, exchange time. From the newest partition down: max() over a table
-- would lock them all.
CREATE FUNCTION kd_newest_recorded() RETURNS bigint
LANGUAGE plpgsql STABLE
SET search_path = public, pg_temp
AS $$
DECLARE
  parent text;
  part regclass;
  found_here bigint;
  newest bigint;
BEGIN
  FOREACH parent IN ARRAY '{orderbook_deltas,trades}'::text[] LOOP
    FOR part IN SELECT b.partition FROM kd_partition_bounds(parent) b ORDER BY b.from_key DESC LOOP
      EXECUTE format('SELECT max(exchange_ts) FROM %s', part) INTO found_here;
      EXIT WHEN found_here IS NOT NULL;
    END LOOP;
    newest := greatest(newest, found_here);
  END LOOP;
  RETURN newest;
END $$;

-- Drops the oldest partition that ends at or before `before_key` and that is exported. Tables that
-- nothing exports keep everything, unless `without_export` is 'drop'. Never what is less than a day
-- older than the newest change or trade, whatever the caller says. How many: 0 or 1.
CREATE FUNCTION kd_drop_partitions(parent text, before_key bigint, without_export text)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
  exported bigint := (SELECT exported_until FROM export_progress WHERE table_name = parent);
  newest bigint := kd_newest_recorded();
BEGIN
  IF without_export NOT IN ('keep', 'drop') THEN
    RAISE EXCEPTION 'without_export is keep or drop, not %', without_export
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF newest IS NULL OR (exported IS NULL AND without_export = 'keep') THEN
    RETURN 0;
  END IF;
  RETURN kd_drop_before(parent, least(before_key, exported, newest - 86400000000));
END $$;

GRANT EXECUTE ON FUNCTION kd_drop_partitions(text, bigint, text),
  kd_compress_partition(text, bigint) TO deduplicator;
GRANT EXECUTE ON FUNCTION kd_partitions(text), kd_storage_engine()
  TO deduplicator, exporter, reader;
