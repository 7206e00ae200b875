#include "codec/flat_json.h"

#include <simdjson.h>

namespace kd {
namespace {

namespace dom = simdjson::dom;
using Flat = std::map<std::string, std::string>;

void add(const dom::element& element, const std::string& path, Flat& out) {
  switch (element.type()) {
    case dom::element_type::OBJECT:
      for (const auto field : dom::object(element)) {
        const std::string key(field.key);
        add(field.value, path.empty() ? key : path + "." + key, out);
      }
      return;
    case dom::element_type::ARRAY: {
      std::size_t index = 0;
      for (const auto item : dom::array(element)) {
        add(item, path + "[" + std::to_string(index++) + "]", out);
      }
      return;
    }
    case dom::element_type::STRING:
      out[path] = std::string(std::string_view(element));
      return;
    case dom::element_type::NULL_VALUE:
      return;
    default:
      out[path] = simdjson::minify(element);
  }
}

}  // namespace

Expected<std::map<std::string, std::string>> flatten_json(std::string_view json) {
  dom::parser parser;
  dom::element root;
  const simdjson::padded_string copy(json);
  if (const auto problem = parser.parse(copy).get(root)) {
    return fail(Remedy::kDropItem, std::string("not JSON: ") + simdjson::error_message(problem));
  }
  Flat out;
  add(root, "", out);
  return out;
}

}  // namespace kd
