#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/expected.h"
#include "book/timeline.h"

namespace kd {

// A stored WebSocket snapshot. A value.
struct StoredBase {
  KnownBook known;  // without an anchor: `at` is `since`, and the book that of the snapshot alone
  std::int64_t stream_id = 0;
  std::int16_t occurrence = 0;
  bool anchored = false;
  bool frozen = false;  // its line was silent about this market while another was not

  bool usable() const { return anchored && !frozen; }
};

// Where snapshots and changes of single markets are read from. Times are µs of the exchange's
// clock. Confined to one thread.
class BookStore {
 public:
  virtual ~BookStore() = default;

  // The newest usable snapshots at or before `at`, newest first, `most` of them.
  virtual Expected<std::vector<StoredBase>> bases_before(const std::string& ticker, std::int64_t at,
                                                         int most) = 0;
  // The newest unusable ones in (after, to], newest first, `most` of them.
  virtual Expected<std::vector<StoredBase>> unusable_bases(const std::string& ticker,
                                                           std::int64_t after, std::int64_t to,
                                                           int most) = 0;
  // The oldest usable one after `at`.
  virtual Expected<std::optional<StoredBase>> base_after(const std::string& ticker,
                                                         std::int64_t at) = 0;
  // Every change in (after, to], ascending.
  virtual Expected<std::vector<BookChange>> changes(const std::string& ticker, std::int64_t after,
                                                    std::int64_t to) = 0;
  // The time of the first change in (after, to].
  virtual Expected<std::optional<std::int64_t>> first_change(const std::string& ticker,
                                                             std::int64_t after,
                                                             std::int64_t to) = 0;
  // The time of the oldest book of any kind; nothing: the market was never recorded.
  virtual Expected<std::optional<std::int64_t>> first_recorded(const std::string& ticker) = 0;
};

}  // namespace kd
