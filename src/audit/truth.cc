#include "audit/truth.h"

#include <array>
#include <charconv>
#include <fstream>
#include <span>
#include <utility>

namespace kd {
namespace {

constexpr std::size_t kMostFields = 12;
using Kind = TruthRecord::Kind;

// The tab-separated fields of one line behind its kind, read by position; the first problem stays.
class Fields {
 public:
  explicit Fields(std::string_view line) {
    for (;;) {
      const auto tab = line.find('\t');
      if (count_ < kMostFields) fields_[count_++] = line.substr(0, tab);
      if (tab == std::string_view::npos) break;
      line.remove_prefix(tab + 1);
    }
  }

  std::string_view kind() const { return fields_[0]; }

  std::string_view text(std::size_t at) {
    if (at < count_ && !fields_[at].empty()) return fields_[at];
    note(at);
    return "";
  }

  std::int64_t number(std::size_t at) { return integer<std::int64_t>(at, 10); }
  std::uint64_t mask(std::size_t at) { return integer<std::uint64_t>(at, 16); }

  std::optional<std::int64_t> optional_number(std::size_t at) {
    if (at >= count_ || fields_[at] == "-") return std::nullopt;
    return number(at);
  }

  template <typename Value, std::size_t N>
  Value one_of(std::size_t at, const std::array<std::pair<const char*, Value>, N>& names) {
    const auto field = text(at);
    for (const auto& [name, value] : names) {
      if (field == name) return value;
    }
    note(at);
    return names.front().second;
  }

  const std::string& problem() const { return problem_; }

 private:
  template <typename Int>
  Int integer(std::size_t at, int base) {
    const auto field = text(at);
    Int value = 0;
    const auto [end, error] =
        std::from_chars(field.data(), field.data() + field.size(), value, base);
    if (error != std::errc() || end != field.data() + field.size()) note(at);
    return value;
  }

  void note(std::size_t at) {
    if (problem_.empty()) {
      problem_ = std::string(kind()) + ": field " + std::to_string(at + 1) + " is missing or bad";
    }
  }

  std::array<std::string_view, kMostFields> fields_;
  std::size_t count_ = 0;
  std::string problem_;
};

TruthRecord change(Kind kind, Fields& in, std::size_t text_at, std::size_t mask_at) {
  TruthRecord record;
  record.kind = kind;
  record.at_ms = in.number(1);
  record.ticker = in.text(2);
  record.text = in.text(text_at);
  record.clients = in.mask(mask_at);
  return record;
}

TruthRecord delta(Fields& in) {
  auto record = change(Kind::kDelta, in, 3, 7);
  record.price = in.number(4);
  record.size = in.number(5);
  record.occurrence = in.number(6);
  record.at_us = in.optional_number(9);
  return record;
}

TruthRecord trade(Fields& in) {
  auto record = change(Kind::kTrade, in, 3, 6);
  record.price = in.number(4);
  record.size = in.number(5);
  return record;
}

TruthRecord snapshot(Fields& in) {
  TruthRecord record;
  record.kind = Kind::kSnapshot;
  record.at_ms = in.number(1);
  record.ticker = in.text(2);
  record.clients = in.mask(4);
  return record;
}

TruthRecord answered_snapshot(Fields& in) {
  TruthRecord record;
  record.kind = Kind::kAnsweredSnapshot;
  record.at_ms = in.number(1);
  record.ticker = in.text(2);
  record.client_bit = static_cast<int>(in.number(3));
  return record;
}

TruthRecord withheld(Fields& in) {
  TruthRecord record;
  record.kind = Kind::kWithheld;
  record.of =
      in.one_of(4, std::array{std::pair{"D", Kind::kDelta}, std::pair{"T", Kind::kTrade},
                              std::pair{"S", Kind::kSnapshot}, std::pair{"K", Kind::kTicker},
                              std::pair{"L", Kind::kLifecycle}});
  const auto sending = in.number(1);
  record.at_ms = in.optional_number(2).value_or(sending);
  if (record.of == Kind::kSnapshot || record.of == Kind::kLifecycle) record.at_ms = sending;
  record.ticker = in.text(3);
  record.client_bit = static_cast<int>(in.number(5));
  record.fault = in.text(6);
  using Loss = TruthRecord::Loss;
  record.loss =
      in.one_of(7, std::array{std::pair{"unsent", Loss::kUnsent}, std::pair{"lost", Loss::kLost},
                              std::pair{"maybe", Loss::kMaybe}});
  record.clients = in.mask(8);
  record.maybe = in.mask(9);
  record.text = in.text(10);
  return record;
}

TruthRecord client(Fields& in) {
  TruthRecord record;
  record.kind = Kind::kClient;
  record.client_bit = static_cast<int>(in.number(1));
  record.text = in.text(2);
  return record;
}

}  // namespace

Expected<TruthRecord> parse_truth_line(std::string_view line) {
  Fields in(line);
  TruthRecord record;
  if (in.kind() == "D") {
    record = delta(in);
  } else if (in.kind() == "T") {
    record = trade(in);
  } else if (in.kind() == "K") {
    record = change(Kind::kTicker, in, 3, 4);
  } else if (in.kind() == "L") {
    record = change(Kind::kLifecycle, in, 3, 4);
  } else if (in.kind() == "S") {
    record = snapshot(in);
  } else if (in.kind() == "A") {
    record = answered_snapshot(in);
  } else if (in.kind() == "W") {
    record = withheld(in);
  } else if (in.kind() == "C") {
    record = client(in);
  } else if (in.kind() != "E") {
    return fail(Remedy::kGiveUp, "unknown kind of record '" + std::string(in.kind()) + "'");
  }
  if (!in.problem().empty()) return fail(Remedy::kGiveUp, in.problem());
  if (record.client_bit < 0 || record.client_bit > 63) {
    return fail(Remedy::kGiveUp, "a client's bit must be 0 to 63");
  }
  return record;
}

Expected<void> read_truth(const std::string& path,
                          const std::function<void(const TruthRecord&)>& handle) {
  std::ifstream in(path);
  if (!in) return fail(Remedy::kGiveUp, path + ": the truth file cannot be read");
  std::string line;
  bool ended = false;
  for (std::int64_t number = 1; std::getline(in, line); ++number) {
    const auto record = parse_truth_line(line);
    if (!record) {
      return fail(Remedy::kGiveUp,
                  path + ":" + std::to_string(number) + ": " + record.error().what);
    }
    ended = record->kind == Kind::kEnd;
    if (!ended) handle(*record);
  }
  if (ended) return {};
  return fail(Remedy::kGiveUp, path +
                                   ": the truth is incomplete (it does not end with 'E'); did "
                                   "the simulator stop before it was done?");
}

}  // namespace kd
