#include "market/exchange_hours.h"

#include <gtest/gtest.h>

#include "model/rfc3339.h"

namespace kd {
namespace {

using namespace std::chrono_literals;

constexpr ExchangeHours::Clock::time_point kStart{100h};

Micros at(std::string_view text) { return *parse_rfc3339(text); }

ExchangeStatus status(bool active, std::optional<Micros> resume = {}) {
  return {.exchange_active = active,
          .trading_active = active,
          .estimated_resume = resume,
          .shards = {}};
}

TEST(ExchangeHoursTest, KnowsNewYorksClocks) {
  EXPECT_EQ(eastern_behind_utc(at("2026-01-15T12:00:00Z")), 5h);
  EXPECT_EQ(eastern_behind_utc(at("2026-03-08T06:59:59Z")), 5h);
  EXPECT_EQ(eastern_behind_utc(at("2026-03-08T07:00:00Z")), 4h);
  EXPECT_EQ(eastern_behind_utc(at("2026-11-01T05:59:59Z")), 4h);
  EXPECT_EQ(eastern_behind_utc(at("2026-11-01T06:00:00Z")), 5h);
  EXPECT_EQ(eastern_behind_utc(at("2027-03-14T07:00:00Z")), 4h);
}

TEST(ExchangeHoursTest, TheWeeklyPauseNeedsNoSchedule) {
  const ExchangeHours hours(1min);
  EXPECT_FALSE(hours.in_maintenance(at("2026-11-26T07:59:59Z")));
  EXPECT_TRUE(hours.in_maintenance(at("2026-11-26T08:00:00Z"))) << "03:00 EST";
  EXPECT_TRUE(hours.in_maintenance(at("2026-11-26T09:59:59Z")));
  EXPECT_FALSE(hours.in_maintenance(at("2026-11-26T10:00:00Z")));
  EXPECT_TRUE(hours.in_maintenance(at("2026-07-16T07:00:00Z"))) << "03:00 EDT";
  EXPECT_FALSE(hours.in_maintenance(at("2026-07-16T09:00:00Z")));
  EXPECT_FALSE(hours.in_maintenance(at("2026-11-25T08:30:00Z"))) << "a Wednesday";
}

TEST(ExchangeHoursTest, AnAnnouncedWindowIsMaintenance) {
  ExchangeHours hours(1min);
  hours.on_schedule({{at("2026-11-22T10:00:00Z"), at("2026-11-22T11:00:00Z")}});
  EXPECT_FALSE(hours.in_maintenance(at("2026-11-22T09:59:59Z")));
  EXPECT_TRUE(hours.in_maintenance(at("2026-11-22T10:00:00Z")));
  EXPECT_FALSE(hours.in_maintenance(at("2026-11-22T11:00:00Z")));
}

TEST(ExchangeHoursTest, AHaltOfOneShardDoesNotPauseTheOthers) {
  ExchangeHours hours(1min);
  ExchangeStatus two = status(false);
  two.shards = {{.exchange_index = 0, .exchange_active = true, .trading_active = false},
                {.exchange_index = 1, .exchange_active = true, .trading_active = true}};
  hours.on_status(two, at("2026-11-22T10:00:00Z"), kStart);
  EXPECT_FALSE(hours.paused());
  EXPECT_EQ(hours.shards_paused(), 1U);
  two.shards[1].exchange_active = false;
  hours.on_status(two, at("2026-11-22T10:00:00Z"), kStart);
  EXPECT_TRUE(hours.paused());
  hours.on_status(status(true), at("2026-11-22T10:00:00Z"), kStart);
  EXPECT_FALSE(hours.paused());
  EXPECT_EQ(hours.shards_paused(), 0U);
}

// How often it asks in ten minutes in which the exchange answers so.
int asked_in_ten_minutes(const ExchangeStatus& answer) {
  ExchangeHours hours(1min);
  int asked = 0;
  for (auto now = kStart; now < kStart + 10min; now += 100ms) {
    if (!hours.status_due(now)) continue;
    ++asked;
    hours.on_asked();
    EXPECT_FALSE(hours.status_due(now + 50ms));
    const auto wall = at("2026-11-22T10:00:00Z") +
                      std::chrono::duration_cast<std::chrono::microseconds>(now - kStart);
    hours.on_status(answer, wall, now);
  }
  return asked;
}

TEST(ExchangeHoursTest, AnUnknownOrPastResumeTimeNeverSpins) {
  EXPECT_LE(asked_in_ten_minutes(status(false)), 10);
  EXPECT_LE(asked_in_ten_minutes(status(false, at("2020-01-01T00:00:00Z"))), 20);
  EXPECT_LE(asked_in_ten_minutes(status(false, at("2026-11-22T10:00:00Z"))), 20);
  EXPECT_LE(asked_in_ten_minutes(status(true)), 10);
}

TEST(ExchangeHoursTest, ComesBackWhenTheExchangeSaysThatItResumes) {
  ExchangeHours hours(1min);
  const auto wall = at("2026-11-22T10:00:00Z");
  hours.on_status(status(false, wall + 40s), wall, kStart);
  EXPECT_EQ(hours.next_status(), kStart + 40s);
  hours.on_status(status(false, wall + 5h), wall, kStart);
  EXPECT_EQ(hours.next_status(), kStart + 1min);
}

TEST(ExchangeHoursTest, NoAnswerChangesNothing) {
  ExchangeHours hours(1min);
  hours.on_status(status(false), at("2026-11-22T10:00:00Z"), kStart);
  hours.on_status_failed(kStart + 1min);
  EXPECT_TRUE(hours.paused());
  EXPECT_EQ(hours.next_status(), kStart + 2min);
}

}  // namespace
}  // namespace kd
