#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "sim/cursor.h"
#include "sim/rest_api.h"

namespace kd::sim {

// The page a list request asks for.
struct Page {
  std::size_t limit = 0;
  std::int64_t from = 0;  // position to begin at
  std::string key;        // what its cursors are bound to
};

// Reads `limit` (1 to `most`, `usual` when absent or 0) and `cursor`. The error is the text of a
// 400.
inline Expected<Page> read_page(const RestCall& call, std::int64_t most, std::int64_t usual,
                                std::initializer_list<std::string_view> filters) {
  bool bad = false;
  const std::int64_t limit = call.query.number("limit", bad).value_or(0);
  if (bad || limit < 0 || limit > most) {
    return fail(Remedy::kDropItem, fmt::format("limit is a number up to {}", most));
  }
  Page page{static_cast<std::size_t>(limit == 0 ? usual : limit), 0, {}};
  for (const std::string& part : call.path) page.key += part + "/";
  for (const std::string_view filter : filters) {
    page.key.append("&").append(call.query.text(filter));
  }
  if (const auto cursor = call.query.text("cursor"); !cursor.empty()) {
    const auto from = read_cursor(page.key, cursor);
    if (!from) return fail(Remedy::kDropItem, "cursor is none that this query was answered with");
    page.from = *from;
  }
  return page;
}

// Builds {"<name>":[…],"cursor":"…"}.
class PageWriter {
 public:
  PageWriter(std::string_view name, const Page& page) : page_(page) {
    out_.append("{\"").append(name).append("\":[");
  }

  bool full() const { return rows_ == page_.limit; }
  // Where to append the next row.
  std::string& row() {
    if (rows_++ > 0) out_.push_back(',');
    return out_;
  }
  // `next`: where the following page begins; nothing on the last page.
  HttpResponse finish(std::optional<std::int64_t> next) {
    out_.append("],\"cursor\":\"");
    if (next) out_ += make_cursor(page_.key, *next);
    out_ += "\"}";
    return {200, "application/json", std::move(out_), {}};
  }

 private:
  const Page& page_;
  std::string out_;
  std::size_t rows_ = 0;
};

inline HttpResponse bad_request(std::string_view message) {
  return documented_error(400, "invalid_parameters", message);
}
inline HttpResponse not_found() { return nested_error(404, "not_found", "not found"); }

}  // namespace kd::sim
