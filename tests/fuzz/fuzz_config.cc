// A configuration file: an error or a configuration that can be printed.
#include "config/loader.h"
#include "fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto yaml = kd::as_text(data, size);
  const kd::Environment environment = [](const std::string& name) {
    return name.size() % 2 == 0 ? std::optional<std::string>("value") : std::nullopt;
  };
  if (const auto config = kd::parse_gatherer_config(yaml, "fuzz", environment)) {
    (void)kd::print_config(*config);
  }
  if (const auto config = kd::parse_deduplicator_config(yaml, "fuzz", environment)) {
    (void)kd::print_config(*config);
  }
  return 0;
}
