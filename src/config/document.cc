#include "config/document.h"

#include <yaml-cpp/yaml.h>

#include <set>

namespace kd {
namespace {

class Flattener {
 public:
  explicit Flattener(const std::string& name) : name_(name) {}

  Expected<std::vector<DocumentNode>> run(const YAML::Node& root) {
    if (root.IsNull()) return std::move(nodes_);
    if (!root.IsMap()) return error(root, "the file is not a mapping of keys to values");
    KD_DO(children(root, ""));
    return std::move(nodes_);
  }

 private:
  tl::unexpected<Error> error(const YAML::Node& at, const std::string& what) const {
    return fail(Remedy::kGiveUp, name_ + ":" + std::to_string(at.Mark().line + 1) + ": " + what);
  }

  Expected<void> children(const YAML::Node& node, const std::string& path) {
    std::set<std::string> seen;
    for (const auto& child : node) {
      if (!child.first.IsScalar()) return error(child.first, "a key that is not a plain word");
      const std::string& key = child.first.Scalar();
      const std::string child_path = path.empty() ? key : path + "." + key;
      if (!seen.insert(key).second) return error(child.first, child_path + ": given twice");
      KD_DO(visit(child.second, child_path, child.first.Mark().line + 1));
    }
    return {};
  }

  Expected<void> visit(const YAML::Node& node, const std::string& path, int line) {
    using Kind = DocumentNode::Kind;
    if (node.IsScalar()) {
      nodes_.push_back({path, Kind::kValue, node.Scalar(), line});
      return {};
    }
    if (node.IsMap()) {
      nodes_.push_back({path, Kind::kSection, "", line});
      return children(node, path);
    }
    if (!node.IsSequence()) {
      nodes_.push_back({path, Kind::kEmpty, "", line});
      return {};
    }
    nodes_.push_back({path, Kind::kList, "", line});
    for (std::size_t i = 0; i < node.size(); ++i) {
      const YAML::Node item = node[i];
      KD_DO(visit(item, path + "[" + std::to_string(i) + "]", item.Mark().line + 1));
    }
    return {};
  }

  const std::string& name_;
  std::vector<DocumentNode> nodes_;
};

}  // namespace

Expected<std::vector<DocumentNode>> parse_document(std::string_view yaml, const std::string& name) {
  try {
    return Flattener(name).run(YAML::Load(std::string(yaml)));
  } catch (const YAML::Exception& problem) {
    return fail(Remedy::kGiveUp, name + ":" + std::to_string(problem.mark.line + 1) +
                                     ": not valid YAML: " + problem.msg);
  }
}

}  // namespace kd
