#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/backoff.h"
#include "base/expected.h"
#include "model/universe.h"

namespace kd {

// Reads lists of markets page by page to their end: which page to ask for next, several lists at
// once. A page that fails is asked for again, for minutes; then its list, and with it the walk, is
// incomplete. Pure: time is an argument. Not thread-safe.
class Walk {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kAtOnce = 4;  // lists
  static constexpr int kTries = 12;          // of one page, beyond those of the REST client

  Walk(std::vector<std::string> filters, int page_size);

  struct Page {
    std::size_t list = 0;
    std::string path;
  };
  // A page to ask for now; none while all that may be asked for are under way.
  std::optional<Page> next(Clock::time_point now);
  // When next() has something although no answer came; absent: only an answer can bring it.
  std::optional<Clock::time_point> wake_at() const;

  // `cursor`: of the next page, empty after the last; `empty`: the page listed nothing.
  void on_page(std::size_t list, const std::string& cursor, bool empty);
  void on_failed(std::size_t list, Remedy remedy, Clock::time_point now, std::uint64_t random);

  bool over() const { return left_ == 0; }
  bool complete() const { return over() && !failed_; }
  std::size_t pages() const { return pages_; }

 private:
  struct List {
    std::string filter;
    std::string cursor{};
    bool asked = false;  // its page is under way
    bool over = false;
    int failures = 0;
    Clock::time_point not_before{};
    Backoff backoff{{.initial = std::chrono::seconds(1), .max = std::chrono::seconds(30)}};
  };
  void finish(List& list);

  const int page_size_;
  std::vector<List> lists_;
  std::size_t left_;
  std::size_t under_way_ = 0;
  std::size_t pages_ = 0;
  bool failed_ = false;
};

// What a full walk asks for: everything that is open or has not opened, combos apart from the
// rest; only the series that the rules name, where they name them all.
std::vector<std::string> full_walk_filters(const UniverseRules& rules);
// What changed since `since_s` (Unix seconds); the exchange leaves combos out of this.
std::vector<std::string> increment_filters(const UniverseRules& rules, std::int64_t since_s);

}  // namespace kd
