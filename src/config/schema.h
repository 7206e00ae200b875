#pragma once

#include <functional>
#include <string>
#include <vector>

#include "config/options.h"

namespace kd {

// One key of a configuration file, bound to a field of the struct that the schema was made for.
struct ConfigKey {
  std::string path;     // "api.timeout"; a list item's is "gatherers[0].id"
  std::string type;     // for people: "duration", "integer", …
  std::string allowed;  // for people: "1 to 65535", "info, debug or warn", …; may be empty
  std::string help;
  std::string default_text;  // as written in YAML; empty: none
  std::string example;       // shown in the example file where there is no default
  std::string unless;        // another key that, when given, makes this one meaningless
  bool required = false;
  bool secret = false;  // masked when printed; may also be given as `<path>_file`
  bool list = false;    // a list of texts; `set` and `get` see its items joined by line ends
  bool quoted = false;  // a text: quoted in YAML where its characters need it

  std::function<bool(const std::string&)> set;  // false: not allowed, and nothing was changed
  std::function<std::string()> get;             // the field's value as `set` would take it
};

// In the order in which they are documented and printed.
using ConfigSchema = std::vector<ConfigKey>;

// Every key with its default, range and meaning: the only place that knows them. The keys hold
// references into `config`, which must outlive them and whose list of gatherers must not grow.
ConfigSchema schema_of(GathererConfig& config);
ConfigSchema schema_of(DeduplicatorConfig& config);

}  // namespace kd
