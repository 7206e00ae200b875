#include "metadata/list_reader.h"

#include <fmt/format.h>

#include "api/rest_client.h"

namespace kd {

std::string ListReader::path() const {
  if (cursor_.empty()) return list().path;
  return list().path + "&cursor=" + percent_encode(cursor_);
}

void ListReader::on_page(const std::string& cursor, bool empty) {
  ++pages_;
  const bool last = cursor.empty() || (empty && cursor == cursor_);
  cursor_ = last ? "" : cursor;
  if (last) ++at_;
}

std::vector<MetadataList> full_lists(const MetadataPages& pages) {
  return {
      {MetadataKind::kSeries, "/series",
       "/series?include_product_metadata=true&include_volume=true"},
      {MetadataKind::kEvents, "/events", fmt::format("/events?limit={}", pages.events)},
      {MetadataKind::kEvents, "/events/multivariate",
       fmt::format("/events/multivariate?limit={}", pages.events)},
      {MetadataKind::kMarkets, "/markets", fmt::format("/markets?limit={}", pages.markets)},
  };
}

std::vector<MetadataList> increment_lists(const MetadataPages& pages, std::int64_t since_s) {
  const auto markets = [&](std::string_view filter) {
    return MetadataList{MetadataKind::kMarkets, "/markets",
                        fmt::format("/markets?limit={}&{}={}", pages.markets, filter, since_s)};
  };
  auto lists = std::vector<MetadataList>{
      {MetadataKind::kSeries, "/series",
       fmt::format("/series?include_product_metadata=true&include_volume=true&min_updated_ts={}",
                   since_s)},
      {MetadataKind::kEvents, "/events",
       fmt::format("/events?limit={}&min_updated_ts={}", pages.events, since_s)},
  };
  lists.push_back(markets("mve_filter=exclude&min_updated_ts"));
  lists.push_back(markets("mve_filter=only&min_created_ts"));
  lists.push_back(markets("min_settled_ts"));
  return lists;
}

}  // namespace kd
