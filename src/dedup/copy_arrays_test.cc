#include "dedup/copy_arrays.h"

#include <gmock/gmock.h>

#include "codec/copy_row.h"

namespace kd {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A column's bytes, without the length word before them.
std::string_view column(const std::vector<char>& bytes) {
  return std::string_view(bytes.data(), bytes.size()).substr(4);
}

TEST(CopyArraysTest, ReadsWhatTheWriterWrites) {
  std::vector<char> bytes;
  CopyRowWriter(bytes).int8_array(std::vector<std::int64_t>{1, -2});
  std::vector<std::int64_t> numbers;
  EXPECT_TRUE(read_int8_array(column(bytes), numbers));
  EXPECT_THAT(numbers, ElementsAre(1, -2));
  bytes.clear();
  CopyRowWriter(bytes).text_array(std::vector<std::string_view>{"KXA", ""});
  std::vector<std::string_view> texts;
  EXPECT_TRUE(read_text_array(column(bytes), texts));
  EXPECT_THAT(texts, ElementsAre("KXA", ""));
  bytes.clear();
  CopyRowWriter(bytes).text_array({});
  EXPECT_TRUE(read_text_array(column(bytes), texts));
  EXPECT_THAT(texts, IsEmpty());
}

TEST(CopyArraysTest, RefusesEveryTruncation) {
  std::vector<char> bytes;
  CopyRowWriter(bytes).int8_array(std::vector<std::int64_t>{1, -2});
  std::vector<std::int64_t> numbers;
  std::vector<std::string_view> texts;
  for (std::size_t size = 0; size < column(bytes).size(); ++size) {
    EXPECT_FALSE(read_int8_array(column(bytes).substr(0, size), numbers)) << size;
  }
  EXPECT_FALSE(read_text_array(column(bytes), texts)) << "another type";
}

}  // namespace
}  // namespace kd
