#include "app/config_text.h"

#include <cstddef>

namespace kd {

std::string yaml_quoted(const std::string& text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"' || text[i] == '\\') out += '\\';
    if (text.compare(i, 2, "${") == 0) out += '$';
    out += text[i];
  }
  return out + '"';
}

// Keys of one section stand together in the map, since they share what stands before the dot.
std::string ConfigText::text() const {
  std::string out;
  std::string before;  // the sections that are open, each with its dot
  for (const auto& [key, value] : values_) {
    std::string indent;
    std::size_t begin = 0;
    for (auto dot = key.find('.'); dot != std::string::npos; dot = key.find('.', begin)) {
      const bool open = before.compare(0, dot + 1, key, 0, dot + 1) == 0;
      if (!open) out += indent + key.substr(begin, dot - begin) + ":\n";
      indent += "  ";
      begin = dot + 1;
    }
    out += indent + key.substr(begin) + ": " + value + "\n";
    before = key.substr(0, begin);
  }
  return out;
}

}  // namespace kd
