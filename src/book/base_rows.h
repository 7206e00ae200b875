#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "book/book_store.h"
#include "codec/copy_reader.h"

namespace kd {

// Rows of (gatherer, snapshot_ts, anchor_ts, yes_bids, no_bids, anchor_deltas, stream_id,
// occurrence, frozen) from column `first` of a COPY-binary row on, integers as int8.
inline constexpr std::size_t kBaseColumns = 9;
Expected<StoredBase> base_of(const CopyRow& row, std::size_t first);
Expected<std::vector<StoredBase>> bases_of(std::span<const char> rows);

// Rows of (exchange_ts, side, price, size_delta), integers as int8, from column `first` on.
inline constexpr std::size_t kChangeColumns = 4;
Expected<BookChange> change_of(const CopyRow& row, std::size_t first);
Expected<std::vector<BookChange>> change_rows_of(std::span<const char> rows);

// "COPY (`query`) TO STDOUT (FORMAT binary)"
std::string copy_of(std::string_view query);

}  // namespace kd
