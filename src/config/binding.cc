#include "config/binding.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "config/units.h"

namespace kd {
namespace {

template <typename Number>
std::optional<Number> parse_number(const std::string& text) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stopped, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc() || stopped != end) return std::nullopt;
  return value;
}

template <typename T>
bool assign_within(T& field, std::optional<T> value, Range<T> range) {
  if (!value || !(*value >= range.least && *value <= range.most)) return false;  // NaN: neither
  field = *value;
  return true;
}

std::string listed(const std::vector<std::string>& values) {
  std::string out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += i + 1 == values.size() ? " or " : ", ";
    out += values[i];
  }
  return out;
}

std::string number_range(Range<double> range) {
  return fmt::format("{} to {}", range.least, range.most);
}

bool is_identifier(const std::string& text) {
  constexpr std::size_t kLongest = 63;
  if (text.empty() || text.size() > kLongest) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

template <typename T, typename Parse>
std::optional<T> value_of(const std::string& text, Parse parse) {
  const auto parsed = parse(text);
  if (!parsed) return std::nullopt;
  return *parsed;
}

// Items joined by line ends; an item that is empty is refused.
std::optional<std::vector<std::string>> split_items(const std::string& joined) {
  std::vector<std::string> items;
  for (std::size_t start = 0; start < joined.size();) {
    const auto end = std::min(joined.find('\n', start), joined.size());
    if (end == start) return std::nullopt;
    items.push_back(joined.substr(start, end - start));
    start = end + 1;
  }
  if (joined.ends_with('\n')) return std::nullopt;
  return items;
}

std::string join_items(const std::vector<std::string>& items) {
  std::string joined;
  for (const auto& item : items) joined += (joined.empty() ? "" : "\n") + item;
  return joined;
}

}  // namespace

ConfigKey& SchemaBuilder::add(const std::string& name, Kind kind, const std::string& help,
                              std::function<bool(const std::string&)> set,
                              std::function<std::string()> get) {
  ConfigKey key;
  key.path = prefix_ + name;
  key.type = std::move(kind.type);
  key.allowed = std::move(kind.allowed);
  key.help = help;
  key.default_text = get();
  key.set = std::move(set);
  key.get = std::move(get);
  keys_.push_back(std::move(key));
  return keys_.back();
}

ConfigKey& SchemaBuilder::text(const std::string& name, std::string& field,
                               const std::string& help) {
  auto& key = add(
      name, {"text", "not empty"}, help,
      [&field](const std::string& value) {
        if (value.empty()) return false;
        field = value;
        return true;
      },
      [&field] { return field; });
  key.quoted = true;
  return key;
}

ConfigKey& SchemaBuilder::secret(const std::string& name, std::string& field,
                                 const std::string& help) {
  auto& key = text(name, field, help);
  key.secret = true;
  return key;
}

ConfigKey& SchemaBuilder::identifier(const std::string& name, std::string& field,
                                     const std::string& help) {
  auto& key = add(
      name, {"name", "1 to 63 letters, digits, '-', '_' or '.'"}, help,
      [&field](const std::string& value) {
        if (!is_identifier(value)) return false;
        field = value;
        return true;
      },
      [&field] { return field; });
  key.quoted = true;
  return key;
}

ConfigKey& SchemaBuilder::url(const std::string& name, std::string& field,
                              const std::vector<std::string>& schemes, const std::string& help) {
  std::string allowed = "begins with " + listed(schemes);
  auto& key = add(
      name, {"URL", std::move(allowed)}, help,
      [&field, schemes](const std::string& value) {
        const bool known = std::any_of(schemes.begin(), schemes.end(), [&](const auto& scheme) {
          return value.starts_with(scheme) && value.size() > scheme.size();
        });
        if (known) field = value;
        return known;
      },
      [&field] { return field; });
  key.quoted = true;
  return key;
}

ConfigKey& SchemaBuilder::list(const std::string& name, std::vector<std::string>& field,
                               const std::string& allowed, bool (*valid)(const std::string&),
                               const std::string& help) {
  auto& key = add(
      name, {"list", allowed}, help,
      [&field, valid](const std::string& value) {
        auto items = split_items(value);
        if (!items || !std::all_of(items->begin(), items->end(), valid)) return false;
        field = *std::move(items);
        return true;
      },
      [&field] { return join_items(field); });
  key.list = true;
  key.quoted = true;
  return key;
}

