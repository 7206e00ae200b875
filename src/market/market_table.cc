#include "market/market_table.h"

#include <algorithm>
#include <limits>

namespace kd {
namespace {

constexpr std::uint32_t kNever = std::numeric_limits<std::uint32_t>::max();
constexpr auto kSilenceS = static_cast<std::uint32_t>(
    std::chrono::duration_cast<std::chrono::seconds>(MarketTable::kSilence).count());
constexpr auto kGraceS = static_cast<std::uint32_t>(MarketTable::kGrace.count());
// For so long REST, whose answers are cached, may still call a market open that has ended.
constexpr std::uint32_t kRestBehindS = 600;

// Whole Unix seconds that fit our entries; 0 stands for not known.
std::uint32_t seconds_of(Micros at) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(at).time_since_epoch().count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(seconds, 1, kNever));
}
std::uint32_t now_seconds(Micros now) {
  return seconds_of(std::chrono::floor<std::chrono::seconds>(now));
}

bool is_ended(MarketStatus status) {
  return status == MarketStatus::kDetermined || status == MarketStatus::kDisputed ||
         status == MarketStatus::kAmended || status == MarketStatus::kFinalized;
}

// Not closed, as far as the word says; a word we do not know is recorded.
bool is_live(MarketStatus status) { return status != MarketStatus::kClosed && !is_ended(status); }

}  // namespace

MarketTable::MarketTable(Interner& tickers, const UniverseRules& rules, Heard heard)
    : tickers_(tickers), rules_(rules), heard_(std::move(heard)) {}

MarketTable::Entry& MarketTable::touch(Id id) {
  auto& entry = entries_.at(id);
  if ((entry.flags & kTouched) != 0) return entry;
  const bool wanted = (entry.flags & kWanted) != 0;
  const bool open = (entry.flags & kOpen) != 0;
  entry.flags &= static_cast<std::uint16_t>(~(kWasWanted | kWasOpen));
  entry.flags |=
      static_cast<std::uint16_t>(kTouched | (wanted ? kWasWanted : 0) | (open ? kWasOpen : 0));
  touched_.push_back(id);
  return entry;
}

void MarketTable::know(Entry& entry) {
  entry.flags |= kKnown | kWanted;
  entry.let_go_s = 0;
  ++wanted_;
  ++by_status_[entry.status];
}

void MarketTable::set_status(Entry& entry, MarketStatus status) {
  if ((entry.flags & kWanted) != 0) {
    --by_status_[entry.status];
    ++by_status_[static_cast<std::size_t>(status)];
  }
  entry.status = static_cast<std::uint8_t>(status);
  const bool trading = status == MarketStatus::kActive || status == MarketStatus::kInactive ||
                       status == MarketStatus::kUnknown;
  const bool open = (entry.flags & kWanted) != 0 && trading;
  const bool was_open = (entry.flags & kOpen) != 0;
  if (open == was_open) return;
  entry.flags ^= kOpen;
  open ? ++open_ : --open_;
}

void MarketTable::let_go(Entry& entry) {
  if ((entry.flags & kWanted) == 0) return;
  if ((entry.flags & kOpen) != 0) --open_;
  --wanted_;
  --by_status_[entry.status];
  entry.flags &= static_cast<std::uint16_t>(~(kWanted | kOpen));
}

void MarketTable::end(Entry& entry, MarketStatus status, std::uint32_t let_go_s) {
  set_status(entry, status);
  const bool again = (entry.flags & kEnded) != 0;
  entry.let_go_s = again ? std::min(entry.let_go_s, let_go_s) : let_go_s;
  entry.flags |= kEnded;
}

// What the clock makes of an entry: the exchange sends no event for a planned open or close.
void MarketTable::settle_phase(Entry& entry, std::uint32_t now_s) {
  auto status = static_cast<MarketStatus>(entry.status);
  const bool closed = entry.close_s != 0 && entry.close_s <= now_s;
  const bool opened = entry.open_s != 0 && entry.open_s <= now_s;
  if (status == MarketStatus::kInitialized && opened) status = MarketStatus::kActive;
  if (is_live(status) && closed) status = MarketStatus::kClosed;
  if (status == MarketStatus::kClosed && !closed) status = MarketStatus::kActive;
  entry.let_go_s =
      status == MarketStatus::kClosed ? std::max(entry.let_go_s, entry.close_s + kSilenceS) : 0;
  set_status(entry, status);
}

std::uint32_t MarketTable::due_of(const Entry& entry) const {
  if ((entry.flags & kWanted) == 0) return 0;
  const auto status = static_cast<MarketStatus>(entry.status);
  if ((entry.flags & kEnded) != 0 || status == MarketStatus::kClosed) return entry.let_go_s;
  if (status == MarketStatus::kInitialized && entry.open_s != 0) return entry.open_s;
  return entry.close_s;
}

