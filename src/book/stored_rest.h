#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "book/rest_check.h"
#include "database/connection.h"

namespace kd {

// The REST books that production keeps in full, page by page in order of time.
class StoredRestBooks {
 public:
  // Of request times in [from, to), µs; of one market where `ticker` is given. `production`
  // outlives this.
  StoredRestBooks(Connection& production, std::int64_t from, std::int64_t to,
                  std::optional<std::string> ticker)
      : production_(production), from_(from), to_(to), ticker_(std::move(ticker)) {}

  // The next `most` of them; none: the end.
  Expected<std::vector<PolledBook>> next(int most);

 private:
  Connection& production_;
  const std::int64_t from_;
  const std::int64_t to_;
  const std::optional<std::string> ticker_;
  std::string behind_;  // the SQL condition for what follows the last page
};

}  // namespace kd
