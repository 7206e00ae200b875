#include "sim/mangle.h"

#include <algorithm>
#include <functional>

#include "sim/json_text.h"

namespace kd::sim {

namespace {

constexpr std::string_view kMsg = "\"msg\":{";
constexpr std::string_view kTs = "\"ts\":\"";
constexpr std::size_t kFractionAt = 20;  // in 2026-11-22T14:00:01.234567Z

// `from` in the tail becomes `to`; nothing changes where it does not occur.
std::string replaced(std::string_view tail, std::string_view from, std::string_view to) {
  std::string out(tail);
  const auto at = out.find(from);
  if (at != std::string::npos) out.replace(at, from.size(), to);
  return out;
}

std::string without_ticker(std::string_view tail) {
  return replaced(tail, "\"market_ticker\":", "\"market_tick\":");
}

// Where the text behind "ts" lies; size 0: `ts` is no text here.
struct Span {
  std::size_t at = 0, size = 0;
};
Span ts_text(std::string_view tail) {
  const auto key = tail.find(kTs);
  if (key == std::string_view::npos) return {};
  const auto at = key + kTs.size();
  return {at, tail.find('"', at) - at};
}

// The digits of the fraction, three of them at least.
std::string fraction_of(std::string_view stamp) {
  std::string digits;
  if (stamp.size() > kFractionAt) {
    digits = stamp.substr(kFractionAt, stamp.size() - 1 - kFractionAt);
  }
  digits.resize(std::max<std::size_t>(3, digits.size()), '0');
  return digits;
}

std::string with_fraction(std::string_view tail, Span stamp, std::string_view digits) {
  const std::string_view text = tail.substr(stamp.at, stamp.size);
  std::string out(tail.substr(0, stamp.at));
  out.append(text.substr(0, kFractionAt - 1)).append(".").append(digits).append("Z");
  return out.append(tail.substr(stamp.at + stamp.size));
}

}  // namespace

std::string with_unknown_key(std::string_view tail) {
  return replaced(tail, kMsg, R"("msg":{"new_key":{"a":[1,"x",null]},)");
}

std::string malformed(std::string_view tail, std::string_view how) {
  if (how == "json") return std::string(tail.substr(0, tail.size() / 2));
  std::string out(tail);
  if (how == "price") out = replaced(tail, "price_dollars\":\"", "price_dollars\":\"0.000001");
  if (how == "side") out = replaced(tail, "side\":\"", "side\":\"both-");
  return out == tail ? without_ticker(tail) : out;
}

std::string with_micros(std::string_view tail) {
  const Span stamp = ts_text(tail);
  if (stamp.size < kFractionAt) return std::string(tail);
  const std::string digits = fraction_of(tail.substr(stamp.at, stamp.size));
  if (digits.size() > 3) return std::string(tail);
  const std::size_t finer = 1 + std::hash<std::string_view>()(tail) % 999;
  std::string more = std::to_string(finer);
  more.insert(0, 3 - more.size(), '0');
  return with_fraction(tail, stamp, digits + more);
}

std::string cut_to_millis(std::string_view tail) {
  const Span stamp = ts_text(tail);
  if (stamp.size < kFractionAt) return std::string(tail);
  return with_fraction(tail, stamp, fraction_of(tail.substr(stamp.at, stamp.size)).substr(0, 3));
}

std::string unknown_message(int sid, std::uint64_t seq, std::int64_t sending_ms) {
  std::string out;
  JsonObject object(out);
  object.text("type", "orderbook_notice").number("sid", sid);
  object.number("seq", static_cast<std::int64_t>(seq)).number("sending_ts_ms", sending_ms);
  object.raw("msg", R"({"notice":"of a kind nobody knows","level":3})").close();
  return out;
}

}  // namespace kd::sim
