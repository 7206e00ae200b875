#include "config/environment.h"

#include <algorithm>
#include <cstdlib>

namespace kd {
namespace {

bool is_name(std::string_view text) {
  if (text.empty() || (text.front() >= '0' && text.front() <= '9')) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// `body` is what stands between the braces.
Expected<std::string> expand(std::string_view body, const Environment& environment) {
  const auto colon = body.find(':');
  const std::string name(body.substr(0, colon));
  if (!is_name(name)) {
    return fail(Remedy::kGiveUp, "'${" + std::string(body) + "}' names no environment variable");
  }
  auto value = environment(name);
  if (colon == std::string_view::npos) {
    if (value) return *std::move(value);
    return fail(Remedy::kGiveUp, "environment variable " + name + " is not set");
  }
  const auto rule = body.substr(colon, 2);
  if (rule != ":-" && rule != ":?") {
    return fail(Remedy::kGiveUp,
                "'${" + std::string(body) + "}': only ${VAR}, ${VAR:-default} and ${VAR:?message}");
  }
  if (value && !value->empty()) return *std::move(value);
  std::string rest(body.substr(colon + 2));
  if (rule == ":-") return rest;
  return fail(Remedy::kGiveUp, "environment variable " + name + ": " + rest);
}

}  // namespace

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): see header
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

Expected<std::string> substitute(std::string_view text, const Environment& environment) {
  std::string out;
  while (!text.empty()) {
    const auto open = text.find("${");
    if (open == std::string_view::npos) break;
    if (open > 0 && text[open - 1] == '$') {
      out += std::string(text.substr(0, open - 1)) + "${";
      text.remove_prefix(open + 2);
      continue;
    }
    const auto close = text.find('}', open);
    if (close == std::string_view::npos) {
      return fail(Remedy::kGiveUp, "'${' without a '}'; write '$${' for the characters themselves");
    }
    KD_TRY(const auto value, expand(text.substr(open + 2, close - open - 2), environment));
    out += std::string(text.substr(0, open)) + value;
    text.remove_prefix(close + 1);
  }
  return out + std::string(text);
}

}  // namespace kd
