#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kd::sim {

// A page's end, opaque to the client: bound to the query it belongs to, so that a cursor used
// with other filters is refused instead of skipping rows.
std::string make_cursor(std::string_view query_key, std::int64_t position);

// Nothing for a text that is no cursor of this query.
std::optional<std::int64_t> read_cursor(std::string_view query_key, std::string_view cursor);

}  // namespace kd::sim
