#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/interner.h"
#include "base/paged_array.h"
#include "base/time.h"
#include "market/due_times.h"
#include "model/market.h"
#include "model/universe.h"

namespace kd {

// What lifecycle events said of one market since it was last looked at, the newest of each kind.
struct LifecycleNews {
  enum Kind : std::uint8_t {
    kCreated = 1,
    kActivated = 2,    // not the same as opened
    kDeactivated = 4,  // paused
    kCloseMoved = 8,
    kDetermined = 16,
    kSettled = 32,
    kChanged = 64,   // metadata
    kStrange = 128,  // of a type we do not know: REST is asked what it did
  };
  std::uint8_t kinds = 0;
  std::uint32_t open_s = 0;   // 0: not said
  std::uint32_t close_s = 0;  // 0: not said
};

// All markets that are selected, in 16 bytes each beside their names: their status, what is to be
// recorded (the desired state that the connections make actual), and which are open for trading.
// Told of pages, events, look-ups and the time; answers, by take(), what changed.
//
// A planned close does not end a recording: changes are still sent after it, and it may be moved.
// A market is let go
//   - at once when it is settled, kGrace after it was determined (its closing snapshot is sent);
//   - kSilence after its close, when nothing was heard of it for as long and REST, asked once
//     more, does not call it open;
//   - when a complete walk did not list it, and REST, asked for it by name, does not know it.
// Pure: time is an argument. Not thread-safe.
class MarketTable {
 public:
  using Id = Interner::Id;
  static constexpr std::chrono::seconds kGrace{10};
  static constexpr std::chrono::minutes kSilence{10};

  struct Change {
    std::vector<Id> added;
    std::vector<Id> removed;
    bool empty() const { return added.empty() && removed.empty(); }
  };
  struct Changes {
    Change wanted;              // record these from now on; let these go
    Change open;                // trading is open; it no longer is
    std::vector<Id> unsure;     // REST is to be asked about them
    std::vector<Id> announced;  // the same; they may not be there yet
  };
  // Whether anything was received of a market since then.
  using Heard = std::function<bool(Id, Micros since)>;

  MarketTable(Interner& tickers, const UniverseRules& rules, Heard heard);

  void begin_walk() { ++walk_; }
  enum class Source : std::uint8_t { kWalk, kIncrement, kLookUp };
  void on_markets(std::span<const Market> markets, Source source, Micros now);
  // Every page of the walk was read. False: it listed so little that it is not believed.
  bool on_walk_end();
  void on_news(Id id, const LifecycleNews& news, Micros now);
  // REST, asked for it by name, does not know the market.
  void on_missing(Id id);
  void on_time(Micros now);
  // When on_time() has something to do; absent: never.
  std::optional<Micros> next_time();

  Changes take();

  // Markets recorded, and those of them that are open.
  std::size_t size() const { return wanted_; }
  std::size_t open() const { return open_; }
  struct Counts {
    std::array<std::size_t, kMarketStatuses> by_status{};
    std::map<std::string, std::uint64_t> unknown_words;  // of statuses, how often each was seen
  };
  Counts counts() const { return {by_status_, unknown_words_}; }
  std::uint64_t unknown_statuses() const { return unknown_seen_; }
  struct View {
    Id id = Interner::kNone;
    MarketStatus status{};
    std::uint32_t open_s = 0;
    std::uint32_t close_s = 0;
    bool wanted = false;
  };
  // Up to `limit` known markets whose ticker begins with `prefix`.
  std::vector<View> list(std::size_t limit, std::string_view prefix) const;
  std::size_t bytes() const { return entries_.bytes() + due_.size() * 8; }  // of memory

 private:
  enum Flag : std::uint16_t {
    kKnown = 1,
    kWanted = 2,
    kOpen = 4,
    kEnded = 8,  // determined or settled: REST, which may be behind, does not revive it soon
    kTouched = 16,
    kWasWanted = 32,
    kWasOpen = 64,
  };
  struct Entry {
    std::uint32_t open_s = 0;    // 0: not known
    std::uint32_t close_s = 0;   // 0: not known
    std::uint32_t let_go_s = 0;  // 0: not planned
    std::uint16_t flags = 0;
    std::uint8_t status = 0;  // a MarketStatus
    std::uint8_t walk = 0;    // that saw it last, by its last byte
  };
  static_assert(sizeof(Entry) == 16);

  Entry& touch(Id id);
  void know(Entry& entry);
  void set_status(Entry& entry, MarketStatus status);
  void let_go(Entry& entry);
  void end(Entry& entry, MarketStatus status, std::uint32_t let_go_s);
  void settle_phase(Entry& entry, std::uint32_t now_s);
  std::uint32_t due_of(const Entry& entry) const;
  void plan(Id id, const Entry& entry, std::uint32_t before);
  void on_market(const Market& market, Source source, std::uint32_t now_s);
  void apply(const Market& market, MarketStatus status, Entry& entry, std::uint32_t now_s);
  void on_due(Id id, std::uint32_t now_s);
  bool is_late_word(const Entry& entry, MarketStatus status, std::uint32_t now_s) const;
  void announce(Id id, Entry& entry, const LifecycleNews& news, std::uint32_t now_s);
  void follow(Entry& entry, const LifecycleNews& news, std::uint32_t now_s);
  MarketStatus read_status(const std::string& word);

  Interner& tickers_;
  const UniverseRules rules_;
  const Heard heard_;
  PagedArray<Entry> entries_;
  DueTimes due_;
  std::vector<Id> touched_;
  std::vector<Id> unsure_;
  std::vector<Id> announced_;
  std::array<std::size_t, kMarketStatuses> by_status_{};
  std::map<std::string, std::uint64_t> unknown_words_;
  std::uint64_t unknown_seen_ = 0;
  std::size_t wanted_ = 0;
  std::size_t open_ = 0;
  std::uint32_t walk_ = 1;
};

}  // namespace kd
