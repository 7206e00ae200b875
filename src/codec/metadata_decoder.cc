#include "codec/metadata_decoder.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/json_quote.h"
#include "codec/copy_row.h"
#include "codec/metadata_cell.h"
#include "model/market.h"

namespace kd {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;
using Cell = std::vector<char>;
using FieldIndex = std::unordered_map<std::string_view, std::size_t>;

constexpr std::size_t kMaxTickerBytes = 200;

tl::unexpected<Error> bad(std::string_view field, std::string_view why) {
  return fail(Remedy::kDropItem, fmt::format("{}: {}", field, why));
}
tl::unexpected<Error> bad(std::string_view field, simdjson::error_code code) {
  return bad(field, simdjson::error_message(code));
}

// Trading moves these: the suffixes are those of protocol notes 2.1.
bool is_amount(std::string_view field) {
  return field.ends_with("_dollars") || field.ends_with("_fp");
}

void append_member(std::string& json, std::string_view key, element value) {
  json += json.empty() ? "{" : ",";
  json += json_quote(key);
  json += ":";
  json += simdjson::minify(value);
}

FieldIndex index_of(MetadataKind kind) {
  FieldIndex index;
  const auto fields = metadata_fields(kind);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!fields[i].name.empty()) index.emplace(fields[i].name, i);
  }
  return index;
}

const FieldIndex& fields_by_name(MetadataKind kind) {
  static const FieldIndex indexes[] = {index_of(MetadataKind::kSeries),
                                       index_of(MetadataKind::kEvents),
                                       index_of(MetadataKind::kMarkets)};
  return indexes[static_cast<std::size_t>(kind)];
}

// Turns entries into rows, one at a time; reuses its buffers.
class RowMaker {
 public:
  RowMaker(MetadataKind kind, MetadataRows& out)
      : kind_(kind),
        fields_(metadata_fields(kind)),
        index_(fields_by_name(kind)),
        cells_(fields_.size()),
        out_(out) {}

  void add(element entry) {
    object item;
    if (const auto error = entry.get_object().get(item)) {
      return refuse(entry, {}, simdjson::error_message(error));
    }
    auto ticker = ticker_of(item);
    if (!ticker) return refuse(entry, {}, ticker.error().what);
    if (seen_.contains(*ticker)) return;
    if (auto read = read_members(item); !read) return refuse(entry, *ticker, read.error().what);
    append_row();
    seen_.insert(*ticker);
    out_.tickers.push_back(*std::move(ticker));
  }

 private:
  Expected<std::string> ticker_of(object item) const {
    const auto field = fields_.front().name;
    element value;
    if (const auto error = item.at_key(field).get(value)) return bad(field, error);
    const auto text = text_of(value);
    if (!text) return bad(field, text.error().what);
    const auto printable = [](char c) { return c > ' ' && c <= '~'; };
    if (text->empty() || text->size() > kMaxTickerBytes || !std::ranges::all_of(*text, printable)) {
      return bad(field, "no ticker");
    }
    return std::string(*text);
  }

  Expected<void> read_members(object item) {
    for (auto& cell : cells_) cell.clear();
    extra_.clear();
    extra_latest_.clear();
    status_ = {};
    for (const auto [key, value] : item) {
      const auto known = index_.find(key);
      if (known == index_.end()) {
        keep_unknown(key, value);
      } else {
        KD_DO(read_known(known->second, value));
      }
    }
    for (std::size_t i = 0; i < fields_.size(); ++i) KD_DO(complete(i));
    return {};
  }

  Expected<void> read_known(std::size_t i, element value) {
    if (value.is_null()) return {};
    cells_[i].clear();
    CopyRowWriter cell(cells_[i]);
    if (auto done = put_cell(cell, fields_[i].type, value); !done) {
      return bad(fields_[i].name, done.error().what);
    }
    if (fields_[i].name != "status") return {};
    KD_TRY(status_, text_of(value));
    return {};
  }

