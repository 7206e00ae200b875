#include "codec/metadata_fields.h"

#include <array>

namespace kd {
namespace {

using enum MetadataType;

constexpr MetadataField kept(std::string_view name, MetadataType type = kText) {
  return {.name = name, .column = name, .type = type, .versioned = true, .required = false};
}
constexpr MetadataField required(std::string_view name) {
  return {.name = name, .column = name, .type = kText, .versioned = true, .required = true};
}
constexpr MetadataField key(std::string_view name) {
  return {.name = name, .column = "ticker", .type = kText, .versioned = true, .required = true};
}
// Of the latest view only.
constexpr MetadataField latest(std::string_view name, MetadataType type, std::string_view column) {
  return {.name = name, .column = column, .type = type, .versioned = false, .required = false};
}
constexpr MetadataField renamed(std::string_view name, MetadataType type, std::string_view column) {
  return {.name = name, .column = column, .type = type, .versioned = true, .required = false};
}
constexpr MetadataField made(std::string_view column, MetadataType type, bool versioned = true) {
  return {.name = {}, .column = column, .type = type, .versioned = versioned, .required = false};
}

constexpr std::array kSeriesFields{
    key("ticker"),
    kept("frequency"),
    kept("title"),
    kept("category"),
    kept("categories", kJson),
    kept("tags", kJson),
    kept("settlement_sources", kJson),
    kept("contract_url"),
    kept("contract_terms_url"),
    kept("product_metadata", kJson),
    kept("fee_type"),
    kept("fee_multiplier", kNumber),
    kept("additional_prohibitions", kJson),
    kept("exchange_index", kInteger),
    latest("volume_fp", kContracts, "volume"),
    latest("last_updated_ts", kTime, "last_updated_ts"),
    made("extra", kExtra),
    made("extra_latest", kExtraLatest, false),
};

constexpr std::array kEventFields{
    key("event_ticker"),
    required("series_ticker"),
    kept("title"),
    kept("sub_title"),
    kept("collateral_return_type"),
    kept("mutually_exclusive", kBoolean),
    kept("settlement_sources", kJson),
    kept("category"),
    kept("strike_date", kTime),
    kept("strike_period"),
    kept("product_metadata", kJson),
    kept("fee_type_override"),
    kept("fee_multiplier_override", kNumber),
    kept("exchange_index", kInteger),
    latest("last_updated_ts", kTime, "last_updated_ts"),
    made("extra", kExtra),
    made("extra_latest", kExtraLatest, false),
};

constexpr std::array kMarketFields{
    key("ticker"),
    required("event_ticker"),
    kept("market_type"),
    kept("title"),
    kept("subtitle"),
    kept("yes_sub_title"),
    kept("no_sub_title"),
    required("status"),
    made("phase", kPhase),
    kept("result"),
    kept("created_time", kTime),
    kept("open_time", kTime),
    kept("close_time", kTime),
    kept("expected_expiration_time", kTime),
    kept("expiration_time", kTime),
    kept("latest_expiration_time", kTime),
    kept("settlement_timer_seconds", kInteger),
    kept("settlement_ts", kTime),
    renamed("settlement_value_dollars", kDollars, "settlement_value"),
    kept("settlement_bounds_type"),
    renamed("settlement_floor_dollars", kDollars, "settlement_floor"),
    kept("expiration_value"),
    kept("occurrence_datetime", kTime),
    kept("fee_waiver_expiration_time", kTime),
    kept("can_close_early", kBoolean),
    kept("early_close_condition"),
    kept("rules_primary"),
    kept("rules_secondary"),
    kept("strike_type"),
    kept("floor_strike", kNumber),
    kept("cap_strike", kNumber),
    kept("functional_strike"),
    kept("custom_strike", kJson),
    kept("mve_collection_ticker"),
    kept("mve_selected_legs", kJson),
    kept("primary_participant_key"),
    kept("price_level_structure"),
    kept("price_ranges", kJson),
    renamed("notional_value_dollars", kDollars, "notional_value"),
    kept("is_provisional", kBoolean),
    kept("exchange_index", kInteger),
    latest("updated_time", kTime, "updated_time"),
    latest("yes_bid_dollars", kDollars, "yes_bid"),
    latest("yes_ask_dollars", kDollars, "yes_ask"),
    latest("no_bid_dollars", kDollars, "no_bid"),
    latest("no_ask_dollars", kDollars, "no_ask"),
    latest("yes_bid_size_fp", kContracts, "yes_bid_size"),
    latest("yes_ask_size_fp", kContracts, "yes_ask_size"),
    latest("last_price_dollars", kDollars, "last_price"),
    latest("previous_price_dollars", kDollars, "previous_price"),
    latest("previous_yes_bid_dollars", kDollars, "previous_yes_bid"),
    latest("previous_yes_ask_dollars", kDollars, "previous_yes_ask"),
    latest("volume_fp", kContracts, "volume"),
    latest("volume_24h_fp", kContracts, "volume_24h"),
    latest("open_interest_fp", kContracts, "open_interest"),
    made("extra", kExtra),
    made("extra_latest", kExtraLatest, false),
};

}  // namespace

std::string_view name_of(MetadataKind kind) {
  constexpr std::string_view kNames[] = {"series", "events", "markets"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::span<const MetadataField> metadata_fields(MetadataKind kind) {
  switch (kind) {
    case MetadataKind::kSeries:
      return kSeriesFields;
    case MetadataKind::kEvents:
      return kEventFields;
    case MetadataKind::kMarkets:
      break;
  }
  return kMarketFields;
}

}  // namespace kd