ConfigKey& SchemaBuilder::choice(const std::string& name, std::string& field,
                                 const std::vector<std::string>& values, const std::string& help) {
  return add(
      name, {"choice", listed(values)}, help,
      [&field, values](const std::string& value) {
        if (std::find(values.begin(), values.end(), value) == values.end()) return false;
        field = value;
        return true;
      },
      [&field] { return field; });
}

ConfigKey& SchemaBuilder::flag(const std::string& name, bool& field, const std::string& help) {
  return add(
      name, {"flag", "true or false"}, help,
      [&field](const std::string& value) {
        if (value != "true" && value != "false") return false;
        field = value == "true";
        return true;
      },
      [&field] { return std::string(field ? "true" : "false"); });
}

ConfigKey& SchemaBuilder::port(const std::string& name, std::uint16_t& field, int least,
                               const std::string& help) {
  return add(
      name, {"integer", fmt::format("{} to 65535", least)}, help,
      [&field, least](const std::string& text) {
        int value = 0;
        if (!assign_within(value, parse_number<int>(text), {least, 65'535})) return false;
        field = static_cast<std::uint16_t>(value);
        return true;
      },
      [&field] { return std::to_string(field); });
}

ConfigKey& SchemaBuilder::integer(const std::string& name, int& field, Range<int> range,
                                  const std::string& help) {
  return add(
      name, {"integer", fmt::format("{} to {}", range.least, range.most)}, help,
      [&field, range](const std::string& text) {
        return assign_within(field, parse_number<int>(text), range);
      },
      [&field] { return std::to_string(field); });
}

ConfigKey& SchemaBuilder::number(const std::string& name, double& field, Range<double> range,
                                 const std::string& help) {
  return add(
      name, {"number", number_range(range)}, help,
      [&field, range](const std::string& text) {
        return assign_within(field, parse_number<double>(text), range);
      },
      [&field] { return fmt::format("{}", field); });
}

ConfigKey& SchemaBuilder::number_or_auto(const std::string& name, std::optional<double>& field,
                                         Range<double> range, const std::string& help) {
  return add(
      name, {"number", number_range(range) + " or auto"}, help,
      [&field, range](const std::string& text) {
        if (text == "auto") {
          field.reset();
          return true;
        }
        double value = 0;
        if (!assign_within(value, parse_number<double>(text), range)) return false;
        field = value;
        return true;
      },
      [&field] { return field ? fmt::format("{}", *field) : std::string("auto"); });
}

ConfigKey& SchemaBuilder::duration(const std::string& name, std::chrono::milliseconds& field,
                                   Range<std::chrono::milliseconds> range,
                                   const std::string& help) {
  return add(
      name,
      {"duration", format_duration(range.least) + " to " + format_duration(range.most) +
                       " (units ms, s, m, h, d)"},
      help,
      [&field, range](const std::string& text) {
        return assign_within(field, value_of<std::chrono::milliseconds>(text, parse_duration),
                             range);
      },
      [&field] { return format_duration(field); });
}

ConfigKey& SchemaBuilder::duration_or_never(const std::string& name,
                                            std::optional<std::chrono::milliseconds>& field,
                                            Range<std::chrono::milliseconds> range,
                                            const std::string& help) {
  return add(
      name,
      {"duration", format_duration(range.least) + " to " + format_duration(range.most) +
                       ", in ms, s, m, h or d, or never"},
      help,
      [&field, range](const std::string& text) {
        if (text == "never") {
          field.reset();
          return true;
        }
        std::chrono::milliseconds value{};
        if (!assign_within(value, value_of<std::chrono::milliseconds>(text, parse_duration),
                           range)) {
          return false;
        }
        field = value;
        return true;
      },
      [&field] { return field ? format_duration(*field) : std::string("never"); });
}

ConfigKey& SchemaBuilder::size(const std::string& name, std::int64_t& field,
                               Range<std::int64_t> range, const std::string& help) {
  return add(
      name,
      {"size",
       format_size(range.least) + " to " + format_size(range.most) + " (units B, KiB, MiB, GiB)"},
      help,
      [&field, range](const std::string& text) {
        return assign_within(field, value_of<std::int64_t>(text, parse_size), range);
      },
      [&field] { return format_size(field); });
}

}  // namespace kd
