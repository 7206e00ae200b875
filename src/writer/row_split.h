#pragma once

#include <string_view>
#include <vector>

#include "codec/row_batch.h"

namespace kd {

// All rows of `batches` in two halves of equal count, for finding the one that a database
// refuses. At least two rows.
std::vector<RowBatch> split_in_halves(const std::vector<RowBatch>& batches);

// The bytes of a batch's row.
std::string_view row_at(const RowBatch& batch, std::size_t row);

}  // namespace kd
