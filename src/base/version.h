#pragma once

#include <string>
#include <string_view>

namespace kd {

// "gatherer 0.1.0 (commit 1a2b3c4d5e6f, built 2026-11-22T10:00:00Z)": the answer to --version.
std::string version_line(std::string_view program);

}  // namespace kd
