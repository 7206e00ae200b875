#include "metadata/metadata_store.h"

#include <fmt/format.h>

#include "base/json_quote.h"
#include "database/migrations.h"

namespace kd {
namespace {

constexpr std::string_view kLock = "kalshi metadata sync";

std::string json_list(const std::vector<std::string>& texts) {
  std::string json = "[";
  for (const auto& text : texts) {
    if (json.size() > 1) json += ',';
    json += json_quote(text);
  }
  return json + "]";
}

std::string number(std::int64_t value) { return std::to_string(value); }

std::span<const char> slice(const MetadataRows& rows, std::size_t first, std::size_t last) {
  const std::size_t begin = first == 0 ? 0 : rows.ends[first - 1];
  return std::span(rows.bytes).subspan(begin, rows.ends[last - 1] - begin);
}

}  // namespace

MetadataStore::MetadataStore(std::unique_ptr<Connection> connection, Partitions partitions)
    : connection_(std::move(connection)),
      partitions_(std::move(partitions)),
      sql_{metadata_sql(MetadataKind::kSeries), metadata_sql(MetadataKind::kEvents),
           metadata_sql(MetadataKind::kMarkets)} {}

Expected<std::unique_ptr<MetadataStore>> MetadataStore::open(const ConnectOptions& options) {
  KD_TRY(auto connection, Connection::connect(options));
  KD_DO(require_schema(*connection, SchemaKind::kProduction));
  KD_TRY(const bool alone, connection->try_advisory_lock(advisory_key(kLock)));
  if (!alone) return fail(Remedy::kRetry, "another session writes the metadata");
  KD_TRY(auto partitions, Partitions::load(*connection));
  std::unique_ptr<MetadataStore> store(
      new MetadataStore(std::move(connection), std::move(partitions)));
  KD_DO(store->prepare());
  return store;
}

// The planner knows nothing of the size of a stage, and a hash join reads all markets for a page
// of them.
Expected<void> MetadataStore::prepare() {
  KD_DO(connection_->exec("SET enable_hashjoin = off; SET enable_mergejoin = off"));
  for (const auto& sql : sql_) KD_DO(connection_->exec(sql.create_stage));
  KD_DO(
      connection_->exec("CREATE TEMP TABLE walk_listed (ticker text COLLATE \"C\" PRIMARY KEY);"
                        "CREATE TEMP TABLE walk_missing (ticker text COLLATE \"C\")"));
  return {};
}

Expected<MetadataStore::Outcome> MetadataStore::apply(MetadataKind kind, const MetadataRows& rows,
                                                      Micros seen_at, bool historical) {
  Outcome out;
  if (rows.ends.empty()) return out;
  const auto at = to_us(seen_at);
  KD_DO(partitions_.ensure(*connection_, std::string(versions_of(kind)), at, at));
  KD_DO(apply_range({kind, rows, seen_at, historical}, 0, rows.ends.size(), out));
  return out;
}

Expected<void> MetadataStore::apply_range(const Write& page, std::size_t first, std::size_t last,
                                          Outcome& out) {
  const auto rows = slice(page.rows, first, last);
  const auto versions = in_transaction([&] { return write(page, rows); });
  if (versions) {
    out.versions += *versions;
    return {};
  }
  if (versions.error().remedy != Remedy::kDropItem) return tl::unexpected(versions.error());
  if (last - first == 1) {
    out.refused.push_back(
        {page.rows.tickers[first], versions.error().what, std::string(rows.data(), rows.size())});
    return {};
  }
  const auto middle = first + (last - first) / 2;
  KD_DO(apply_range(page, first, middle, out));
  return apply_range(page, middle, last, out);
}

template <typename Work>
Expected<std::int64_t> MetadataStore::in_transaction(Work work) {
  KD_DO(connection_->begin());
  Expected<std::int64_t> done = work();
  if (done) {
    KD_DO(connection_->commit());
  } else if (connection_->usable()) {
    KD_DO(connection_->rollback());
  }
  return done;
}

Expected<std::int64_t> MetadataStore::write(const Write& page, std::span<const char> rows) {
  const auto& sql = sql_[static_cast<std::size_t>(page.kind)];
  const auto now = number(to_us(page.seen_at));
  KD_DO(connection_->copy_in(sql.copy, rows));
  if (!sql.add_parents.empty()) KD_DO(connection_->execute(sql.add_parents, {now}));
  KD_TRY(const auto versions, connection_->execute(sql.add_versions, {now}));
  if (has_tier(page.kind)) {
    const std::string tier = page.historical ? "true" : "false";
    KD_DO(connection_->execute(sql.update, {now, tier}));
    KD_DO(connection_->execute(sql.insert, {now, tier}));
  } else {
    KD_DO(connection_->execute(sql.update, {now}));
    KD_DO(connection_->execute(sql.insert, {now}));
  }
  return versions;
}

Expected<void> MetadataStore::quarantine(MetadataKind kind,
                                         const std::vector<MetadataRows::Unreadable>& entries,
                                         Micros at) {
  if (entries.empty()) return {};
  KD_DO(in_transaction([&] { return insert_quarantine(kind, entries, at); }));
  return {};
}

Expected<std::int64_t> MetadataStore::insert_quarantine(
    MetadataKind kind, const std::vector<MetadataRows::Unreadable>& entries, Micros at) {
  std::int64_t position = 0;
  for (const auto& entry : entries) {
    KD_DO(connection_->execute(
        "INSERT INTO quarantine (position, received_at, reason, frame, gatherer, table_name) "
        "VALUES ($1::bigint, $2::bigint, $3, decode($4, 'hex'), 'metadata', $5) "
        "ON CONFLICT DO NOTHING",
        {number(++position), number(to_us(at)), entry.reason,
         fmt::format("{:02x}",
                     fmt::join(std::span(reinterpret_cast<const unsigned char*>(entry.text.data()),
                                         entry.text.size()),
                               "")),
         std::string(name_of(kind))}));
  }
  return position;
}

Expected<void> MetadataStore::begin_walk() {
  KD_DO(connection_->exec("TRUNCATE walk_listed, walk_missing"));
  return {};
}

Expected<void> MetadataStore::note_listed(const std::vector<std::string>& markets) {
  KD_DO(connection_->execute(
      "INSERT INTO walk_listed SELECT jsonb_array_elements_text($1::jsonb) ON CONFLICT DO NOTHING",
      {json_list(markets)}));
  return {};
}

Expected<std::int64_t> MetadataStore::gather_missing(Micros began) {
  KD_DO(connection_->exec("ANALYZE walk_listed"));
  return in_transaction([&]() -> Expected<std::int64_t> {
    KD_DO(connection_->exec("SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on"));
    return connection_->execute(
        "INSERT INTO walk_missing SELECT ticker FROM markets m "
        "WHERE vanished_at IS NULL AND NOT historical AND first_seen_at < $1::bigint "
        "AND NOT EXISTS (SELECT FROM walk_listed l WHERE l.ticker = m.ticker)",
        {number(to_us(began))});
  });
}

Expected<std::vector<std::string>> MetadataStore::take_missing(std::size_t limit) {
  return tickers(
      "DELETE FROM walk_missing WHERE ctid = ANY (ARRAY(SELECT ctid FROM walk_missing "
      "LIMIT $1::bigint)) RETURNING ticker",
      {std::to_string(limit)});
}

Expected<std::int64_t> MetadataStore::mark_vanished(const std::vector<std::string>& markets,
                                                    Micros at) {
  constexpr std::string_view kWhich =
      "vanished_at IS NULL AND ticker IN (SELECT jsonb_array_elements_text($2::jsonb))";
  const auto now = number(to_us(at));
  const auto list = json_list(markets);
  KD_DO(partitions_.ensure(*connection_, "market_versions", to_us(at), to_us(at)));
  return in_transaction([&]() -> Expected<std::int64_t> {
    KD_DO(connection_->execute(fmt::format("INSERT INTO market_versions (seen_at, vanished, {0}) "
                                           "SELECT $1::bigint, true, {0} FROM markets WHERE {1}",
                                           versioned_columns(MetadataKind::kMarkets), kWhich),
                               {now, list}));
    return connection_->execute(
        fmt::format("UPDATE markets SET vanished_at = $1::bigint, changed_at = $1::bigint WHERE {}",
                    kWhich),
        {now, list});
  });
}

Expected<std::vector<std::string>> MetadataStore::due(Micros now, std::size_t limit) {
  return tickers(
      "SELECT ticker FROM ("
      "(SELECT ticker, open_time AS at FROM markets WHERE phase = 'unopened' "
      " AND open_time <= $1::bigint AND vanished_at IS NULL ORDER BY open_time DESC LIMIT "
      "$2::bigint) "
      "UNION ALL "
      "(SELECT ticker, close_time AS at FROM markets WHERE phase = 'open' "
      " AND close_time <= $1::bigint AND vanished_at IS NULL ORDER BY close_time DESC LIMIT "
      "$2::bigint)"
      ") d ORDER BY at DESC LIMIT $2::bigint",
      {number(to_us(now)), std::to_string(limit)});
}

Expected<std::vector<std::string>> MetadataStore::placeholders(
    MetadataKind kind, const std::vector<std::string>& others, std::size_t limit) {
  return tickers(fmt::format("SELECT ticker FROM {} WHERE placeholder AND ticker NOT IN "
                             "(SELECT jsonb_array_elements_text($2::jsonb)) "
                             "ORDER BY first_seen_at DESC LIMIT $1::bigint",
                             name_of(kind)),
                 {std::to_string(limit), json_list(others)});
}

Expected<std::vector<std::string>> MetadataStore::tickers(const std::string& sql,
                                                          std::initializer_list<SqlValue> params) {
  KD_TRY(const auto rows, connection_->query(sql, params));
  std::vector<std::string> out;
  out.reserve(rows.size());
  for (const auto& row : rows) out.push_back(text_at(row, 0));
  return out;
}

}  // namespace kd
