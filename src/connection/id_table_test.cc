#include "connection/id_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace kd {
namespace {

TEST(IdTableTest, IsAMapWhateverTheOrderOfChanges) {
  IdTable table;
  std::map<IdTable::Id, std::uint8_t> model;
  std::mt19937 random(7);
  for (int i = 0; i < 200'000; ++i) {
    const auto id = static_cast<IdTable::Id>(random() % 500 * 16);  // many collide
    const auto value = static_cast<std::uint8_t>(random() % 3);
    table.set(id, value);
    value == 0 ? static_cast<void>(model.erase(id)) : static_cast<void>(model[id] = value);
    ASSERT_EQ(table.get(id), value);
    ASSERT_EQ(table.size(), model.size());
  }
  std::map<IdTable::Id, std::uint8_t> seen;
  table.each([&](auto id, auto value) { seen[id] = value; });
  EXPECT_EQ(seen, model);
}

TEST(IdTableTest, NextGoesAroundAndSkipsWhatDoesNotSuit) {
  IdTable table;
  for (IdTable::Id id = 0; id < 10; ++id) table.set(id, id % 2 == 0 ? 1 : 2);
  std::set<IdTable::Id> seen;
  std::size_t cursor = 12'345;
  for (int i = 0; i < 5; ++i) seen.insert(table.next(cursor, [](auto v) { return v == 2; }));
  EXPECT_EQ(seen, (std::set<IdTable::Id>{1, 3, 5, 7, 9}));
  EXPECT_EQ(table.next(cursor, [](auto v) { return v == 3; }), Interner::kNone);
}

TEST(IdTableTest, TakesAtMostFourteenBytesPerId) {
  IdTable table;
  for (IdTable::Id id = 0; id < 7'000; ++id) table.set(id * 144, 1);
  EXPECT_LE(table.bytes() / table.size(), 14U);
}

}  // namespace
}  // namespace kd
