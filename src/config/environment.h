#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/expected.h"

namespace kd {

// The value of an environment variable; absent when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// The process's own. Call before threads start: the C library's table is not locked.
Environment process_environment();

// Replaces, in one value of an already parsed document,
//   ${VAR}            by its value; an error when it is not set
//   ${VAR:-default}   by its value, or by the default when it is not set or empty
//   ${VAR:?message}   by its value; an error with that message when it is not set or empty
//   $${               by a literal ${
// Any other '$' stays. What was put in is not looked at again, so a password keeps its characters.
Expected<std::string> substitute(std::string_view text, const Environment& environment);

}  // namespace kd
