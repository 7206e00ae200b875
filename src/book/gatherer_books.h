#pragma once

#include <optional>
#include <string>
#include <vector>

#include "book/book_store.h"
#include "database/connection.h"

namespace kd {

// Snapshots and changes in one gatherer's database. Its tables have no index on tickers: they are
// read by position, which follows arrival, so an answer costs a scan of the hours it takes.
//
// A row stamped t has a position of at least t less the difference of the clocks, and is stored
// before the first watermark that proves every stream beyond t.
class GathererBooks : public BookStore {
 public:
  // `connection` outlives this.
  GathererBooks(Connection& connection, std::string gatherer)
      : connection_(connection), gatherer_(std::move(gatherer)) {}

  Expected<std::vector<StoredBase>> bases_before(const std::string& ticker, std::int64_t at,
                                                 int most) override;
  Expected<std::vector<StoredBase>> unusable_bases(const std::string& ticker, std::int64_t after,
                                                   std::int64_t to, int most) override;
  Expected<std::optional<StoredBase>> base_after(const std::string& ticker,
                                                 std::int64_t at) override;
  // Equal rows of several streams are one change; those of one stream are several.
  Expected<std::vector<BookChange>> changes(const std::string& ticker, std::int64_t after,
                                            std::int64_t to) override;
  Expected<std::optional<std::int64_t>> first_change(const std::string& ticker, std::int64_t after,
                                                     std::int64_t to) override;
  Expected<std::optional<std::int64_t>> first_recorded(const std::string& ticker) override;

  // The last position, of any table, at which a row stamped up to `at` can stand.
  Expected<std::int64_t> last_position(std::int64_t at);

 private:
  Expected<std::vector<StoredBase>> bases(const std::string& ticker, const std::string& where);

  Connection& connection_;
  const std::string gatherer_;
};

}  // namespace kd
