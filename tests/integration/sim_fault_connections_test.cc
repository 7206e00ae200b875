#include <gmock/gmock.h>

#include "net/ws_deflate.h"
#include "sim_world.h"
#include "support/eventually.h"

namespace kd {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using End = RawClient::End;

// Faults of connections: what a raw client sees, and what the truth says of it.
class SimFaultConnectionsTest : public SimWorld {
 protected:
  std::unique_ptr<Watcher> watcher(const std::string& id = "g-1", int receive_buffer_bytes = 0) {
    auto made = std::make_unique<Watcher>(port(), id, receive_buffer_bytes);
    made->subscribe(tickers());
    EXPECT_TRUE(made->read_until([&] { return made->deltas.size() > 20; }));
    return made;
  }
  // Reads until the connection, the last one there is, ends; the truth about it is complete then.
  void read_to_end(Watcher& watcher) {
    while (watcher.read_one()) {
    }
    EXPECT_TRUE(eventually(
        [&] { return get("/sim/status").find("\"connected\":1") == std::string::npos; }));
  }
};

TEST_F(SimFaultConnectionsTest, AResetEndsOneSocketAndWhatWasUnderWayIsInDoubt) {
  start();
  const auto first = watcher(), second = watcher("g-2");
  order("reset,count=1");
  while (first->read_one()) {
  }
  EXPECT_EQ(first->client.end(), End::kReset);
  EXPECT_TRUE(second->catch_up()) << "the other one lives";
  finish(*second);
  EXPECT_GT(withheld("reset", "maybe"), 0);
  expect_truth_of(*first);
}

TEST_F(SimFaultConnectionsTest, AResetCanStrikeAll) {
  start();
  const auto first = watcher(), second = watcher("g-2");
  order("reset");
  while (first->read_one()) {
  }
  read_to_end(*second);
  EXPECT_EQ(first->client.end(), End::kReset);
  EXPECT_EQ(second->client.end(), End::kReset);
  EXPECT_EQ(strikes(), 2);
}

// A client that does not read: most of what it was sent never leaves the server.
TEST_F(SimFaultConnectionsTest, WhatLaysInTheServersBufferIsLostWithTheSocket) {
  options_.limits.overflow_bytes = 0;
  options_.synthetic.rate = 50'000;
  start();
  const auto slow = watcher("g-1", 4096);
  ASSERT_TRUE(eventually([&] {
    const std::string status = get("/sim/status");
    const auto at = status.find("\"unsent_bytes\":") + 15;
    return std::stoll(status.substr(at)) > 3'000'000;
  }));
  order("reset");
  read_to_end(*slow);
  stop();
  EXPECT_GT(withheld("reset", "lost"), 1000);
  EXPECT_GT(withheld("reset", "maybe"), 0);
  expect_truth_of(*slow);
}

TEST_F(SimFaultConnectionsTest, ACutComesWithoutACloseFrame) {
  start();
  const auto cut = watcher();
  order("cut");
  read_to_end(*cut);
  EXPECT_EQ(cut->client.close_code(), 0);
  stop();
  expect_truth_of(*cut);
}

TEST_F(SimFaultConnectionsTest, ACloseHasTheCodeThatWasOrderedAndLosesNothing) {
  start();
  for (const int code : {1000, 1001, 1008, 1011, 1013}) {
    Watcher closed(port(), "g-2");
    order("close,client=g-2,code=" + std::to_string(code));
    while (closed.read_one()) {
    }
    EXPECT_EQ(closed.client.close_code(), code);
  }
  const auto closed = watcher("g-1");
  order("close,client=g-1");
  while (closed->read_one()) {
  }
  // It is not subscribed any more, however long it takes to answer.
  {
    const auto other = watcher("g-3");
    EXPECT_GT(other->deltas.size(), 20U);
  }
  closed->client.send_close(1001);
  read_to_end(*closed);
  stop();
  EXPECT_EQ(withheld("close"), 0);
}

TEST_F(SimFaultConnectionsTest, ADarkConnectionIsAHoleOnceItIsLightAgain) {
  start();
  const auto dark = watcher();
  order("dark");
  while (dark->read_one(std::chrono::milliseconds(200))) {
  }
  EXPECT_EQ(dark->client.end(), End::kTimeout) << "silence, and no end";
  end_faults();
  const std::size_t before = dark->deltas.size();
  EXPECT_TRUE(dark->read_until([&] { return dark->deltas.size() > before + 20; }));
  EXPECT_GE(dark->holes, 1);
  finish(*dark);
  EXPECT_GT(withheld("dark", "unsent"), 10);
  expect_truth_of(*dark);
}

TEST_F(SimFaultConnectionsTest, PingsGoOnInTheDarkAndStopWhenOrdered) {
  options_.synthetic.rate = 1;
  start();
  RawClient dark(port()), silent(port()), pingless(port()), sound(port());
  dark.upgrade("dark");
  silent.upgrade("silent");
  pingless.upgrade("pingless");
  sound.upgrade("sound");
  order("dark,client=dark\nsilent,client=silent\nno-pings,client=pingless");
  EXPECT_EQ(dark.next()->payload, "heartbeat");
  EXPECT_EQ(sound.next()->payload, "heartbeat");
  EXPECT_FALSE(silent.next(std::chrono::milliseconds(100)));
  EXPECT_FALSE(pingless.next(std::chrono::milliseconds(100)));
  pingless.send_text(R"({"id":1,"cmd":"list_subscriptions"})");
  EXPECT_THAT(pingless.next_text().value_or(""), HasSubstr("\"msg\":[]"));
}

TEST_F(SimFaultConnectionsTest, AHalfOpenSocketHearsAndSaysNothingUntilItIsReset) {
  start();
  const auto half = watcher();
  order("half-open");
  while (half->read_one(std::chrono::milliseconds(200))) {
  }
  EXPECT_EQ(half->client.end(), End::kTimeout);
  half->client.send_text(R"({"id":9,"cmd":"list_subscriptions"})");
  EXPECT_FALSE(half->read_one(std::chrono::milliseconds(200)));
  end_faults();
  read_to_end(*half);
  EXPECT_EQ(half->client.end(), End::kReset);
  stop();
  EXPECT_GT(withheld("half-open", "unsent"), 10);
  expect_truth_of(*half);
}

TEST_F(SimFaultConnectionsTest, AThrottledClientOverflows) {
  options_.limits.overflow_bytes = 50'000;
  start();
  const auto slow = watcher();
  order("slow-read,rate=100000");
  EXPECT_TRUE(slow->read_until([&] { return !slow->errors.empty(); }));
  EXPECT_EQ(slow->errors.front(), 25);
  EXPECT_TRUE(slow->catch_up()) << "the socket lives";
  finish(*slow);
  EXPECT_GE(withheld("overflow", "unsent"), 1);
  expect_truth_of(*slow);
}

TEST_F(SimFaultConnectionsTest, MessagesComeInFragmentsWithPingsBetween) {
  start();
  RawClient client(port());
  client.upgrade("g-1");
  order("fragment,bytes=20");
  client.send_text(R"({"id":1,"cmd":"list_subscriptions"})");
  const auto first = client.next(), ping = client.next(), second = client.next();
  ASSERT_TRUE(first && ping && second);
  EXPECT_EQ(first->opcode, 1);
  EXPECT_FALSE(first->last);
  EXPECT_EQ(first->payload.size(), 20U);
  EXPECT_EQ(ping->opcode, 9);
  EXPECT_EQ(second->opcode, 0);
  end_faults();
  while (!client.next()->last) {
  }
  Watcher watcher(port(), "g-1");
  order("fragment,bytes=64");
  watcher.subscribe(tickers());
  EXPECT_TRUE(watcher.read_until([&] { return watcher.deltas.size() > 50; }));
  EXPECT_EQ(watcher.holes, 0);
}

TEST_F(SimFaultConnectionsTest, ThreeUsersOfAHundredAndFiftySocketsEachAreHeldToTheirLimits) {
  options_.server.connections_per_user = 150;
  options_.limits.markets_per_subscription = 3;
  options_.synthetic.rate = 100;
  start();
  std::vector<std::unique_ptr<Watcher>> sockets;
  for (const char* user : {"g-1", "g-2", "g-3"}) {
    for (int i = 0; i < 150; ++i) {
      sockets.push_back(std::make_unique<Watcher>(port(), user));
      ASSERT_EQ(sockets.back()->upgrade_status, 101);
    }
    EXPECT_EQ(Watcher(port(), user).upgrade_status, 429);
  }
  const auto all = tickers();
  for (const auto& socket : sockets) socket->subscribe({all[0], all[1], all[2]}, false);
  for (const auto& socket : sockets) {
    EXPECT_TRUE(socket->read_until([&] { return socket->snapshots == 3; }));
  }
  sockets.back()->subscribe({all[3]}, false);
  EXPECT_TRUE(sockets.back()->read_until([&] { return !sockets.back()->errors.empty(); }));
  EXPECT_EQ(sockets.back()->errors.front(), 26);
}

TEST_F(SimFaultConnectionsTest, CompressedMessagesAreTheSameMessages) {
  options_.server.http.deflate = true;
  start();
  RawClient plain(port()), packed(port());
  EXPECT_THAT(plain.upgrade("g-1").head, Not(HasSubstr("Extensions")));
  EXPECT_THAT(packed.upgrade("g-1", {{"Sec-WebSocket-Extensions", "permessage-deflate"}}).head,
              HasSubstr("Sec-WebSocket-Extensions: permessage-deflate; "
                        "server_no_context_takeover; client_no_context_takeover\r\n"));
  plain.send_text(R"({"id":1,"cmd":"list_subscriptions"})");
  packed.send_text(R"({"id":1,"cmd":"list_subscriptions"})");
  const auto text = plain.next(), frame = packed.next();
  EXPECT_FALSE(text->compressed);
  ASSERT_TRUE(frame->compressed);
  const auto inflated = WsInflater().run(frame->payload, 1 << 20).value_or("damaged");
  EXPECT_EQ(inflated.substr(0, 20), text->payload.substr(0, 20));
  EXPECT_EQ(inflated.size(), text->payload.size());
  packed.send_text(
      R"({"id":2,"cmd":"subscribe","params":{"channels":["orderbook_delta"],"market_tickers":[")" +
      tickers()[0] + "\"]}}");
  for (int i = 0; i < 20; ++i) {
    const auto next = packed.next();
    ASSERT_TRUE(next && next->compressed);
    EXPECT_THAT(WsInflater().run(next->payload, 1 << 20).value_or("damaged"),
                AllOf(testing::StartsWith("{"), testing::EndsWith("}}")));
  }
}

}  // namespace
}  // namespace kd
