#include "sim/fault_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "sim/duration_text.h"

namespace kd::sim {

namespace {

using Kind = FaultKind;
using Reach = FaultReach;

constexpr std::int64_t kHourMs = 3'600'000;
constexpr FaultKindFacts plain(Kind kind, std::string_view name, Reach reach,
                               std::string_view manners = {}) {
  return {kind, name, reach, {}, 0, 0, 0, false, manners};
}

constexpr FaultKindFacts kKinds[] = {
    plain(Kind::kDrop, "drop", Reach::kFrame),
    plain(Kind::kFreeze, "freeze", Reach::kFrame),
    {Kind::kHole, "hole", Reach::kFrame, "frames", 1, 1, 1'000'000, false, {}},
    plain(Kind::kDuplicate, "duplicate", Reach::kFrame),
    plain(Kind::kReorder, "reorder", Reach::kFrame),
    plain(Kind::kUnknownType, "unknown-type", Reach::kFrame),
    plain(Kind::kUnknownKey, "unknown-key", Reach::kFrame),
    plain(Kind::kMalformed, "malformed", Reach::kFrame, "json|ticker|price|side"),
    plain(Kind::kLostReply, "lost-reply", Reach::kCommand, "sent|unsent|command"),
    {Kind::kRefuseCommand, "refuse-command", Reach::kCommand, "code", 27, 1, 99, false, {}},
    plain(Kind::kNoSnapshot, "no-snapshot", Reach::kNewMarket),
    {Kind::kLateSnapshot, "late-snapshot", Reach::kNewMarket, "by", 500, 1, kHourMs, true, {}},
    plain(Kind::kDark, "dark", Reach::kConnection),
    plain(Kind::kSilent, "silent", Reach::kConnection),
    plain(Kind::kNoPings, "no-pings", Reach::kConnection),
    plain(Kind::kHalfOpen, "half-open", Reach::kConnection),
    {Kind::kSlowRead, "slow-read", Reach::kConnection, "rate", 10'000, 1, 1'000'000'000, false, {}},
    {Kind::kFragment, "fragment", Reach::kConnection, "bytes", 64, 1, 1'000'000, false, {}},
    plain(Kind::kFlipLeg, "flip-leg", Reach::kConnection),
    plain(Kind::kTsMicros, "ts-us", Reach::kConnection),
    plain(Kind::kTsMillis, "ts-ms", Reach::kConnection),
    plain(Kind::kReset, "reset", Reach::kBlow),
    plain(Kind::kCut, "cut", Reach::kBlow),
    {Kind::kClose, "close", Reach::kBlow, "code", 1001, 1000, 4999, false, {}},
    {Kind::kEndSid, "end-sid", Reach::kBlow, "code", 25, 1, 99, false, {}},
    {Kind::kSlowAccept, "slow-accept", Reach::kUpgrade, "by", 5'000, 1, kHourMs, true, {}},
    {Kind::kRefuse, "refuse", Reach::kUpgrade, "status", 503, 0, 599, false, {}},
    {Kind::kRest, "rest", Reach::kRequest, "status", 429, 400, 599, false,
     "json|html|status|empty"},
    {Kind::kMaintenance, "maintenance", Reach::kExchange, "shard", -1, -1, 3, false, "all|trading"},
    plain(Kind::kVanish, "vanish", Reach::kExchange),
    {Kind::kClockSkew, "clock-skew", Reach::kExchange, "by", 2'000, 1, 24 * kHourMs, true,
     "ahead|behind"},
};

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

template <typename Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return value;
}

std::optional<std::int64_t> milliseconds(std::string_view text) {
  const auto duration = parse_duration(text);
  if (!duration || duration->count() == 0) return std::nullopt;
  return duration->count();
}

// Reads the members of one spec; `fault` tells the first that is wrong.
class Reader {
 public:
  explicit Reader(const FaultKindFacts& facts) : facts_(facts) {
    spec_.kind = facts.kind;
    spec_.amount = facts.amount;
    spec_.how = split(facts.manners, '|').front();
  }

  void take(std::string_view key, std::string_view value) {
    if (!(take_bound(key, value) || take_filter(key, value) || take_own(key, value))) {
      refuse(key, "no such key for " + std::string(facts_.name));
    }
  }
  const std::string& fault() const { return fault_; }
  FaultSpec& spec() { return spec_; }

