// Every graded frame of ws-frames.jsonl through the decoder: valid ones decode to the message
// their case names, odd ones are tolerated, and book frames fold without contradiction.
#include <gmock/gmock.h>
#include <simdjson.h>

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "codec/command.h"
#include "codec/frame_decoder.h"
#include "model/order_book.h"

namespace kd {
namespace {

struct Graded {
  std::int64_t n = 0;
  std::string conn;
  std::string dir;
  std::string name;
  std::string spec;
  std::string frame;
};

std::vector<Graded> graded_frames() {
  std::ifstream file(KD_SOURCE_DIR "/tests/golden/ws-frames.jsonl");
  std::vector<Graded> frames;
  simdjson::dom::parser parser;
  for (std::string line; std::getline(file, line);) {
    const simdjson::dom::element item = parser.parse(line);
    frames.push_back(
        {std::int64_t(item["n"]), std::string(std::string_view(item["conn"])),
         std::string(std::string_view(item["dir"])), std::string(std::string_view(item["case"])),
         std::string(std::string_view(item["spec"])), simdjson::minify(item["frame"])});
  }
  return frames;
}

class WsFramesTest : public testing::Test {
 protected:
  Expected<Frame> decode(const std::string& json) {
    text_ = json;
    text_.reserve(text_.size() + kFramePadding);
    return decoder_.decode(text_);
  }
  FrameDecoder decoder_;
  std::string text_;
};

// The message that a frame's own `type` promises.
std::string kind_of(const Message& message) {
  struct Names {
    std::string operator()(const UnknownMessage&) { return "unknown"; }
    std::string operator()(const OrderbookDelta&) { return "orderbook_delta"; }
    std::string operator()(const OrderbookSnapshot&) { return "orderbook_snapshot"; }
    std::string operator()(const Trade&) { return "trade"; }
    std::string operator()(const TickerUpdate&) { return "ticker"; }
    std::string operator()(const LifecycleEvent&) { return "lifecycle"; }
    std::string operator()(const Subscribed&) { return "subscribed"; }
    std::string operator()(const Ok&) { return "ok"; }
    std::string operator()(const SubscriptionList&) { return "ok"; }
    std::string operator()(const Unsubscribed&) { return "unsubscribed"; }
    std::string operator()(const CommandError&) { return "error"; }
  };
  return std::visit(Names{}, message);
}

std::string promised(const std::string& frame) {
  simdjson::dom::parser parser;
  const std::string type(std::string_view(parser.parse(frame)["type"]));
  if (type.find("lifecycle") != std::string::npos || type == "event_fee_update") return "lifecycle";
  return type == "some_future_type" ? "unknown" : type;
}

TEST_F(WsFramesTest, EveryFrameOfTheServerDecodesOrIsTolerated) {
  int decoded = 0;
  for (const auto& graded : graded_frames()) {
    if (graded.dir != "s2c") continue;
    const auto frame = decode(graded.frame);
    ASSERT_TRUE(frame) << graded.n << " " << graded.name << ": " << frame.error().what;
    EXPECT_EQ(kind_of(frame->message), promised(graded.frame)) << graded.n << " " << graded.name;
    ++decoded;
  }
  EXPECT_EQ(decoded, 80);
}

TEST_F(WsFramesTest, ValidFramesHoldNoKeyWeDoNotKnow) {
  for (const auto& graded : graded_frames()) {
    if (graded.dir != "s2c" || graded.spec != "valid") continue;
    const auto before = decoder_.unknown_keys();
    ASSERT_TRUE(decode(graded.frame));
    EXPECT_EQ(decoder_.unknown_keys(), before) << graded.n << " " << graded.name;
  }
}

// A frame without one of its required fields is refused, and the refusal names the field.
TEST_F(WsFramesTest, WithoutARequiredFieldEveryFrameIsRefused) {
  const std::map<std::string, std::vector<std::string>> required{
      {"orderbook_delta", {"market_ticker", "price_dollars", "delta_fp", "side"}},
      {"orderbook_snapshot", {"market_ticker"}},
      {"trade", {"trade_id", "market_ticker", "yes_price_dollars", "count_fp", "ts_ms"}},
      {"ticker", {"market_ticker", "yes_bid_dollars", "yes_ask_dollars"}},
      {"market_lifecycle_v2", {"market_ticker", "event_type"}},
      {"event_lifecycle", {"event_ticker"}},
      {"subscribed", {"sid", "channel"}},
      {"error", {"code"}}};
  int mutated = 0;
  for (const auto& graded : graded_frames()) {
    if (graded.dir != "s2c" || graded.spec != "valid") continue;
    simdjson::dom::parser parser;
    const std::string type(std::string_view(parser.parse(graded.frame)["type"]));
    const auto fields = required.find(type);
    if (fields == required.end()) continue;
    for (const auto& field : fields->second) {
      auto broken = graded.frame;
      const auto key = "\"" + field + "\":";
      for (auto at = broken.find(key); at != std::string::npos; at = broken.find(key, at + 1)) {
        broken.replace(at, key.size(), "\"gone_" + field + "\":");
      }
      if (broken == graded.frame) continue;
      if (type == "trade" && field == "ts_ms") {  // `ts` in seconds stands in for it
        const auto at = broken.find("\"ts\":");
        broken.replace(at, 5, "\"tx\":");
      }
      const auto frame = decode(broken);
      ASSERT_FALSE(frame) << graded.n << " without " << field;
      EXPECT_THAT(frame.error().what, testing::StartsWith(field + ":")) << broken;
      ++mutated;
    }
  }
  EXPECT_GT(mutated, 100);
}

TEST_F(WsFramesTest, TheBooksOfConnectionAReplayWithoutContradiction) {
  std::map<std::string, OrderBook, std::less<>> books;
  int resynced = 0;
  for (const auto& graded : graded_frames()) {
    if (graded.conn != "A" || graded.dir != "s2c") continue;
    const auto frame = decode(graded.frame);
    ASSERT_TRUE(frame);
    if (const auto* delta = std::get_if<OrderbookDelta>(&frame->message)) {
      auto& book = books[std::string(delta->ticker)];
      const auto applied = book.apply(delta->side, delta->price, delta->change);
      ASSERT_TRUE(applied) << graded.n << ": " << applied.error().what;
    } else if (const auto* snapshot = std::get_if<OrderbookSnapshot>(&frame->message)) {
      OrderBook fresh;
      fresh.reset(snapshot->yes, snapshot->no);
      auto& book = books[std::string(snapshot->ticker)];
      if (frame->envelope.id && snapshot->ticker != "KXETHD-26NOV2217-T3749.99") {
        EXPECT_EQ(book, fresh) << graded.n << ": a resync snapshot equals the book";
        ++resynced;
      }
      book = fresh;
    }
  }
  EXPECT_EQ(resynced, 4);
}

TEST_F(WsFramesTest, FrameElevenFallsBackToTheSendingTime) {
  const auto frames = graded_frames();
  const auto frame = decode(frames.at(10).frame);
  ASSERT_TRUE(frame);
  EXPECT_EQ(std::get<OrderbookDelta>(frame->message).time.at, micros_from_ms(1'795'356'002'310));
}

}  // namespace
}  // namespace kd
