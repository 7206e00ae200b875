#include "sim/json_reading.h"

#include <fmt/format.h>

#include <boost/json/src.hpp>
#include <iterator>

#include "sim/json_text.h"

namespace kd::sim {

namespace json = boost::json;

namespace {

const json::value* member(const json::object& object, std::string_view key) {
  return object.if_contains({key.data(), key.size()});
}

void append_array(std::string& out, const json::array& array) {
  out.push_back('[');
  for (std::size_t i = 0; i < array.size(); ++i) {
    if (i > 0) out.push_back(',');
    append_json(out, array[i]);
  }
  out.push_back(']');
}

void append_object(std::string& out, const json::object& object) {
  out.push_back('{');
  bool first = true;
  for (const auto& [key, value] : object) {
    if (!first) out.push_back(',');
    first = false;
    append_json_string(out, view_of(key));
    out.push_back(':');
    append_json(out, value);
  }
  out.push_back('}');
}

}  // namespace

std::optional<std::string_view> text_member(const json::object& object, std::string_view key) {
  const auto* value = member(object, key);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return view_of(value->get_string());
}

std::optional<std::int64_t> int_member(const json::object& object, std::string_view key) {
  const auto* value = member(object, key);
  if (value == nullptr || !value->is_int64()) return std::nullopt;
  return value->get_int64();
}

std::optional<bool> bool_member(const json::object& object, std::string_view key) {
  const auto* value = member(object, key);
  if (value == nullptr || !value->is_bool()) return std::nullopt;
  return value->get_bool();
}

const json::object* object_member(const json::object& object, std::string_view key) {
  const auto* value = member(object, key);
  return value == nullptr ? nullptr : value->if_object();
}

const json::array* array_member(const json::object& object, std::string_view key) {
  const auto* value = member(object, key);
  return value == nullptr ? nullptr : value->if_array();
}

void append_json(std::string& out, const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      out += "null";
      break;
    case json::kind::bool_:
      out += value.get_bool() ? "true" : "false";
      break;
    case json::kind::int64:
      append_int(out, value.get_int64());
      break;
    case json::kind::uint64:
      fmt::format_to(std::back_inserter(out), "{}", value.get_uint64());
      break;
    case json::kind::double_:  // the shortest text that reads back as the same number
      fmt::format_to(std::back_inserter(out), "{}", value.get_double());
      break;
    case json::kind::string:
      append_json_string(out, view_of(value.get_string()));
      break;
    case json::kind::array:
      append_array(out, value.get_array());
      break;
    case json::kind::object:
      append_object(out, value.get_object());
  }
}

}  // namespace kd::sim
