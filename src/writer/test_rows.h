#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "codec/row_batch.h"
#include "writer/queued_batch.h"

namespace kd {

// Rows of `bytes` bytes each, for tests that do not store them.
inline RowBatch test_rows(std::size_t count, std::size_t bytes = 10, std::int64_t exchange_us = 7) {
  RowBatch batch;
  for (std::size_t i = 0; i < count; ++i) {
    batch.row_starts.push_back(static_cast<std::uint32_t>(batch.bytes.size()));
    batch.bytes.insert(batch.bytes.end(), bytes, static_cast<char>('a' + i % 26));
    batch.widen_exchange_time(exchange_us);
  }
  batch.bytes.shrink_to_fit();
  batch.row_starts.shrink_to_fit();
  return batch;
}

inline QueuedBatch queued(RowBatch rows, std::uint64_t last_row = 0) {
  return {.rows = std::move(rows),
          .last_row = last_row,
          .in_doubt_position = 0,
          .spilled = {},
          .first_row = 0,
          .counted_bytes = 0};
}

inline std::string_view row_at(const RowBatch& batch, std::size_t row) {
  const auto begin = offset_of(batch, row);
  return {batch.bytes.data() + begin, offset_of(batch, row + 1) - begin};
}

}  // namespace kd
