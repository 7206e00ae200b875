#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/schema.h"

namespace kd {

template <typename T>
struct Range {
  T least;
  T most;
};

// Builds the keys of a schema: one function per kind of value. `name` is relative to the section.
// The returned key may be refined until the next call.
class SchemaBuilder {
 public:
  // Keys that follow are named `prefix` + name; "" is the top level.
  void section(std::string prefix) { prefix_ = std::move(prefix); }

  ConfigKey& text(const std::string& name, std::string& field, const std::string& help);
  ConfigKey& secret(const std::string& name, std::string& field, const std::string& help);
  ConfigKey& identifier(const std::string& name, std::string& field, const std::string& help);
  ConfigKey& url(const std::string& name, std::string& field,
                 const std::vector<std::string>& schemes, const std::string& help);
  // Of items on one line each that `valid` accepts; a single value is a list of one.
  ConfigKey& list(const std::string& name, std::vector<std::string>& field,
                  const std::string& allowed, bool (*valid)(const std::string&),
                  const std::string& help);
  ConfigKey& choice(const std::string& name, std::string& field,
                    const std::vector<std::string>& values, const std::string& help);
  ConfigKey& flag(const std::string& name, bool& field, const std::string& help);
  ConfigKey& port(const std::string& name, std::uint16_t& field, int least,
                  const std::string& help);
  ConfigKey& integer(const std::string& name, int& field, Range<int> range,
                     const std::string& help);
  ConfigKey& number(const std::string& name, double& field, Range<double> range,
                    const std::string& help);
  // "auto" stands for an absent value.
  ConfigKey& number_or_auto(const std::string& name, std::optional<double>& field,
                            Range<double> range, const std::string& help);
  ConfigKey& duration(const std::string& name, std::chrono::milliseconds& field,
                      Range<std::chrono::milliseconds> range, const std::string& help);
  // "never" stands for an absent value.
  ConfigKey& duration_or_never(const std::string& name,
                               std::optional<std::chrono::milliseconds>& field,
                               Range<std::chrono::milliseconds> range, const std::string& help);
  ConfigKey& size(const std::string& name, std::int64_t& field, Range<std::int64_t> range,
                  const std::string& help);

  ConfigSchema take() { return std::move(keys_); }

 private:
  struct Kind {
    std::string type;
    std::string allowed;
  };
  ConfigKey& add(const std::string& name, Kind kind, const std::string& help,
                 std::function<bool(const std::string&)> set, std::function<std::string()> get);

  std::string prefix_;
  ConfigSchema keys_;
};

}  // namespace kd
