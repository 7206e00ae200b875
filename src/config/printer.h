#pragma once

#include <string>

namespace kd {

// What `configs/*.example.yaml` contain: every key with its meaning, its range and its default.
std::string gatherer_example();
std::string deduplicator_example();

// Every key of both daemons as Markdown tables.
std::string config_reference();

}  // namespace kd
