#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kd::sim {

// The simulator's own number texts. It must not share the gatherer's decoder: a mistake made in
// both places would cancel out and never be seen.

inline constexpr std::int32_t kDollar = 100'000;  // prices are integers of 1e-5 dollar

void append_int(std::string& out, std::int64_t value);

// 56000 -> "0.5600"; 730 -> "0.0073"; a fifth digit only when there is one.
void append_price(std::string& out, std::int32_t price);
std::string price_text(std::int32_t price);
// -4602 -> "-46.02": hundredths of a contract.
void append_count(std::string& out, std::int64_t hundredths);
std::string count_text(std::int64_t hundredths);

// Nothing for what is no price between 0 and 1 dollar, or no multiple of 1e-5.
std::optional<std::int32_t> parse_price(std::string_view text);
// Nothing for what is no multiple of 0.01, or beyond 1e16 contracts.
std::optional<std::int64_t> parse_count(std::string_view text);
// A decimal integer, whole text.
std::optional<std::int64_t> parse_int(std::string_view text);

}  // namespace kd::sim
