-- Series, events and markets: the latest view of each, and every version of it there was. Fields
-- are named as the exchange names them, without the suffixes _dollars and _fp; times are µs since
-- the epoch, prices 1e-5 dollar, sizes 0.01 contract. What a column is not there for is in `extra`.
SET LOCAL ROLE kalshi_owner;

CREATE TABLE series (
  ticker text COLLATE "C" PRIMARY KEY,
  frequency text,
  title text,
  category text,
  categories jsonb,
  tags jsonb,
  settlement_sources jsonb,
  contract_url text,
  contract_terms_url text,
  product_metadata jsonb,
  fee_type text,
  fee_multiplier double precision,
  additional_prohibitions jsonb,
  exchange_index bigint,
  volume bigint,
  last_updated_ts bigint,
  extra jsonb,                      -- what has no column, and makes versions
  extra_latest jsonb,               -- amounts that have no column: the latest only
  placeholder boolean NOT NULL DEFAULT false,  -- named by an event, not listed yet
  first_seen_at bigint NOT NULL,
  changed_at bigint NOT NULL        -- seen_at of its newest version
);

CREATE TABLE events (
  ticker text COLLATE "C" PRIMARY KEY,
  series_ticker text COLLATE "C" REFERENCES series,
  title text,
  sub_title text,
  collateral_return_type text,
  mutually_exclusive boolean,
  settlement_sources jsonb,
  category text,
  strike_date bigint,
  strike_period text,
  product_metadata jsonb,
  fee_type_override text,
  fee_multiplier_override double precision,
  exchange_index bigint,
  last_updated_ts bigint,
  extra jsonb,
  extra_latest jsonb,
  placeholder boolean NOT NULL DEFAULT false,  -- named by a market, not listed yet
  first_seen_at bigint NOT NULL,
  changed_at bigint NOT NULL,
  CHECK (placeholder OR series_ticker IS NOT NULL)
);
CREATE INDEX events_by_series ON events (series_ticker);
CREATE INDEX events_placeholder ON events (first_seen_at) WHERE placeholder;

CREATE TABLE markets (
  ticker text COLLATE "C" PRIMARY KEY,
  event_ticker text COLLATE "C" NOT NULL REFERENCES events,
  market_type text,
  title text,
  subtitle text,
  yes_sub_title text,
  no_sub_title text,
  status text COLLATE "C" NOT NULL, -- the exchange's word, an open set
  phase text COLLATE "C",           -- what it means to us; NULL: a word we do not know
  result text,
  created_time bigint,
  open_time bigint,
  close_time bigint,
  expected_expiration_time bigint,
  expiration_time bigint,
  latest_expiration_time bigint,
  settlement_timer_seconds bigint,
  settlement_ts bigint,
  settlement_value integer,         -- of yes
  settlement_bounds_type text,
  settlement_floor integer,
  expiration_value text,
  occurrence_datetime bigint,
  fee_waiver_expiration_time bigint,
  can_close_early boolean,
  early_close_condition text,
  rules_primary text,
  rules_secondary text,
  strike_type text,
  floor_strike double precision,
  cap_strike double precision,
  functional_strike text,
  custom_strike jsonb,
  mve_collection_ticker text,
  mve_selected_legs jsonb,
  primary_participant_key text,
  price_level_structure text,
  price_ranges jsonb,
  notional_value integer,
  is_provisional boolean,
  exchange_index bigint,
  updated_time bigint,
  yes_bid integer,
  yes_ask integer,
  no_bid integer,
  no_ask integer,
  yes_bid_size bigint,
  yes_ask_size bigint,
  last_price integer,
  previous_price integer,
  previous_yes_bid integer,
  previous_yes_ask integer,
  volume bigint,
  volume_24h bigint,
  open_interest bigint,
  extra jsonb,
  extra_latest jsonb,
  first_seen_at bigint NOT NULL,
  changed_at bigint NOT NULL,
  historical boolean NOT NULL DEFAULT false,  -- in the exchange's historical tier: final
  vanished_at bigint,               -- when the exchange was found not to have it any more
  CONSTRAINT markets_phase CHECK (phase IS NOT DISTINCT FROM CASE status
    WHEN 'initialized' THEN 'unopened'
    WHEN 'active' THEN 'open' WHEN 'inactive' THEN 'open'
    WHEN 'closed' THEN 'closed' WHEN 'determined' THEN 'closed'
    WHEN 'disputed' THEN 'closed' WHEN 'amended' THEN 'closed'
    WHEN 'finalized' THEN 'settled' END)
) WITH (fillfactor = 80);
CREATE INDEX markets_by_event ON markets (event_ticker);
CREATE INDEX markets_to_open ON markets (open_time) WHERE phase = 'unopened';
CREATE INDEX markets_to_close ON markets (close_time) WHERE phase = 'open';

