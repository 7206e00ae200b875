#include <gmock/gmock.h>

#include "sim_world.h"

namespace kd {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

// Faults of frames and of commands: what a raw client sees, and what the truth says of it.
class SimFaultsTest : public SimWorld {
 protected:
  // A watcher that has seen the fault strike often enough, and all that came after.
  std::unique_ptr<Watcher> watch(const std::string& fault, int times) {
    start();
    auto watcher = std::make_unique<Watcher>(port(), "g-1");
    watcher->subscribe(tickers());
    EXPECT_TRUE(watcher->read_until([&] { return watcher->deltas.size() > 50; }));
    order(fault);
    while (strikes() < times) EXPECT_TRUE(watcher->read_one());
    end_faults();
    const std::size_t before = watcher->deltas.size();
    EXPECT_TRUE(watcher->read_until([&] { return watcher->deltas.size() > before + 50; }));
    finish(*watcher);
    return watcher;
  }
};

TEST_F(SimFaultsTest, WithoutFaultsTheTruthIsWhatWasReceived) {
  const auto watcher = watch("dark,client=nobody", 0);
  EXPECT_EQ(watcher->holes, 0);
  EXPECT_TRUE(truth_lines("W").empty());
  expect_truth_of(*watcher);
}

TEST_F(SimFaultsTest, DroppedFramesAreHolesAndWithheld) {
  const auto watcher = watch("drop,p=0.1,channel=orderbook_delta", 10);
  EXPECT_GT(watcher->holes, 0);
  EXPECT_GE(withheld("drop", "unsent"), 10);
  expect_truth_of(*watcher);
}

TEST_F(SimFaultsTest, AHoleInSeqWithholdsNothing) {
  const auto watcher = watch("hole,p=0.1", 10);
  EXPECT_GE(watcher->holes, 10);
  EXPECT_TRUE(truth_lines("W").empty());
  expect_truth_of(*watcher);
}

TEST_F(SimFaultsTest, DuplicatesAreNotEmittedTwice) {
  const auto watcher = watch("duplicate,p=0.1", 10);
  EXPECT_GE(watcher->repeats, 10);
  EXPECT_TRUE(truth_lines("W").empty());
  expect_truth_of(*watcher);
}

TEST_F(SimFaultsTest, TheLateOneOfAReorderedPairIsInDoubt) {
  const auto watcher = watch("reorder,p=0.1,channel=orderbook_delta", 10);
  EXPECT_GE(watcher->repeats, 5);
  EXPECT_GE(watcher->holes, 5);
  EXPECT_GE(withheld("reorder", "maybe"), 5);
  expect_truth_of(*watcher);
}

TEST_F(SimFaultsTest, UnknownTypesAndKeysLoseNothing) {
  const auto watcher = watch("unknown-type,p=0.05\nunknown-key,p=0.05", 10);
  EXPECT_EQ(watcher->holes, 0);
  EXPECT_THAT(watcher->texts, Contains(HasSubstr("orderbook_notice")));
  EXPECT_THAT(watcher->texts, Contains(HasSubstr("\"new_key\"")));
  EXPECT_TRUE(truth_lines("W").empty());
  expect_truth_of(*watcher);
}

TEST_F(SimFaultsTest, MalformedFramesAreWithheld) {
  const auto watcher = watch(
      "malformed,p=0.02,channel=orderbook_delta\n"
      "malformed,how=ticker,p=0.02,channel=orderbook_delta",
      10);
  EXPECT_GE(withheld("malformed", "unsent"), 10);
  expect_truth_of(*watcher);
}

TEST_F(SimFaultsTest, OnlyTheClientWithTheFaultIsStruck) {
  start();
  Watcher struck(port(), "g-1"), spared(port(), "g-2");
  for (Watcher* watcher : {&struck, &spared}) watcher->subscribe(tickers());
  order("drop,p=0.5,client=g-1");
  while (strikes() < 20) struck.read_one();
  spared.catch_up();
  finish(struck);
  EXPECT_EQ(spared.holes, 0);
  for (const auto& line : truth_lines("W")) {
    EXPECT_EQ(line[5], "0");
    EXPECT_EQ(line[8], "2") << "the other one has it";
  }
  expect_truth_of(struck);
}

TEST_F(SimFaultsTest, WhatAnotherConnectionOfTheClientGotIsNotWithheld) {
  start();
  Watcher first(port(), "g-1"), second(port(), "g-1");
  first.subscribe(tickers());
  second.subscribe(tickers());
  second.catch_up();
  order("drop,conn=1");
  while (strikes() < 20) second.read_one();
  finish(second);
  EXPECT_EQ(withheld("drop"), 0);
}

TEST_F(SimFaultsTest, ALostReplyIsAHoleAndTheCommandTookEffect) {
  options_.synthetic.rate = 1;
  start();
  Watcher watcher(port(), "g-1");
  order("lost-reply,count=1");
  const auto all = tickers();
  watcher.subscribe({all[0]}, false);
  EXPECT_TRUE(watcher.catch_up());
  EXPECT_THAT(watcher.texts, Not(Contains(HasSubstr("subscribed"))));
  EXPECT_THAT(watcher.texts.back(), HasSubstr("\"channel\":\"orderbook_delta\",\"sid\":1"));
}

TEST_F(SimFaultsTest, ALostCommandTookNone) {
  start();
  Watcher watcher(port(), "g-1");
  order("lost-reply,how=command,count=1");
  watcher.subscribe(tickers(), false);
  EXPECT_TRUE(watcher.catch_up());
  EXPECT_THAT(watcher.texts.back(), HasSubstr("\"msg\":[]"));
}

TEST_F(SimFaultsTest, CommandsAreRefusedWithTheCodeThatWasOrdered) {
  start();
  Watcher watcher(port(), "g-1");
  for (const int code : {26, 27, 18}) {
    order("refuse-command,count=1,code=" + std::to_string(code));
    watcher.subscribe({tickers()[0]}, false);
    EXPECT_TRUE(watcher.read_until([&] { return !watcher.errors.empty(); }));
    EXPECT_EQ(watcher.errors.back(), code);
    watcher.errors.clear();
  }
}

TEST_F(SimFaultsTest, SubscriptionsEndWithTheCodeThatWasOrderedAndTheSocketLives) {
  start();
  Watcher watcher(port(), "g-1");
  watcher.subscribe(tickers());
  EXPECT_TRUE(watcher.read_until([&] { return watcher.deltas.size() > 10; }));
  for (const int code : {10, 17, 25}) {
    order("end-sid,channel=orderbook_delta,code=" + std::to_string(code));
    EXPECT_TRUE(watcher.read_until([&] { return !watcher.errors.empty(); }));
    EXPECT_EQ(watcher.errors.back(), code);
    watcher.errors.clear();
    const std::size_t silent_since = watcher.deltas.size();
    EXPECT_TRUE(watcher.catch_up());
    EXPECT_EQ(watcher.deltas.size(), silent_since);
    watcher.subscribe(tickers(), false);
    EXPECT_TRUE(watcher.read_until([&] { return watcher.deltas.size() > silent_since; }));
  }
  finish(watcher);
  expect_truth_of(watcher);
}

TEST_F(SimFaultsTest, AMarketWithoutASnapshotGetsItWhenAsked) {
  options_.synthetic.rate = 1;
  start();
  order("no-snapshot");
  Watcher watcher(port(), "g-1");
  const auto all = tickers();
  watcher.subscribe(all, false);
  EXPECT_TRUE(watcher.catch_up());
  EXPECT_EQ(watcher.snapshots, 0);
  watcher.client.send_text(R"({"id":7,"cmd":"update_subscription","params":{"sid":1,)"
                           R"("action":"get_snapshot","market_tickers":[")" +
                           all[0] + "\"]}}");
  EXPECT_TRUE(watcher.read_until([&] { return watcher.snapshots == 1; }));
}

