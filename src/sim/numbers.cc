#include "sim/numbers.h"

#include <charconv>
#include <cstdlib>

namespace kd::sim {

namespace {

// "12.5" with two places -> 1250.
std::optional<std::int64_t> parse_fixed(std::string_view text, std::size_t places) {
  const auto point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  std::string_view fraction =
      point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  while (fraction.size() > places && fraction.ends_with('0')) fraction.remove_suffix(1);
  if (whole.empty() || whole.size() > 16 || fraction.size() > places) return std::nullopt;
  if (point != std::string_view::npos && point + 1 == text.size()) return std::nullopt;
  std::int64_t value = 0;
  for (const std::string_view part : {whole, fraction}) {
    for (const char c : part) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
  }
  for (std::size_t i = fraction.size(); i < places; ++i) value *= 10;
  return value;
}

}  // namespace

void append_int(std::string& out, std::int64_t value) {
  char text[20];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  out.append(text, end);
}

void append_price(std::string& out, std::int32_t price) {
  append_int(out, price / kDollar);
  out.push_back('.');
  std::int32_t rest = price % kDollar;
  const int digits = rest % 10 == 0 ? 4 : 5;
  if (digits == 4) rest /= 10;
  char text[5];
  for (int i = digits - 1; i >= 0; --i, rest /= 10) text[i] = static_cast<char>('0' + rest % 10);
  out.append(text, static_cast<std::size_t>(digits));
}

std::string price_text(std::int32_t price) {
  std::string out;
  append_price(out, price);
  return out;
}

void append_count(std::string& out, std::int64_t hundredths) {
  if (hundredths < 0) out.push_back('-');
  const std::int64_t magnitude = std::abs(hundredths);
  append_int(out, magnitude / 100);
  out.push_back('.');
  out.push_back(static_cast<char>('0' + magnitude / 10 % 10));
  out.push_back(static_cast<char>('0' + magnitude % 10));
}

std::string count_text(std::int64_t hundredths) {
  std::string out;
  append_count(out, hundredths);
  return out;
}

std::optional<std::int32_t> parse_price(std::string_view text) {
  const auto value = parse_fixed(text, 5);
  if (!value || *value > kDollar) return std::nullopt;
  return static_cast<std::int32_t>(*value);
}

std::optional<std::int64_t> parse_count(std::string_view text) {
  const bool negative = text.starts_with('-');
  const auto value = parse_fixed(text.substr(negative ? 1 : 0), 2);
  if (!value) return std::nullopt;
  return negative ? -*value : *value;
}

std::optional<std::int64_t> parse_int(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace kd::sim
