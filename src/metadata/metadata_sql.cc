#include "metadata/metadata_sql.h"

#include <fmt/format.h>

namespace kd {
namespace {

template <typename Wanted>
std::string columns(MetadataKind kind, std::string_view prefix, Wanted wanted) {
  std::string list;
  for (const auto& field : metadata_fields(kind)) {
    if (!wanted(field)) continue;
    list += fmt::format("{}{}{}", list.empty() ? "" : ", ", prefix, field.column);
  }
  return list;
}

std::string stage_of(MetadataKind kind) { return fmt::format("stage_{}", name_of(kind)); }

// A column of the stage names a row of the table before: that row must be there.
std::string add_parents(MetadataKind kind) {
  if (kind == MetadataKind::kSeries) return {};
  const bool market = kind == MetadataKind::kMarkets;
  const std::string_view parent = market ? "events" : "series";
  const std::string_view column = market ? "event_ticker" : "series_ticker";
  return fmt::format(
      "INSERT INTO {0} (ticker, placeholder, first_seen_at, changed_at) "
      "SELECT DISTINCT {1}, true, $1::bigint, $1::bigint FROM {2} s "
      "WHERE NOT EXISTS (SELECT FROM {0} p WHERE p.ticker = s.{1}) ON CONFLICT DO NOTHING",
      parent, column, stage_of(kind));
}

// True of a row `m` whose latest version does not say that it is there.
std::string not_there(MetadataKind kind) {
  return has_tier(kind) ? "m.vanished_at IS NOT NULL" : "m.placeholder";
}

std::string changed(MetadataKind kind) {
  return fmt::format("({} OR ({}) IS DISTINCT FROM ({}))", not_there(kind),
                     versioned_columns(kind, "m."), versioned_columns(kind, "s."));
}

std::string add_versions(MetadataKind kind) {
  return fmt::format(
      "INSERT INTO {0} (seen_at, {1}) SELECT $1::bigint, {2} FROM {3} s "
      "LEFT JOIN {4} m ON m.ticker = s.ticker WHERE m.ticker IS NULL OR {5}",
      versions_of(kind), versioned_columns(kind), versioned_columns(kind, "s."), stage_of(kind),
      name_of(kind), changed(kind));
}

std::string update(MetadataKind kind) {
  const bool tier = has_tier(kind);
  return fmt::format(
      "UPDATE {0} m SET ({1}) = ROW({2}), "
      "changed_at = CASE WHEN {3} THEN $1::bigint ELSE m.changed_at END, {4} "
      "FROM {5} s WHERE m.ticker = s.ticker AND ({6} OR {7} ({8}) IS DISTINCT FROM ({2}))",
      name_of(kind), all_columns(kind), all_columns(kind, "s."), changed(kind),
      tier ? "vanished_at = NULL, historical = $2::boolean" : "placeholder = false", stage_of(kind),
      not_there(kind), tier ? "m.historical <> $2::boolean OR" : "", all_columns(kind, "m."));
}

std::string insert(MetadataKind kind) {
  const bool tier = has_tier(kind);
  return fmt::format(
      "INSERT INTO {0} ({1}, first_seen_at, changed_at{2}) "
      "SELECT {3}, $1::bigint, $1::bigint{4} FROM {5} s "
      "WHERE NOT EXISTS (SELECT FROM {0} m WHERE m.ticker = s.ticker)",
      name_of(kind), all_columns(kind), tier ? ", historical" : "", all_columns(kind, "s."),
      tier ? ", $2::boolean" : "", stage_of(kind));
}

}  // namespace

std::string_view versions_of(MetadataKind kind) {
  constexpr std::string_view kNames[] = {"series_versions", "event_versions", "market_versions"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string versioned_columns(MetadataKind kind, std::string_view prefix) {
  return columns(kind, prefix, [](const MetadataField& field) { return field.versioned; });
}

std::string all_columns(MetadataKind kind, std::string_view prefix) {
  return columns(kind, prefix, [](const MetadataField&) { return true; });
}

MetadataSql metadata_sql(MetadataKind kind) {
  return {
      .create_stage = fmt::format("CREATE TEMP TABLE {} ON COMMIT DELETE ROWS AS SELECT {} FROM {} "
                                  "WITH NO DATA",
                                  stage_of(kind), all_columns(kind), name_of(kind)),
      .copy = fmt::format("COPY {} FROM STDIN (FORMAT binary)", stage_of(kind)),
      .add_parents = add_parents(kind),
      .add_versions = add_versions(kind),
      .update = update(kind),
      .insert = insert(kind),
  };
}

}  // namespace kd
