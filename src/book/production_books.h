#pragma once

#include "book/book_store.h"
#include "database/connection.h"

namespace kd {

// Snapshots and changes in production, by its indexes on (ticker, time).
class ProductionBooks : public BookStore {
 public:
  // `connection` outlives this.
  explicit ProductionBooks(Connection& connection) : connection_(connection) {}

  Expected<std::vector<StoredBase>> bases_before(const std::string& ticker, std::int64_t at,
                                                 int most) override;
  Expected<std::vector<StoredBase>> unusable_bases(const std::string& ticker, std::int64_t after,
                                                   std::int64_t to, int most) override;
  Expected<std::optional<StoredBase>> base_after(const std::string& ticker,
                                                 std::int64_t at) override;
  Expected<std::vector<BookChange>> changes(const std::string& ticker, std::int64_t after,
                                            std::int64_t to) override;
  Expected<std::optional<std::int64_t>> first_change(const std::string& ticker, std::int64_t after,
                                                     std::int64_t to) override;
  Expected<std::optional<std::int64_t>> first_recorded(const std::string& ticker) override;

  // Up to `most` recorded markets whose tickers are like `ticker`, the nearest first.
  Expected<std::vector<std::string>> similar(const std::string& ticker, int most);

 private:
  Expected<std::vector<StoredBase>> newest(const std::string& ticker, const std::string& where,
                                           int most);

  Connection& connection_;
};

}  // namespace kd
