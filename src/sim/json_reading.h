#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "sim/feed_event.h"

// For the sources of sim/ only: Boost.JSON is what the simulator reads JSON with. It writes by
// appending (json_text.h).
namespace kd::sim {

inline std::string_view view_of(const boost::json::string& text) {
  return {text.data(), text.size()};
}
inline std::string_view view_of(boost::json::string_view text) {
  return {text.data(), text.size()};
}

// The member's text; nothing when it is absent or no string.
std::optional<std::string_view> text_member(const boost::json::object& object,
                                            std::string_view key);
std::optional<std::int64_t> int_member(const boost::json::object& object, std::string_view key);
std::optional<bool> bool_member(const boost::json::object& object, std::string_view key);
const boost::json::object* object_member(const boost::json::object& object, std::string_view key);
const boost::json::array* array_member(const boost::json::object& object, std::string_view key);

void append_json(std::string& out, const boost::json::value& value);

}  // namespace kd::sim
