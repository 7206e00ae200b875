#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "codec/metadata_fields.h"

namespace kd {

// A list of series, events or markets with every field there is, as rows for production. A field
// that metadata_fields() does not name is kept as JSON: nothing the exchange sends is lost.
struct MetadataRows {
  std::vector<char> bytes;           // COPY rows, a column per field of metadata_fields(kind)
  std::vector<std::size_t> ends;     // of each row in `bytes`
  std::vector<std::string> tickers;  // of each row, each once: of equal ones the first is taken

  // Entries that cannot be decoded exactly. They hide none beside them.
  struct Unreadable {
    std::string ticker;  // empty: not readable either
    std::string reason;
    std::string text;  // JSON
  };
  std::vector<Unreadable> unreadable;

  std::set<std::string> unknown_fields;
  std::vector<std::string> unknown_statuses;  // one per market that has one
  std::string cursor;                         // empty: the last page
};

// {"markets": […], "cursor": "…"}
Expected<MetadataRows> decode_metadata_page(MetadataKind kind, std::string_view body);
// {"market": {…}}, as a list of one.
Expected<MetadataRows> decode_metadata_item(MetadataKind kind, std::string_view body);

}  // namespace kd
