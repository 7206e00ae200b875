#pragma once

#include <string>
#include <string_view>

#include "codec/metadata_fields.h"

namespace kd {

// The statements that take a page of `kind` from its staging table into production, in this
// order and in one transaction. `now` (µs) is $1 of all of them; `historical` is $2 of the last two
// where has_tier().
struct MetadataSql {
  std::string create_stage;  // a temporary table; its rows end with the transaction
  std::string copy;          // COPY of rows of decode_metadata_page()
  std::string add_parents;   // placeholders for those not known yet; empty: it has none
  std::string add_versions;  // of what is new or has changed
  std::string update;        // the latest view
  std::string insert;
};
MetadataSql metadata_sql(MetadataKind kind);

// "market_versions"
std::string_view versions_of(MetadataKind kind);
// Only markets move to the historical tier, and vanish.
constexpr bool has_tier(MetadataKind kind) { return kind == MetadataKind::kMarkets; }

// The columns of which a change makes a version, each behind `prefix`, divided by commas.
std::string versioned_columns(MetadataKind kind, std::string_view prefix = "");
std::string all_columns(MetadataKind kind, std::string_view prefix = "");

}  // namespace kd
