#pragma once

#include <memory>
#include <string>
#include <vector>

#include "book/book_store.h"
#include "book/rest_check.h"
#include "database/connection.h"
#include "support/generated_market.h"
#include "support/pg_cluster.h"

namespace kd {

// Production (and a gatherer's database) filled by hand with snapshots, changes and REST books.
class BookWorld {
 public:
  static constexpr std::int64_t kHour = 1'795'356'000'000'000;  // a whole hour, µs

  BookWorld();

  struct Base {
    std::string ticker;
    std::string line = "g1";
    std::int64_t sent = 0;
    std::vector<Level> yes;
    std::vector<Level> no;
    std::vector<BookChange> anchor{};
    bool anchored = true;
    std::int64_t stream_id = 1;
  };
  void add(const Base& base);
  void add(const std::string& ticker, const BookChange& change, std::int16_t occurrence = 0,
           std::int32_t ordinal = 0, const std::string& line = "g1");
  void add(const PolledBook& rest);
  // All of a market: into production its union, into the gatherer what its line saw, stream by
  // stream.
  void add(const std::string& ticker, const GeneratedMarket& market);
  void add_to_gatherer(const std::string& ticker, const GeneratedMarket& market);
  void flush();

  Connection& production() { return *production_; }
  Connection& gatherer() { return *gatherer_; }
  ConnectOptions production_as(const std::string& user) const;
  std::string ask(const std::string& sql) { return scalar(*production_, sql); }

 private:
  void ensure(Connection& connection, const char* table, std::int64_t from, std::int64_t to);

  std::string database_;
  std::unique_ptr<Connection> production_;
  std::unique_ptr<Connection> gatherer_;
  std::vector<char> deltas_;
  std::vector<char> snapshots_;
  std::vector<char> rest_;
  std::int64_t first_ = INT64_MAX;
  std::int64_t last_ = 0;
};

Price price_of(std::int64_t raw);
std::vector<Level> levels(std::initializer_list<std::pair<std::int64_t, std::int64_t>> pairs);

}  // namespace kd