  void keep_unknown(std::string_view key, element value) {
    constexpr std::string_view kNested = "markets";  // of an event: rows of their own
    if (kind_ == MetadataKind::kEvents && key == kNested) return;
    out_.unknown_fields.emplace(key);
    append_member(is_amount(key) ? extra_latest_ : extra_, key, value);
  }

  // What no member gave a value.
  Expected<void> complete(std::size_t i) {
    const auto& field = fields_[i];
    if (!cells_[i].empty()) return {};
    if (field.required) return bad(field.name, "missing");
    CopyRowWriter cell(cells_[i]);
    if (field.type == MetadataType::kPhase) {
      put_phase(cell);
    } else if (field.type == MetadataType::kExtra) {
      put_object(cell, extra_);
    } else if (field.type == MetadataType::kExtraLatest) {
      put_object(cell, extra_latest_);
    } else {
      cell.null();
    }
    return {};
  }

  void put_phase(CopyRowWriter& cell) const {
    const auto phase = phase_from_status(status_);
    phase ? cell.bytes(name_of(*phase)) : cell.null();
  }

  static void put_object(CopyRowWriter& cell, std::string& members) {
    members.empty() ? cell.null() : cell.jsonb(members += "}");
  }

  void append_row() {
    CopyRowWriter row(out_.bytes);
    row.begin_row(static_cast<std::int16_t>(cells_.size()));
    for (const auto& cell : cells_) out_.bytes.insert(out_.bytes.end(), cell.begin(), cell.end());
    out_.ends.push_back(out_.bytes.size());
    if (kind_ == MetadataKind::kMarkets && !phase_from_status(status_)) {
      out_.unknown_statuses.emplace_back(status_);
    }
  }

  void refuse(element entry, std::string ticker, std::string reason) {
    out_.unreadable.push_back({std::move(ticker), std::move(reason), simdjson::minify(entry)});
  }

  const MetadataKind kind_;
  const std::span<const MetadataField> fields_;
  const FieldIndex& index_;
  std::vector<Cell> cells_;
  std::string extra_, extra_latest_;  // objects, without their last brace
  std::string_view status_;
  std::unordered_set<std::string> seen_;
  MetadataRows& out_;
};

Expected<object> root_of(simdjson::dom::parser& parser, std::string_view body) {
  element root;
  if (const auto error = parser.parse(body.data(), body.size()).get(root)) {
    return bad("body", error);
  }
  object out;
  if (const auto error = root.get_object().get(out)) return bad("body", error);
  return out;
}

// Absent and null mean the last page, as the empty string does.
Expected<std::string> cursor_of(object root) {
  element value;
  if (root.at_key("cursor").get(value) || value.is_null()) return std::string();
  const auto text = text_of(value);
  if (!text) return bad("cursor", text.error().what);
  return std::string(*text);
}

}  // namespace

Expected<MetadataRows> decode_metadata_page(MetadataKind kind, std::string_view body) {
  simdjson::dom::parser parser;
  KD_TRY(const auto root, root_of(parser, body));
  simdjson::dom::array list;
  if (const auto error = root.at_key(name_of(kind)).get_array().get(list)) {
    return bad(name_of(kind), error);
  }
  MetadataRows rows;
  KD_TRY(rows.cursor, cursor_of(root));
  RowMaker maker(kind, rows);
  for (const auto entry : list) maker.add(entry);
  return rows;
}

Expected<MetadataRows> decode_metadata_item(MetadataKind kind, std::string_view body) {
  constexpr std::string_view kNames[] = {"series", "event", "market"};
  const auto name = kNames[static_cast<std::size_t>(kind)];
  simdjson::dom::parser parser;
  KD_TRY(const auto root, root_of(parser, body));
  element item;
  if (const auto error = root.at_key(name).get(item)) return bad(name, error);
  MetadataRows rows;
  RowMaker(kind, rows).add(item);
  return rows;
}

}  // namespace kd
