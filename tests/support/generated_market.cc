#include "support/generated_market.h"

#include <algorithm>
#include <random>
#include <tuple>

namespace kd {
namespace {

constexpr std::int64_t kMs = 1'000;

class Generator {
 public:
  explicit Generator(const GeneratedMarketOptions& options)
      : options_(options), random_(options.seed), now_(options.begin) {}

  GeneratedMarket run() {
    for (int i = 0; i < options_.changes; ++i) {
      add_change();
      if (random_() % static_cast<unsigned>(options_.changes_per_snapshot) == 0 || i == 0)
        connect();
    }
    std::ranges::stable_sort(out_.snapshots, {}, &GeneratedMarket::Snapshot::sent);
    return std::move(out_);
  }

 private:
  // Two of three changes share their millisecond with another.
  void pass_time() {
    if (random_() % 3 != 0) return;
    const bool quiet = random_() % 50 == 0;
    now_ += kMs * static_cast<std::int64_t>(random_() % (quiet ? 3'000 : 4));
  }

  void add_change() {
    pass_time();
    const auto side = random_() % 2 == 0 ? Side::kYes : Side::kNo;
    const auto price = *Price::from_raw(1'000 * (40 + static_cast<std::int64_t>(random_() % 20)));
    const auto have = size_of(side, price);
    auto by = 10 * (static_cast<std::int64_t>(random_() % 30) - 15);
    if (have + by < 0) by = -have;
    if (by == 0) by = 10;
    const BookChange change{now_, side, price, Size(by)};
    book_.apply(change);
    out_.states[now_] = book_.sum();
    out_.changes.push_back({change, occurrence_of(change), ordinal_of(change)});
  }

  std::int64_t size_of(Side side, Price price) const {
    for (const auto& level : book_.bids(side)) {
      if (level.price == price) return level.size.hundredths();
    }
    return 0;
  }

  std::int16_t occurrence_of(const BookChange& change) {
    if (out_.changes.empty() || out_.changes.back().change.ts != change.ts) equal_.clear();
    return equal_[{change.side, change.price, change.by}]++;
  }

  std::int32_t ordinal_of(const BookChange& change) const {
    const bool same = !out_.changes.empty() && out_.changes.back().change.ts == change.ts;
    return same ? out_.changes.back().ordinal + 1 : 0;
  }

  void connect() {
    const auto late = static_cast<std::int64_t>(random_() % 500) * kMs;
    const auto line = random_() % static_cast<unsigned>(options_.lines);
    out_.snapshots.push_back(
        {"g" + std::to_string(line + 1), ++streams_, now_ + late, out_.changes.size(), book_});
  }

  const GeneratedMarketOptions options_;
  std::mt19937 random_;
  std::int64_t now_;
  std::int64_t streams_ = 0;
  FoldedBook book_;
  std::map<std::tuple<Side, Price, Size>, std::int16_t> equal_;  // of this millisecond
  GeneratedMarket out_;
};

}  // namespace

FoldedBook GeneratedMarket::book_at(std::int64_t at) const {
  FoldedBook book;
  for (const auto& change : changes) {
    if (change.change.ts > at) break;
    book.apply(change.change);
  }
  return book;
}

std::vector<BookChange> GeneratedMarket::anchor_of(const Snapshot& snapshot) const {
  std::vector<BookChange> out;
  for (auto i = snapshot.next_change; i < changes.size(); ++i) {
    if (changes[i].change.ts > snapshot.sent + kAnchorAfter) break;
    out.push_back(changes[i].change);
  }
  return out;
}

GeneratedMarket generate_market(const GeneratedMarketOptions& options) {
  return Generator(options).run();
}

}  // namespace kd
