#pragma once

#include <set>
#include <string>

namespace kd {

// The one of `known` that takes the fewest single-character edits from `text`; empty when none is
// near enough to be what was meant.
std::string nearest_of(const std::string& text, const std::set<std::string>& known);

}  // namespace kd
