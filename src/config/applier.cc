#include "config/applier.h"

#include <algorithm>
#include <set>
#include <utility>

#include "config/nearest.h"
#include "config/text_file.h"

namespace kd {
namespace {

constexpr std::string_view kFileSuffix = "_file";

const ConfigKey* find_key(const std::string& path, const ConfigSchema& schema) {
  const auto found = std::find_if(schema.begin(), schema.end(), [&](const ConfigKey& key) {
    return key.path == path || (key.secret && key.path + std::string(kFileSuffix) == path);
  });
  return found == schema.end() ? nullptr : &*found;
}

// Whether known keys lie below `path`, as a section's ("api") or as a list's ("gatherers").
bool is_section(const std::string& path, const ConfigSchema& schema) {
  return std::any_of(schema.begin(), schema.end(),
                     [&](const ConfigKey& key) { return key.path.starts_with(path + "."); });
}
bool is_list(const std::string& path, const ConfigSchema& schema) {
  return std::any_of(schema.begin(), schema.end(),
                     [&](const ConfigKey& key) { return key.path.starts_with(path + "["); });
}

// Whether it is an item of a list of values, or below one: the list's own node answers for it.
bool is_item(const std::string& path, const ConfigSchema& schema) {
  const auto bracket = path.find('[');
  if (bracket == std::string::npos) return false;
  const auto* const key = find_key(path.substr(0, bracket), schema);
  return key != nullptr && key->list;
}

// Every path of the schema, and every section above one.
std::set<std::string> known_paths(const ConfigSchema& schema) {
  std::set<std::string> paths;
  for (const auto& key : schema) {
    paths.insert(key.path);
    if (key.secret) paths.insert(key.path + std::string(kFileSuffix));
    for (auto dot = key.path.find('.'); dot != std::string::npos;
         dot = key.path.find('.', dot + 1)) {
      paths.insert(key.path.substr(0, dot));
    }
    const auto bracket = key.path.find('[');
    if (bracket != std::string::npos) paths.insert(key.path.substr(0, bracket));
  }
  return paths;
}

std::string expectation(const ConfigKey& key) {
  return key.allowed.empty() ? key.type : key.type + ", " + key.allowed;
}

Expected<std::string> read_secret(const std::string& path) {
  const auto read = read_text_file(path);
  if (!read) return fail(Remedy::kGiveUp, "the file '" + path + "' " + read.error().what);
  if (others_may_read(path)) {
    return fail(Remedy::kGiveUp,
                "the file '" + path + "' may be read by others; run: chmod 600 " + path);
  }
  std::string text = *read;
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

}  // namespace

std::string nearest_key(const std::string& path, const ConfigSchema& schema) {
  return nearest_of(path, known_paths(schema));
}

ConfigApplier::ConfigApplier(std::string file, const std::vector<DocumentNode>& nodes,
                             const Environment& environment)
    : file_(std::move(file)), nodes_(nodes), environment_(environment) {
  for (const auto& node : nodes_) lines_[node.path] = node.line;
}

tl::unexpected<Error> ConfigApplier::error(const std::string& path, const std::string& what) const {
  const auto line = lines_.find(path);
  const std::string at = line == lines_.end() ? "" : ":" + std::to_string(line->second);
  return fail(Remedy::kGiveUp, file_ + at + ": " + path + ": " + what);
}

Expected<void> ConfigApplier::apply(const ConfigSchema& schema) {
  for (const auto& node : nodes_) {
    KD_DO(apply_node(node, schema));
  }
  for (const auto& key : schema) {
    KD_DO(check_key(key));
  }
  return {};
}

Expected<void> ConfigApplier::apply_node(const DocumentNode& node, const ConfigSchema& schema) {
  if (const auto* key = find_key(node.path, schema)) return set_value(node, *key);
  if (is_item(node.path, schema)) return {};
  if (is_section(node.path, schema)) return check_section(node, false);
  if (is_list(node.path, schema)) return check_section(node, true);
  const auto nearest = nearest_key(node.path, schema);
  return error(node.path,
               "unknown key" + (nearest.empty() ? "" : "; did you mean '" + nearest + "'?"));
}

Expected<void> ConfigApplier::check_section(const DocumentNode& node, bool list) const {
  using Kind = DocumentNode::Kind;
  if (node.kind == Kind::kEmpty || node.kind == (list ? Kind::kList : Kind::kSection)) return {};
  return error(node.path, list ? "must be a list of sections ('- id: …')"
                               : "must be a section with keys below it");
}

Expected<void> ConfigApplier::set_value(const DocumentNode& node, const ConfigKey& key) {
  if (node.kind == DocumentNode::Kind::kEmpty) {
    return error(node.path, "has no value; give one (" + expectation(key) + ") or remove the key");
  }
  const bool is_list = key.list && node.kind == DocumentNode::Kind::kList;
  if (node.kind != DocumentNode::Kind::kValue && !is_list) {
    return error(node.path, key.list ? "must be a list of values (" + expectation(key) + ")"
                                     : "must be a single value (" + expectation(key) + ")");
  }
  if (node.path != key.path && given(key.path)) {
    return error(node.path, "cannot be given together with " + key.path);
  }
  KD_TRY(const auto value, is_list ? items_of(node, key) : value_of(node, key));
  if (key.set(value)) return {};
  std::string shown = key.secret ? "the value" : "'" + value + "'";
  std::replace(shown.begin(), shown.end(), '\n', ' ');  // between the items of a list
  return error(node.path, shown + " is not allowed; expected " + expectation(key));
}

Expected<std::string> ConfigApplier::substitute_at(const DocumentNode& node) const {
  const auto value = substitute(node.value, environment_);
  if (!value) return error(node.path, value.error().what);
  return *value;
}

Expected<std::string> ConfigApplier::value_of(const DocumentNode& node,
                                              const ConfigKey& key) const {
  KD_TRY(auto value, substitute_at(node));
  if (node.path == key.path) return value;
  const auto secret = read_secret(value);
  if (!secret) return error(node.path, secret.error().what);
  return *secret;
}

Expected<std::string> ConfigApplier::items_of(const DocumentNode& node,
                                              const ConfigKey& key) const {
  std::string joined;
  for (std::size_t i = 0;; ++i) {
    const auto path = node.path + "[" + std::to_string(i) + "]";
    const auto item = std::find_if(nodes_.begin(), nodes_.end(),
                                   [&](const DocumentNode& other) { return other.path == path; });
    if (item == nodes_.end()) return joined;
    if (item->kind != DocumentNode::Kind::kValue) {
      return error(path, "must be a single value (" + expectation(key) + ")");
    }
    KD_TRY(const auto value, substitute_at(*item));
    joined += (i == 0 ? "" : "\n") + value;
  }
}

Expected<void> ConfigApplier::check_key(const ConfigKey& key) const {
  const bool is_given =
      given(key.path) || (key.secret && given(key.path + std::string(kFileSuffix)));
  if (key.required && !is_given) {
    return error(key.path, "required key is missing; expected " + expectation(key));
  }
  if (!is_given || key.unless.empty()) return {};
  if (given(key.unless) || given(key.unless + std::string(kFileSuffix))) {
    return error(key.path, "cannot be given together with " + key.unless);
  }
  return {};
}

}  // namespace kd