TEST_F(SimFaultsTest, SnapshotsMayComeBehindDeltasOfTheirMarket) {
  start();
  order("late-snapshot,by=300ms");
  Watcher watcher(port(), "g-1");
  watcher.subscribe(tickers(), false);
  EXPECT_TRUE(watcher.read_until([&] { return watcher.snapshots == 5; }));
  EXPECT_GT(watcher.deltas.size(), 10U) << "before the last snapshot";
  EXPECT_EQ(watcher.holes, 0);
}

TEST_F(SimFaultsTest, AFlippedLegIsWithheld) {
  start();
  Watcher watcher(port(), "g-1");
  order("flip-leg,client=g-1");
  watcher.subscribe(tickers(), false);
  EXPECT_TRUE(watcher.read_until([&] { return watcher.deltas.size() > 100; }));
  finish(watcher);
  EXPECT_GT(withheld("flip-leg", "unsent"), 10);
  for (const auto& line : truth_lines("W")) {
    const bool of_no = line[4] != "D" || line[10].starts_with("no,") || line[7] == "maybe";
    EXPECT_TRUE(of_no) << line[10];
  }
}

TEST_F(SimFaultsTest, OneClientSeesMicrosecondsAndAnotherMilliseconds) {
  start();
  Watcher fine(port(), "g-1"), coarse(port(), "g-2");
  order("ts-us,client=g-1\nts-ms,client=g-2");
  for (Watcher* watcher : {&fine, &coarse}) {
    watcher->subscribe(tickers(), false);
    EXPECT_TRUE(watcher->read_until([&] { return watcher->deltas.size() > 20; }));
  }
  const testing::Matcher<std::string> micros =
      testing::ContainsRegex("\"ts\":\"[^\"]*[.][0-9]{6}Z\"");
  EXPECT_THAT(fine.texts.back(), micros);
  EXPECT_THAT(coarse.texts, Not(Contains(micros)));
  finish(fine);
  expect_truth_of(fine);
}

TEST_F(SimFaultsTest, SeqMayBeginBeyond32Bits) {
  options_.limits.first_seq = (std::uint64_t{1} << 40) + 1;
  start();
  Watcher watcher(port(), "g-1");
  watcher.subscribe(tickers(), false);
  EXPECT_TRUE(watcher.read_until([&] { return watcher.deltas.size() > 20; }));
  EXPECT_EQ(watcher.holes, 0);
  EXPECT_THAT(watcher.texts, Contains(HasSubstr("\"seq\":1099511627777,")));
}

TEST_F(SimFaultsTest, FaultsAreListedAndMistakesRefused) {
  start();
  RawClient client(port());
  const auto refused = client.request("POST", "/sim/faults", "drop\ndrip");
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, HasSubstr("drip"));
  EXPECT_EQ(get("/sim/faults"), R"({"faults":[]})") << "all or nothing";
  order("drop,p=0.001,client=g-1,for=1h\ndark,after=1h");
  EXPECT_THAT(get("/sim/faults"),
              AllOf(HasSubstr(R"("fault":"drop,p=0.001,client=g-1,for=1h","state":"holds")"),
                    HasSubstr(R"("ends_in_ms":)"),
                    HasSubstr(R"("fault":"dark,after=1h","state":"waiting","strikes":0)")));
  end_faults();
  EXPECT_EQ(get("/sim/faults"), R"({"faults":[]})");
}

}  // namespace
}  // namespace kd