void MarketTable::plan(Id id, const Entry& entry, std::uint32_t before) {
  const auto due = due_of(entry);
  if (due != 0 && due != before) due_.add(due, id);
}

MarketStatus MarketTable::read_status(const std::string& word) {
  constexpr std::size_t kWords = 16;
  const auto status = status_from_text(word);
  if (status != MarketStatus::kUnknown) return status;
  ++unknown_seen_;
  if (unknown_words_.size() < kWords || unknown_words_.contains(word)) ++unknown_words_[word];
  return status;
}

void MarketTable::on_markets(std::span<const Market> markets, Source source, Micros now) {
  for (const auto& market : markets) {
    if (rules_.wants(market.ticker, Channel::kOrderbook)) {
      on_market(market, source, now_seconds(now));
    }
  }
}

bool MarketTable::is_late_word(const Entry& entry, MarketStatus status, std::uint32_t now_s) const {
  if ((entry.flags & kEnded) == 0) return false;
  return !is_ended(status) && now_s < entry.let_go_s + kRestBehindS;
}

void MarketTable::on_market(const Market& market, Source source, std::uint32_t now_s) {
  const auto status = read_status(market.status);
  auto id = tickers_.find(market.ticker);
  const auto* const known = id == Interner::kNone ? nullptr : entries_.find(id);
  if ((known == nullptr || (known->flags & kWanted) == 0) && !is_live(status)) return;
  if (id == Interner::kNone) id = tickers_.intern(market.ticker);
  auto& entry = touch(id);
  if (source == Source::kWalk) entry.walk = static_cast<std::uint8_t>(walk_);
  if (is_late_word(entry, status, now_s)) return;
  if (!is_ended(status)) entry.flags &= static_cast<std::uint16_t>(~kEnded);
  if ((entry.flags & kWanted) == 0) {
    know(entry);
    entry.walk = static_cast<std::uint8_t>(walk_);
  }
  const auto before = due_of(entry);
  apply(market, status, entry, now_s);
  const bool over = (entry.flags & kEnded) == 0 && entry.let_go_s != 0 && entry.let_go_s <= now_s;
  if (over && source == Source::kLookUp) {
    is_live(status) ? void(entry.let_go_s = now_s + kSilenceS) : let_go(entry);
  }
  plan(id, entry, before);
}

void MarketTable::apply(const Market& market, MarketStatus status, Entry& entry,
                        std::uint32_t now_s) {
  if (market.open_time) entry.open_s = seconds_of(*market.open_time);
  if (market.close_time) entry.close_s = seconds_of(*market.close_time);
  if (is_ended(status)) {
    end(entry, status, now_s + kGraceS);
    return;
  }
  // Closed before its time: the close that it lists is not the one that was.
  if (status == MarketStatus::kClosed && (entry.close_s == 0 || entry.close_s > now_s)) {
    entry.close_s = now_s;
  }
  set_status(entry, status);
  settle_phase(entry, now_s);
}

bool MarketTable::on_walk_end() {
  constexpr std::size_t kFew = 1'000;
  std::vector<Id> missing;
  for (std::size_t id = 0; id < entries_.end_index(); ++id) {
    const auto* const entry = entries_.find(id);
    if (entry == nullptr || (entry->flags & kWanted) == 0 || (entry->flags & kEnded) != 0) continue;
    if (entry->walk == static_cast<std::uint8_t>(walk_)) continue;
    if (static_cast<MarketStatus>(entry->status) == MarketStatus::kClosed) continue;
    missing.push_back(static_cast<Id>(id));
  }
  if (missing.size() > std::max(kFew, wanted_ / 2)) return false;
  unsure_.insert(unsure_.end(), missing.begin(), missing.end());
  return true;
}

void MarketTable::on_news(Id id, const LifecycleNews& news, Micros now) {
  auto& entry = touch(id);
  const auto before = due_of(entry);
  if ((entry.flags & kWanted) == 0) {
    announce(id, entry, news, now_seconds(now));
  } else {
    follow(entry, news, now_seconds(now));
    const bool closed = static_cast<MarketStatus>(entry.status) == MarketStatus::kClosed;
    // Active again, so its close was moved, and we do not know to when.
    const bool resumed = closed && (news.kinds & LifecycleNews::kActivated) != 0;
    if (resumed || (news.kinds & LifecycleNews::kStrange) != 0) unsure_.push_back(id);
  }
  plan(id, entry, before);
}

