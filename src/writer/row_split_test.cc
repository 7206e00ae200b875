#include "writer/row_split.h"

#include <gmock/gmock.h>

namespace kd {
namespace {

RowBatch batch_of(std::initializer_list<std::string_view> rows) {
  RowBatch batch;
  for (const auto row : rows) {
    batch.row_starts.push_back(static_cast<std::uint32_t>(batch.bytes.size()));
    batch.bytes.insert(batch.bytes.end(), row.begin(), row.end());
  }
  return batch;
}

TEST(RowSplitTest, KeepsEveryRowInOrder) {
  const std::vector<RowBatch> batches{batch_of({"a", "bb"}), batch_of({}), batch_of({"ccc"})};
  const auto halves = split_in_halves(batches);
  ASSERT_EQ(halves.size(), 2U);
  ASSERT_EQ(halves[0].rows(), 1U);
  ASSERT_EQ(halves[1].rows(), 2U);
  EXPECT_EQ(row_at(halves[0], 0), "a");
  EXPECT_EQ(row_at(halves[1], 0), "bb");
  EXPECT_EQ(row_at(halves[1], 1), "ccc");
}

}  // namespace
}  // namespace kd
