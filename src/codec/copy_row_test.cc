#include "codec/copy_row.h"

#include <gtest/gtest.h>

#include <string>

namespace kd {
namespace {

std::string hex(const std::vector<char>& bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += kDigits[(static_cast<unsigned char>(c) >> 4) & 0xf];
    out += kDigits[static_cast<unsigned char>(c) & 0xf];
  }
  return out;
}

TEST(CopyRowWriterTest, WritesTheExampleOfItsHeader) {
  std::vector<char> out;
  CopyRowWriter row(out);
  row.begin_row(2);
  row.int8(std::int64_t{1});
  row.null();
  EXPECT_EQ(hex(out),
            "0002"
            "00000008"
            "0000000000000001"
            "ffffffff");
}

TEST(CopyRowWriterTest, WritesEachType) {
  std::vector<char> out;
  CopyRowWriter row(out);
  row.boolean(true);
  row.int2(-1);
  row.int4(258);
  row.bytes("ab");
  row.jsonb("{}");
  EXPECT_EQ(hex(out),
            "00000001"
            "01"
            "00000002"
            "ffff"
            "00000004"
            "00000102"
            "00000002"
            "6162"
            "00000003"
            "017b7d");
}

TEST(CopyRowWriterTest, WritesArrays) {
  std::vector<char> out;
  CopyRowWriter row(out);
  const std::int64_t two[] = {1, -1};
  row.int8_array(two);
  row.int8_array({});
  EXPECT_EQ(hex(out),
            "0000002c"
            "00000001"
            "00000000"
            "00000014"
            "00000002"
            "00000001"
            "00000008"
            "0000000000000001"
            "00000008"
            "ffffffffffffffff"
            "0000000c"
            "00000000"
            "00000000"
            "00000014");
}

TEST(CopyRowWriterTest, PatchesAColumnInPlace) {
  std::vector<char> out;
  CopyRowWriter row(out);
  row.begin_row(1);
  row.int8(std::int64_t{0});
  CopyRowWriter::patch_int8(out, 2, 258);
  EXPECT_EQ(hex(out),
            "0001"
            "00000008"
            "0000000000000102");
}

}  // namespace
}  // namespace kd
