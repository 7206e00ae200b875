#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "book/folded_book.h"

namespace kd {

// Columns of COPY-binary rows as values of a book. The errors are kDropItem: the stored value is
// none that we write.

// An int8[] of one dimension without NULLs: int32 dimensions, flags, element type; then, unless
// empty, count and lower bound; then per element int32 length and its bytes.
Expected<std::vector<std::int64_t>> int8_array_of(std::string_view column);

// yes_bids, no_bids: price, size, price, size …
Expected<std::vector<Level>> levels_of(std::string_view column);
// anchor_deltas: exchange_ts, side (1 yes, 0 no), price, size_delta …
Expected<std::vector<BookChange>> changes_of(std::string_view column);

// The array that levels_of() reads.
std::vector<std::int64_t> flat_levels(std::span<const Level> levels);

// `text` as an SQL literal.
std::string sql_text(std::string_view text);

}  // namespace kd
