#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace kd {

// What REST lists, in the order in which each names the one before.
enum class MetadataKind : std::uint8_t { kSeries, kEvents, kMarkets };
inline constexpr std::size_t kMetadataKinds = 3;

// "series", "events", "markets": the list in a body, and the table in production.
std::string_view name_of(MetadataKind kind);

enum class MetadataType : std::uint8_t {
  kText,
  kTime,       // RFC 3339 -> µs; the exchange's "year 1" is none
  kDollars,    // decimal text -> 1e-5 dollar
  kContracts,  // decimal text -> 0.01 contract
  kInteger,
  kNumber,  // a JSON number, as double
  kBoolean,
  kJson,         // as it came
  kPhase,        // made from `status`
  kExtra,        // an object of all fields that are none of these …
  kExtraLatest,  // … and one of those of them that are amounts
};

// One field of the exchange and the column it goes to.
struct MetadataField {
  std::string_view name;    // in JSON; empty: made by us
  std::string_view column;  // in production
  MetadataType type = MetadataType::kText;
  // A change of it makes a version. Figures of trading and stamps of updates do not.
  bool versioned = true;
  bool required = false;
};

// The fields of protocol notes 2.3 and 2.4; the first is the key. Immutable; any thread.
std::span<const MetadataField> metadata_fields(MetadataKind kind);

}  // namespace kd
