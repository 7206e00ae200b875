#pragma once

#include <string>
#include <string_view>

namespace kd {

// `text` as a JSON string, quotes included. Text that is UTF-8 stays as it is.
std::string json_quote(std::string_view text);

}  // namespace kd
