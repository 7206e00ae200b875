#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "database/connection.h"
#include "support/pg_cluster.h"

namespace kd {

inline constexpr std::int64_t kHourUs = 3'600'000'000;
inline constexpr std::int64_t kDayUs = 24 * kHourUs;

// Order-book changes as a gatherer stores them: positions from `from`, `step_us` apart.
inline void append_deltas(Connection& writer, std::int64_t from, std::int64_t rows,
                          std::int64_t step_us) {
  const auto bounds = std::to_string(from) + ", " + std::to_string(from + (rows - 1) * step_us);
  ASSERT_EQ(scalar(writer, "SELECT kd_ensure_partitions('orderbook_deltas', " + bounds + ") >= 0"),
            "t");
  const auto done = writer.exec(
      "INSERT INTO orderbook_deltas SELECT k, k / 1000 * 1000, NULL, k, 'KXTICKER-' || k % 97, "
      "k % 2 = 0, (k % 99 + 1) * 1000, 100, 0, 0, 1, k FROM generate_series(" +
      bounds + ", " + std::to_string(step_us) + ") AS k");
  ASSERT_TRUE(done) << done.error().what;
}

// The same as production keeps them, by exchange time.
inline void append_merged_deltas(Connection& writer, std::int64_t from, std::int64_t rows,
                                 std::int64_t step_us) {
  const auto bounds = std::to_string(from) + ", " + std::to_string(from + (rows - 1) * step_us);
  ASSERT_EQ(scalar(writer, "SELECT kd_ensure_partitions('orderbook_deltas', " + bounds + ") >= 0"),
            "t");
  const auto done = writer.exec(
      "INSERT INTO orderbook_deltas SELECT k, NULL, k, 'KXTICKER-' || k % 97, k % 2 = 0, "
      "(k % 99 + 1) * 1000, 100, 0, 0, 'g1' FROM generate_series(" +
      bounds + ", " + std::to_string(step_us) + ") AS k");
  ASSERT_TRUE(done) << done.error().what;
}

inline std::string count_of(Connection& connection, const std::string& from) {
  return scalar(connection, "SELECT count(*) FROM " + from);
}

}  // namespace kd
