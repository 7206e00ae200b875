#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/expected.h"
#include "config/document.h"
#include "config/environment.h"
#include "config/schema.h"

namespace kd {

// Puts the values of one document into the fields that a schema is bound to.
class ConfigApplier {
 public:
  ConfigApplier(std::string file, const std::vector<DocumentNode>& nodes,
                const Environment& environment);

  // Checks every node against the schema, sets the fields, then checks what is required.
  Expected<void> apply(const ConfigSchema& schema);

  bool given(const std::string& path) const { return lines_.contains(path); }

  // "gatherer.yaml:12: api.timeout: what"; without the line when the key is not in the file.
  tl::unexpected<Error> error(const std::string& path, const std::string& what) const;

 private:
  Expected<void> apply_node(const DocumentNode& node, const ConfigSchema& schema);
  Expected<void> set_value(const DocumentNode& node, const ConfigKey& key);
  Expected<std::string> value_of(const DocumentNode& node, const ConfigKey& key) const;
  Expected<std::string> substitute_at(const DocumentNode& node) const;
  Expected<std::string> items_of(const DocumentNode& node, const ConfigKey& key) const;
  Expected<void> check_key(const ConfigKey& key) const;
  Expected<void> check_section(const DocumentNode& node, bool list) const;

  const std::string file_;
  const std::vector<DocumentNode>& nodes_;
  const Environment& environment_;
  std::map<std::string, int> lines_;  // of every path in the document
};

// The known path that `path` most likely misspells; empty when none is near.
std::string nearest_key(const std::string& path, const ConfigSchema& schema);

}  // namespace kd
