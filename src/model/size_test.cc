#include "model/size.h"

#include <gtest/gtest.h>

#include <limits>

namespace kd {
namespace {

TEST(SizeTest, KeepsTwoDecimalsAndSign) {
  EXPECT_EQ(Size::parse("2.50")->hundredths(), 250);
  EXPECT_EQ(Size::parse("-0.01")->hundredths(), -1);
  EXPECT_EQ(Size::parse("1065161.83")->hundredths(), 106'516'183);
  EXPECT_EQ(Size::parse("0.00")->hundredths(), 0);
  EXPECT_EQ(Size::parse("7")->hundredths(), 700);
}

TEST(SizeTest, RefusesWhatItCannotRepresentExactly) {
  for (const auto text :
       {"", "-", "--1", "+1", "1.234", "1.", ".5", "1e3", "nan", "99999999999999999999"}) {
    EXPECT_FALSE(Size::parse(text)) << text;
  }
}

TEST(SizeTest, ReadsLegacyWholeContracts) {
  EXPECT_EQ(Size::from_contracts(-3)->hundredths(), -300);
  EXPECT_FALSE(Size::from_contracts(std::numeric_limits<std::int64_t>::max()));
}

}  // namespace
}  // namespace kd
