#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kd::sim {

struct DefaultMember {
  std::string_view key;
  std::string_view json;
};

// Required REST members (and their value) that old metadata may lack.
const std::vector<DefaultMember>& default_market_members();
const std::vector<DefaultMember>& default_event_members();

}  // namespace kd::sim
