#pragma once

#include <string>
#include <string_view>

#include "base/expected.h"
#include "config/environment.h"
#include "config/options.h"

namespace kd {

// Reads a daemon's YAML file. Every error is kGiveUp and says file, line, key, what was wrong and
// what is allowed; a key nobody knows comes with the nearest one that exists.
Expected<GathererConfig> load_gatherer_config(const std::string& path);
Expected<DeduplicatorConfig> load_deduplicator_config(const std::string& path);

// The same from text; `name` stands for the file in errors.
Expected<GathererConfig> parse_gatherer_config(std::string_view yaml, const std::string& name,
                                               const Environment& environment);
Expected<DeduplicatorConfig> parse_deduplicator_config(std::string_view yaml,
                                                       const std::string& name,
                                                       const Environment& environment);

// The effective configuration as YAML, secrets masked.
std::string print_config(const GathererConfig& config);
std::string print_config(const DeduplicatorConfig& config);

}  // namespace kd
