#include "codec/copy_reader.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "codec/copy_row.h"

namespace kd {
namespace {

std::vector<char> two_rows() {
  std::vector<char> bytes;
  CopyRowWriter out(bytes);
  for (std::int64_t i = 1; i <= 2; ++i) {
    out.begin_row(3);
    out.int8(i);
    out.null();
    out.bytes("abc");
  }
  return bytes;
}

TEST(CopyReaderTest, GivesBackWhatWasWritten) {
  const auto bytes = two_rows();
  CopyReader reader(bytes, 3);
  CopyRow row;
  ASSERT_TRUE(reader.next(row));
  EXPECT_EQ(row.int8(0), 1);
  EXPECT_TRUE(row.is_null(1));
  EXPECT_EQ(row.int8(1), std::nullopt);
  EXPECT_FALSE(row.is_null(2));
  EXPECT_EQ(row.bytes(2), "abc");
  EXPECT_EQ(row.int8(2), std::nullopt);
  ASSERT_TRUE(reader.next(row));
  EXPECT_EQ(row.int8(0), 2);
  EXPECT_FALSE(reader.next(row));
  EXPECT_TRUE(reader.complete());
}

TEST(CopyReaderTest, AnEmptyValueIsNotNull) {
  std::vector<char> bytes;
  CopyRowWriter out(bytes);
  out.begin_row(1);
  out.bytes("");
  CopyReader reader(bytes, 1);
  CopyRow row;
  ASSERT_TRUE(reader.next(row));
  EXPECT_FALSE(row.is_null(0));
}

TEST(CopyReaderTest, ColumnRangesCanBeCopiedAsTheyStand) {
  const auto bytes = two_rows();
  CopyReader reader(bytes, 3);
  CopyRow row;
  ASSERT_TRUE(reader.next(row));
  const auto middle = row.encoded(1, 3);
  EXPECT_EQ(middle, std::string_view("\xff\xff\xff\xff\0\0\0\3abc", 11));
  EXPECT_EQ(row.whole().size(), bytes.size() / 2);
}

TEST(CopyReaderTest, RefusesAnotherNumberOfColumns) {
  const auto bytes = two_rows();
  CopyReader reader(bytes, 4);
  CopyRow row;
  EXPECT_FALSE(reader.next(row));
  EXPECT_FALSE(reader.complete());
}

TEST(CopyReaderTest, ATornRowIsNoRow) {
  const auto bytes = two_rows();
  for (std::size_t size = bytes.size() / 2 + 1; size < bytes.size(); ++size) {
    CopyReader reader({bytes.data(), size}, 3);
    CopyRow row;
    ASSERT_TRUE(reader.next(row));
    EXPECT_FALSE(reader.next(row)) << size;
    EXPECT_FALSE(reader.complete()) << size;
  }
}

TEST(CopyReaderTest, StaysInsideAnyBytes) {
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    auto bytes = two_rows();
    for (int flips = 0; flips < 3; ++flips) {
      bytes[random() % bytes.size()] = static_cast<char>(random() % 4 == 0 ? 0xff : random());
    }
    const std::vector<char> exact(bytes.begin(), bytes.end());  // a read beyond it is seen by ASan
    CopyReader reader(exact, 3);
    CopyRow row;
    std::size_t seen = 0;
    while (reader.next(row)) {
      for (std::size_t column = 0; column < 3; ++column) seen += row.bytes(column).size();
    }
    EXPECT_LE(seen, exact.size());
  }
}

}  // namespace
}  // namespace kd