// News of a market that is not recorded.
void MarketTable::announce(Id id, Entry& entry, const LifecycleNews& news, std::uint32_t now_s) {
  if ((news.kinds & (LifecycleNews::kSettled | LifecycleNews::kDetermined)) != 0) {
    entry.flags |= kKnown | kEnded;  // REST may not know it yet
    entry.let_go_s = now_s;
    entry.status = static_cast<std::uint8_t>(MarketStatus::kDetermined);
    return;
  }
  const bool created = (news.kinds & LifecycleNews::kCreated) != 0;
  if ((entry.flags & kEnded) != 0 && !created) return;
  const bool reopened = (news.kinds & LifecycleNews::kCloseMoved) != 0 && news.close_s > now_s;
  if (!created && !reopened && (news.kinds & LifecycleNews::kActivated) == 0) {
    unsure_.push_back(id);
    return;
  }
  entry.flags &= static_cast<std::uint16_t>(~kEnded);
  entry.status = static_cast<std::uint8_t>(news.open_s > now_s ? MarketStatus::kInitialized
                                                               : MarketStatus::kActive);
  know(entry);
  entry.walk = static_cast<std::uint8_t>(walk_);
  entry.open_s = news.open_s;
  entry.close_s = news.close_s;
  settle_phase(entry, now_s);
  // Combos come in great numbers, and their event says all that REST would.
  const bool complete = is_combo(tickers_.name(id)) && news.open_s != 0 && news.close_s != 0;
  if (!complete) announced_.push_back(id);
}

// News of a market that is recorded.
void MarketTable::follow(Entry& entry, const LifecycleNews& news, std::uint32_t now_s) {
  if ((news.kinds & LifecycleNews::kSettled) != 0) {
    end(entry, MarketStatus::kFinalized, now_s);
    let_go(entry);
    return;
  }
  if ((news.kinds & LifecycleNews::kDetermined) != 0) {
    end(entry, MarketStatus::kDetermined, now_s + kGraceS);
  }
  if ((entry.flags & kEnded) != 0) return;
  if (news.open_s != 0) entry.open_s = news.open_s;
  if (news.close_s != 0) entry.close_s = news.close_s;
  auto status = static_cast<MarketStatus>(entry.status);
  const bool paused = (news.kinds & LifecycleNews::kDeactivated) != 0;
  const bool resumed = (news.kinds & LifecycleNews::kActivated) != 0;
  if (paused && status == MarketStatus::kActive) status = MarketStatus::kInactive;
  if (resumed && status == MarketStatus::kInactive) status = MarketStatus::kActive;
  set_status(entry, status);
  settle_phase(entry, now_s);
}

void MarketTable::on_missing(Id id) { let_go(touch(id)); }

void MarketTable::on_time(Micros now) {
  const auto now_s = now_seconds(now);
  for (const auto id : due_.take(now_s)) on_due(id, now_s);
}

void MarketTable::on_due(Id id, std::uint32_t now_s) {
  const auto due = due_of(entries_.at(id));
  if (due == 0 || due > now_s) return;  // it was moved
  auto& entry = touch(id);
  if ((entry.flags & kEnded) != 0) {
    let_go(entry);
  } else if (static_cast<MarketStatus>(entry.status) != MarketStatus::kClosed) {
    settle_phase(entry, now_s);
  } else if (heard_ && heard_(id, Micros(std::chrono::seconds(now_s)) - kSilence)) {
    entry.let_go_s = now_s + kSilenceS;
  } else {
    unsure_.push_back(id);
  }
  plan(id, entry, due);
}

std::optional<Micros> MarketTable::next_time() {
  if (due_.size() == 0) return std::nullopt;
  return Micros(std::chrono::seconds(due_.next_s()));
}

MarketTable::Changes MarketTable::take() {
  Changes changes;
  for (const auto id : touched_) {
    auto& entry = entries_.at(id);
    const auto compare = [&](Flag is, Flag was, Change& change) {
      const bool now = (entry.flags & is) != 0;
      if (now == ((entry.flags & was) != 0)) return;
      (now ? change.added : change.removed).push_back(id);
    };
    compare(kWanted, kWasWanted, changes.wanted);
    compare(kOpen, kWasOpen, changes.open);
    entry.flags &= static_cast<std::uint16_t>(~kTouched);
  }
  touched_.clear();
  changes.unsure = std::move(unsure_);
  changes.announced = std::move(announced_);
  unsure_.clear();
  announced_.clear();
  return changes;
}

std::vector<MarketTable::View> MarketTable::list(std::size_t limit, std::string_view prefix) const {
  std::vector<View> views;
  for (std::size_t i = 0; i < entries_.end_index() && views.size() < limit; ++i) {
    const auto* const entry = entries_.find(i);
    const auto id = static_cast<Id>(i);
    if (entry == nullptr || (entry->flags & kKnown) == 0) continue;
    if (!tickers_.name(id).starts_with(prefix)) continue;
    views.push_back({.id = id,
                     .status = static_cast<MarketStatus>(entry->status),
                     .open_s = entry->open_s,
                     .close_s = entry->close_s,
                     .wanted = (entry->flags & kWanted) != 0});
  }
  return views;
}

}  // namespace kd
