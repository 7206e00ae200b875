#include "config/printer.h"

#include <algorithm>
#include <vector>

#include "config/loader.h"
#include "config/schema.h"

namespace kd {
namespace {

constexpr std::string_view kAnyText = "not empty";  // goes without saying

std::vector<std::string> segments_of(const std::string& path) {
  std::vector<std::string> out(1);
  for (const char c : path) {
    if (c == '.') {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

std::string yaml_text(const std::string& value) {
  const bool plain = !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '-' || c == '_' || c == '.';
  });
  if (plain && value.front() != '-') return value;
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

// Writes keys in the order of their paths as nested YAML.
class YamlWriter {
 public:
  // `note`: comment lines above the key; `off`: the key itself is a comment too.
  void add(const std::string& path, const std::string& value, const std::string& note, bool off) {
    auto segments = segments_of(path);
    const std::string name = segments.back();
    segments.pop_back();
    open(segments);
    for (std::size_t start = 0; start < note.size();) {
      const auto end = std::min(note.find('\n', start), note.size());
      out_ += indent() + "# " + note.substr(start, end - start) + "\n";
      start = end + 1;
    }
    line((off ? "# " : "") + name + ": " + value);
  }

  std::string take() { return std::move(out_); }

 private:
  std::string indent() const { return std::string(2 * depth_, ' '); }

  void line(const std::string& text) {
    std::string space = indent();
    if (first_of_item_) space.replace(space.size() - 2, 1, "-");
    first_of_item_ = false;
    out_ += space + text + "\n";
  }

  // Writes the headings of the sections in which the next key stands.
  void open(const std::vector<std::string>& sections) {
    depth_ = 0;
    bool same = true;
    for (std::size_t i = 0; i < sections.size(); ++i) {
      same = same && i < open_.size() && open_[i] == sections[i];
      const auto bracket = sections[i].find('[');
      if (!same && (bracket == std::string::npos || sections[i].ends_with("[0]"))) {
        line(sections[i].substr(0, bracket) + ":");
      }
      ++depth_;
      if (bracket == std::string::npos) continue;
      ++depth_;
      first_of_item_ = first_of_item_ || !same;
    }
    open_ = sections;
  }

  std::string out_;
  std::vector<std::string> open_;
  std::size_t depth_ = 0;
  bool first_of_item_ = false;
};

// [first, second], of items joined by line ends.
std::string yaml_list(const std::string& joined) {
  std::string out;
  for (std::size_t start = 0; start < joined.size();) {
    const auto end = std::min(joined.find('\n', start), joined.size());
    out += (out.empty() ? "" : ", ") + yaml_text(joined.substr(start, end - start));
    start = end + 1;
  }
  return "[" + out + "]";
}

std::string shown(const ConfigKey& key, const std::string& value) {
  if (key.secret && !value.empty()) return "\"***\"";
  if (key.list) return yaml_list(value);
  return key.quoted ? yaml_text(value) : value;
}

std::string print(const ConfigSchema& schema) {
  const auto set = [&](const std::string& path) {
    return std::any_of(schema.begin(), schema.end(), [&](const ConfigKey& key) {
      return key.path == path && !key.get().empty();
    });
  };
  YamlWriter out;
  for (const auto& key : schema) {
    const std::string value = key.get();
    if (value.empty() || (!key.unless.empty() && set(key.unless))) continue;
    out.add(key.path, shown(key, value), "", false);
  }
  return out.take();
}

std::string example(const std::string& program, const ConfigSchema& schema) {
  YamlWriter out;
  for (const auto& key : schema) {
    const bool off = key.default_text.empty() && !key.required;
    const std::string value = key.default_text.empty() ? key.example : key.default_text;
    std::string note = key.help;
    if (key.required) note += " Required.";
    if (key.allowed != kAnyText) note += "\nAllowed: " + key.allowed + ".";
    if (key.secret) note += "\nAlso as " + segments_of(key.path).back() + "_file.";
    const std::string text = key.quoted ? yaml_text(value) : value;
    out.add(key.path, key.list ? yaml_list(value) : text, note, off);
  }
  return "# Every key of the " + program +
         " with its default; written by\n#   kalshi-data config " + program +
         "\n# ${VAR}, ${VAR:-default} and ${VAR:?message} are replaced in values.\n\n" + out.take();
}

std::string cell(std::string text) {
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) {
    text.insert(at, "\\");
  }
  return text;
}

std::string table(const ConfigSchema& schema) {
  std::string out = "| Key | Type | Default | Allowed | Meaning |\n|---|---|---|---|---|\n";
  for (const auto& key : schema) {
    std::string path = key.path;
    if (const auto index = path.find("[0]"); index != std::string::npos) path.erase(index + 1, 1);
    const auto text = key.list ? yaml_list(key.default_text) : key.default_text;
    std::string standard = key.default_text.empty() ? "–" : "`" + text + "`";
    if (key.required) standard = "required";
    const std::string secret = key.secret ? " Secret; also as `…_file`." : "";
    out += "| `" + path + "` | " + key.type + " | " + cell(standard) + " | " + cell(key.allowed) +
           " | " + cell(key.help) + secret + " |\n";
  }
  return out;
}

DeduplicatorConfig with_gatherers(std::size_t count) {
  DeduplicatorConfig config;
  config.gatherers.resize(count);
  return config;
}

}  // namespace

std::string print_config(const GathererConfig& config) {
  auto copy = config;
  return print(schema_of(copy));
}

std::string print_config(const DeduplicatorConfig& config) {
  auto copy = config;
  return print(schema_of(copy));
}

std::string gatherer_example() {
  GathererConfig config;
  return example("gatherer", schema_of(config));
}

std::string deduplicator_example() {
  auto config = with_gatherers(1);
  return example("deduplicator", schema_of(config));
}

std::string config_reference() {
  GathererConfig gatherer;
  auto deduplicator = with_gatherers(1);
  return "# Configuration reference\n\nWritten by `kalshi-data config reference`; a test compares "
         "it with the schema.\n\nUnknown keys, wrong types and values out of range are errors. "
         "`${VAR}`, `${VAR:-default}`\nand `${VAR:?message}` are replaced in values after the YAML "
         "is parsed; `$${` stands for `${`.\n\n## gatherer\n\n" +
         table(schema_of(gatherer)) + "\n## deduplicator\n\n" + table(schema_of(deduplicator));
}

}  // namespace kd
