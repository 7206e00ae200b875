#pragma once

#include <cstddef>
#include <string>

#include "app/verify_run.h"

namespace kd {

// What was compared and every finding by name, `most` of each kind.
std::string verify_text(const VerifyRequest& request, const VerifyReport& report, std::size_t most);

// The same as one JSON object. Keys are documented in docs/kalshi-data/book.
std::string verify_json(const VerifyRequest& request, const VerifyReport& report);

}  // namespace kd
