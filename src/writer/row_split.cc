#include "writer/row_split.h"

namespace kd {

std::string_view row_at(const RowBatch& batch, std::size_t row) {
  const std::size_t begin = batch.row_starts[row];
  const std::size_t end = row + 1 < batch.rows() ? batch.row_starts[row + 1] : batch.bytes.size();
  return {batch.bytes.data() + begin, end - begin};
}

std::vector<RowBatch> split_in_halves(const std::vector<RowBatch>& batches) {
  std::size_t rows = 0;
  for (const auto& batch : batches) rows += batch.rows();
  std::vector<RowBatch> halves(2);
  std::size_t seen = 0;
  for (const auto& batch : batches) {
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      auto& half = halves[seen++ < rows / 2 ? 0 : 1];
      const auto bytes = row_at(batch, row);
      half.row_starts.push_back(static_cast<std::uint32_t>(half.bytes.size()));
      half.bytes.insert(half.bytes.end(), bytes.begin(), bytes.end());
    }
  }
  return halves;
}

}  // namespace kd
