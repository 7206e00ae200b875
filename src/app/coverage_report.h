#pragma once

#include <string>

#include "coverage/ask.h"
#include "coverage/overview.h"

namespace kd {

// How coverage is shown to people and to programs. Pure.
std::string overview_text(const CoverageOverview& overview);
std::string overview_json(const CoverageOverview& overview);
std::string market_text(const std::string& ticker, const CoverageStatement& statement);
std::string market_json(const std::string& ticker, const CoverageStatement& statement);

// 0.99999999 -> "99.999999 %": rounded down, so that 100 % means all of it.
std::string percent_text(double share);

}  // namespace kd