-- One row per change of a column that is not a trading figure; `seen_at` is when the answer that
-- showed it came.
CREATE TABLE series_versions (
  seen_at bigint NOT NULL,
  ticker text COLLATE "C" NOT NULL,
  frequency text,
  title text,
  category text,
  categories jsonb,
  tags jsonb,
  settlement_sources jsonb,
  contract_url text,
  contract_terms_url text,
  product_metadata jsonb,
  fee_type text,
  fee_multiplier double precision,
  additional_prohibitions jsonb,
  exchange_index bigint,
  extra jsonb,
  PRIMARY KEY (seen_at, ticker)
) PARTITION BY RANGE (seen_at);
CREATE INDEX series_versions_by_ticker ON series_versions (ticker, seen_at);

CREATE TABLE event_versions (
  seen_at bigint NOT NULL,
  ticker text COLLATE "C" NOT NULL,
  series_ticker text COLLATE "C",
  title text,
  sub_title text,
  collateral_return_type text,
  mutually_exclusive boolean,
  settlement_sources jsonb,
  category text,
  strike_date bigint,
  strike_period text,
  product_metadata jsonb,
  fee_type_override text,
  fee_multiplier_override double precision,
  exchange_index bigint,
  extra jsonb,
  PRIMARY KEY (seen_at, ticker)
) PARTITION BY RANGE (seen_at);
CREATE INDEX event_versions_by_ticker ON event_versions (ticker, seen_at);

CREATE TABLE market_versions (
  seen_at bigint NOT NULL,
  ticker text COLLATE "C" NOT NULL,
  event_ticker text COLLATE "C" NOT NULL,
  market_type text,
  title text,
  subtitle text,
  yes_sub_title text,
  no_sub_title text,
  status text COLLATE "C" NOT NULL,
  phase text COLLATE "C",
  result text,
  created_time bigint,
  open_time bigint,
  close_time bigint,
  expected_expiration_time bigint,
  expiration_time bigint,
  latest_expiration_time bigint,
  settlement_timer_seconds bigint,
  settlement_ts bigint,
  settlement_value integer,
  settlement_bounds_type text,
  settlement_floor integer,
  expiration_value text,
  occurrence_datetime bigint,
  fee_waiver_expiration_time bigint,
  can_close_early boolean,
  early_close_condition text,
  rules_primary text,
  rules_secondary text,
  strike_type text,
  floor_strike double precision,
  cap_strike double precision,
  functional_strike text,
  custom_strike jsonb,
  mve_collection_ticker text,
  mve_selected_legs jsonb,
  primary_participant_key text,
  price_level_structure text,
  price_ranges jsonb,
  notional_value integer,
  is_provisional boolean,
  exchange_index bigint,
  extra jsonb,
  vanished boolean NOT NULL DEFAULT false,  -- the exchange did not have it any more
  PRIMARY KEY (seen_at, ticker),
  CONSTRAINT market_versions_phase CHECK (phase IN ('unopened', 'open', 'closed', 'settled'))
) PARTITION BY RANGE (seen_at);
CREATE INDEX market_versions_by_ticker ON market_versions (ticker, seen_at);

INSERT INTO kd_partitioning (table_name, width_us, key_column) VALUES
  ('series_versions', 86400000000, 'seen_at'),
  ('event_versions', 86400000000, 'seen_at'),
  ('market_versions', 86400000000, 'seen_at');
GRANT UPDATE ON series, events, markets TO deduplicator;

-- For people: a market with what it belongs to.
CREATE VIEW v_markets AS
SELECT m.ticker, m.event_ticker, e.series_ticker, s.title AS series_title, e.title AS event_title,
       m.yes_sub_title, s.category, m.status, m.phase, m.result,
       to_timestamp(m.open_time / 1000000.0) AS opens, to_timestamp(m.close_time / 1000000.0) AS closes,
       to_timestamp(m.settlement_ts / 1000000.0) AS settled,
       m.yes_bid / 100000.0 AS yes_bid_dollars, m.yes_ask / 100000.0 AS yes_ask_dollars,
       m.last_price / 100000.0 AS last_price_dollars, m.volume / 100.0 AS volume_contracts,
       m.mve_selected_legs IS NOT NULL AS combo,
       m.historical, to_timestamp(m.vanished_at / 1000000.0) AS vanished
FROM markets m
JOIN events e ON e.ticker = m.event_ticker
LEFT JOIN series s ON s.ticker = e.series_ticker;