 private:
  bool take_bound(std::string_view key, std::string_view value) {
    if (key == "p") return take_probability(value);
    if (key == "count") return take_count(value);
    if (key == "after") return take_time(key, value, spec_.after_ms);
    if (key == "for") return take_time(key, value, spec_.for_ms);
    if (key == "every" && facts_.reach == Reach::kBlow) {
      return take_time(key, value, spec_.every_ms);
    }
    if (key != "new") return false;
    spec_.open_only = value == "no";
    if (value != "no" && value != "yes") refuse(key, "yes or no");
    return true;
  }

  bool take_probability(std::string_view value) {
    const auto p = number<double>(value);
    if (!p || !(*p > 0 && *p <= 1)) return refuse("p", "a number above 0, at most 1");
    spec_.probability = *p;
    return true;
  }

  bool take_count(std::string_view value) {
    const auto count = number<std::int64_t>(value);
    if (!count || *count < 1) return refuse("count", "a whole number above 0");
    spec_.count = *count;
    return true;
  }

  bool take_time(std::string_view key, std::string_view value, std::int64_t& into) {
    const auto ms = milliseconds(value);
    if (!ms) return refuse(key, "a duration such as 30s, 500ms or 2m");
    into = *ms;
    return true;
  }

  bool take_filter(std::string_view key, std::string_view value) {
    std::string* const text = key == "client"    ? &spec_.client
                              : key == "channel" ? &spec_.channel
                              : key == "market"  ? &spec_.market
                              : key == "path"    ? &spec_.path
                                                 : nullptr;
    if (text != nullptr) {
      *text = value;
      return !value.empty() || refuse(key, "not empty");
    }
    if (key != "conn") return false;
    const auto at = number<int>(value);
    if (!at || *at < 1) return refuse(key, "the connection's number, 1 for the client's first");
    spec_.connection = *at;
    return true;
  }

  bool take_own(std::string_view key, std::string_view value) {
    if (key == "how" && !facts_.manners.empty()) {
      const auto manners = split(facts_.manners, '|');
      if (std::find(manners.begin(), manners.end(), value) == manners.end()) {
        return refuse(key, "one of " + std::string(facts_.manners));
      }
      spec_.how = value;
      return true;
    }
    if (facts_.amount_key.empty() || key != facts_.amount_key) return false;
    const auto amount =
        facts_.amount_is_duration ? milliseconds(value) : number<std::int64_t>(value);
    if (!amount || *amount < facts_.least || *amount > facts_.most) {
      return refuse(key, fmt::format("{} to {}{}", facts_.least, facts_.most,
                                     facts_.amount_is_duration ? " ms" : ""));
    }
    spec_.amount = *amount;
    return true;
  }

  bool refuse(std::string_view key, const std::string& wanted) {
    if (fault_.empty()) fault_ = fmt::format("{}: {}", key, wanted);
    return true;
  }

  const FaultKindFacts& facts_;
  FaultSpec spec_;
  std::string fault_;
};

const FaultKindFacts* kind_named(std::string_view name) {
  const auto* at = std::find_if(std::begin(kKinds), std::end(kKinds),
                                [&](const auto& facts) { return facts.name == name; });
  return at == std::end(kKinds) ? nullptr : at;
}

std::string all_names() {
  std::string names;
  for (const auto& facts : kKinds) names.append(names.empty() ? "" : ", ").append(facts.name);
  return names;
}

}  // namespace

std::span<const FaultKindFacts> fault_kinds() { return kKinds; }

const FaultKindFacts& facts_of(FaultKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

Expected<FaultSpec> parse_fault(std::string_view text) {
  const auto refused = [&](const std::string& why) {
    return fail(Remedy::kDropItem, fmt::format("fault '{}': {}", text, why));
  };
  const auto parts = split(text, ',');
  const FaultKindFacts* facts = kind_named(parts.front());
  if (facts == nullptr) return refused("its kind is one of " + all_names());
  Reader reader(*facts);
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto equals = parts[i].find('=');
    if (equals == std::string_view::npos)
      return refused("'" + std::string(parts[i]) + "' has no '='");
    reader.take(parts[i].substr(0, equals), parts[i].substr(equals + 1));
  }
  if (!reader.fault().empty()) return refused(reader.fault());
  reader.spec().text = text;
  return reader.spec();
}

}  // namespace kd::sim
