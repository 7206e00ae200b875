#include "sim/market_members.h"

namespace kd::sim {

const std::vector<DefaultMember>& default_market_members() {
  static const std::vector<DefaultMember> kMembers = {
      {"market_type", R"("binary")"},
      {"title", R"("")"},
      {"subtitle", R"("")"},
      {"yes_sub_title", R"("")"},
      {"no_sub_title", R"("")"},
      {"settlement_timer_seconds", "1"},
      {"notional_value_dollars", R"("1.0000")"},
      {"can_close_early", "true"},
      {"settlement_bounds_type", R"("default")"},
      {"rules_primary", R"("")"},
      {"rules_secondary", R"("")"},
      {"price_level_structure", R"("linear_cent")"},
      {"price_ranges", R"([{"start":"0.0000","end":"1.0000","step":"0.0100"}])"},
      {"exchange_index", "0"},
  };
  return kMembers;
}

const std::vector<DefaultMember>& default_event_members() {
  static const std::vector<DefaultMember> kMembers = {
      {"title", R"("")"},
      {"sub_title", R"("")"},
      {"collateral_return_type", R"("")"},
      {"mutually_exclusive", "false"},
      {"settlement_sources", "[]"},
      {"exchange_index", "0"},
  };
  return kMembers;
}

}  // namespace kd::sim
