#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/expected.h"

namespace kd {

// Every scalar of a small JSON document by its path: {"a":{"b":[1,"x"]}} gives "a.b[0]" -> "1",
// "a.b[1]" -> "x"; true, false and numbers as written in JSON, null is left out. For status
// documents of our own programs, not for the exchange's frames.
Expected<std::map<std::string, std::string>> flatten_json(std::string_view json);

}  // namespace kd
