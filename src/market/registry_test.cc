#include "market/registry.h"

#include <gmock/gmock.h>

namespace kd {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Market market(std::string ticker, std::string status, std::int64_t close_ms) {
  return {.ticker = std::move(ticker),
          .status = std::move(status),
          .close_time = micros_from_ms(close_ms)};
}

TEST(MarketRegistryTest, AMarketIsAddedOnceAndFromTheFirstPageOn) {
  MarketRegistry registry;
  const Market page[] = {market("A", "active", 1'000), market("B", "initialized", 1'000)};
  EXPECT_THAT(registry.on_page(page).added, ElementsAre("A", "B"));
  EXPECT_THAT(registry.on_page(page).added, IsEmpty());
  EXPECT_EQ(registry.size(), 2U);
  EXPECT_EQ(registry.active(), 1U);
}

TEST(MarketRegistryTest, FollowsTheStatus) {
  MarketRegistry registry;
  const Market before[] = {market("A", "initialized", 1'000)};
  const Market after[] = {market("A", "active", 1'000)};
  registry.on_page(before);
  EXPECT_EQ(registry.active(), 0U);
  registry.on_page(after);
  EXPECT_EQ(registry.active(), 1U);
}

TEST(MarketRegistryTest, WhatAWalkNoLongerListsIsLetGoLongAfterItsClose) {
  MarketRegistry registry;
  const Market page[] = {market("A", "active", 1'000), market("B", "active", 1'000)};
  registry.on_page(page);
  registry.on_walk_end(micros_from_ms(500));
  registry.on_page(std::span(page, 1));
  EXPECT_THAT(registry.on_walk_end(micros_from_ms(2'000)).removed, IsEmpty()) << "just closed";
  registry.on_page(std::span(page, 1));
  EXPECT_THAT(registry.on_walk_end(micros_from_ms(1'000) + MarketRegistry::kAfterClose).removed,
              ElementsAre("B"));
  EXPECT_EQ(registry.active(), 1U);
}

TEST(MarketRegistryTest, AnAnnouncedMarketIsRecordedBeforeRestListsIt) {
  MarketRegistry registry;
  EXPECT_THAT(registry.on_created("N").added, ElementsAre("N"));
  EXPECT_THAT(registry.on_created("N").added, IsEmpty());
  registry.on_walk_end(micros_from_ms(2'000'000'000'000));
  EXPECT_EQ(registry.size(), 1U) << "an announcement is not undone by a walk that missed it";
  const Market page[] = {market("N", "active", 1'000)};
  EXPECT_THAT(registry.on_page(page).added, IsEmpty());
}

}  // namespace
}  // namespace kd
