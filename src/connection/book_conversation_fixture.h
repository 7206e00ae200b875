#pragma once

#include <gmock/gmock.h>

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "connection/book_conversation.h"
#include "connection/conversation_test_support.h"

namespace kd {

// A book connection with virtual time and without a socket.
class BookConversationTest : public testing::Test {
 protected:
  using Id = Interner::Id;

  BookConversationTest() {
    for (int i = 0; i < 1'000; ++i) tickers_.intern("M" + std::to_string(i));
    hooks_.on_stream_ended = [this](std::int32_t, std::int64_t sid, Micros, std::string_view) {
      ended_.push_back(sid);
    };
    hooks_.on_joined = [this](std::int32_t, std::int64_t, Micros, SessionHooks::Markets markets) {
      joined_ += markets.size();
    };
    hooks_.on_left = [this](std::int32_t, std::int64_t, Micros, SessionHooks::Markets markets) {
      left_ = copy(markets);
    };
    hooks_.without_base = [this](std::int32_t, std::int64_t, SessionHooks::Markets markets) {
      std::vector<Id> without;
      for (const auto market : markets) {
        if (without_.contains(market)) without.push_back(market);
      }
      return without;
    };
    hooks_.on_healed = [this](std::int32_t, std::int64_t, Micros, SessionHooks::Markets markets) {
      healed_ += markets.size();
    };
    hooks_.on_unanswered = [this](std::int32_t, std::int64_t, Micros,
                                  SessionHooks::Markets markets) { silent_ = copy(markets); };
    links_.on_full = [this](std::int32_t, std::size_t limit, BookLinks::Markets excess) {
      limit_ = limit;
      excess_ += excess.size();
    };
    links_.on_based = [this](std::int32_t, Id market) { based_.push_back(market); };
    links_.on_bases_lost = [this](std::int32_t) { ++bases_lost_; };
    links_.on_overflow = [this](std::int32_t) { ++overflows_; };
    talk_.opened(now_);
  }

  void want(Id from, Id to) {
    std::vector<Id> markets;
    for (auto market = from; market < to; ++market) markets.push_back(market);
    talk_.want(markets);
  }
  // All that it says now.
  std::vector<std::string> say() {
    std::vector<std::string> texts;
    while (auto text = talk_.next_text(now_)) texts.push_back(*std::move(text));
    return texts;
  }
  void tell(const ControlEvent& what) { talk_.on_event(what, now_); }
  void snapshot(Id market, std::int64_t sid = 1) {
    auto what = event(ControlEvent::Kind::kSnapshot, {}, sid);
    what.text = tickers_.name(market);
    tell(what);
  }
  // Holds markets 0 to `count` under sid 1, all with their snapshots.
  void hold(Id count) {
    want(0, count);
    tell(event(ControlEvent::Kind::kSubscribed, id_of(say().at(0)), 1));
    for (const auto& text : say()) tell(event(ControlEvent::Kind::kOk, id_of(text), 1));
    for (Id market = 0; market < count; ++market) snapshot(market);
  }
  void pass(std::chrono::seconds time, bool heard) {
    for (auto left = time; left > std::chrono::seconds(0); left -= std::chrono::seconds(1)) {
      now_.steady += std::chrono::seconds(1);
      if (heard) heard_ = now_.steady;
      talk_.tick(now_, heard_);
    }
  }

  static std::vector<Id> copy(SessionHooks::Markets markets) {
    return {markets.begin(), markets.end()};
  }

  Interner tickers_;
  SnapshotBudget budget_{400};
  BookLinks links_;
  SessionHooks hooks_;
  MetricsRegistry registry_;
  SessionMetrics metrics_{registry_, Role::kOrderbook};
  Moment now_{.steady = std::chrono::steady_clock::time_point{} + std::chrono::hours(1),
              .wall = micros_from_ms(1)};
  std::chrono::steady_clock::time_point heard_ = now_.steady;
  BookConversation talk_{{.connection = 6,
                          .subscriptions = {},
                          .resync = {},
                          .silence = {},
                          .first_look = std::chrono::seconds(5),
                          .self_checks_per_minute = 0},
                         {tickers_, budget_, links_},
                         hooks_,
                         metrics_,
                         no_log()};
  std::vector<std::int64_t> ended_;
  std::set<Id> without_;
  std::size_t joined_ = 0;
  std::size_t healed_ = 0;
  std::vector<Id> left_;
  std::vector<Id> silent_;
  std::vector<Id> based_;
  std::optional<std::size_t> limit_;
  std::size_t excess_ = 0;
  int bases_lost_ = 0;
  int overflows_ = 0;
};

}  // namespace kd
