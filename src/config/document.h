#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"

namespace kd {

// One node of a YAML document with where it stands. A value.
struct DocumentNode {
  enum class Kind { kValue, kEmpty, kSection, kList };

  std::string path;  // "api.timeout", "gatherers[0].id"
  Kind kind = Kind::kEmpty;
  std::string value;  // kValue only, as written; not yet substituted
  int line = 0;       // counted from 1
};

// All nodes below the root, parents before children, in the order of the file. An error (syntax,
// a key given twice, a root that is no mapping) names `name` and the line.
Expected<std::vector<DocumentNode>> parse_document(std::string_view yaml, const std::string& name);

}  // namespace kd
