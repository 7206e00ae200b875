#include "sim/recorder.h"

#include <fmt/format.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <set>
#include <system_error>

#include "sim/catalog_json.h"
#include "sim/gzip_lines.h"
#include "sim/json_text.h"
#include "sim/subscriptions.h"
#include "sim/timestamps.h"

namespace kd::sim {

namespace {

constexpr std::size_t kMarketBytes = 256 << 10;  // a member of this size compresses well
constexpr std::size_t kTotalBytes = 16 << 20;

struct Wire {
  std::string_view type;
  int channel;
};

Wire wire_of(const FeedEvent& event) {
  switch (event.kind) {
    case FeedKind::kDelta:
      return {"orderbook_delta", 0};
    case FeedKind::kSnapshot:
      return {"orderbook_snapshot", 0};
    case FeedKind::kTrade:
      return {"trade", 1};
    case FeedKind::kTicker:
      return {"ticker", 2};
    case FeedKind::kLifecycle:
      break;
  }
  return {event.wire_type, is_combo_ticker(event.subject) ? 4 : 3};
}

std::string event_document(const World& world, const Event& event, std::int64_t now_ms) {
  std::string out;
  JsonObject object(out);
  object.number("fetched_at_ms", now_ms);
  JsonObject response(object.key("response"));
  append_event(response.key("event"), world, event, now_ms, {});
  std::string& list = response.key("markets");
  list.push_back('[');
  for (const MarketIndex market : event.markets) {
    if (list.back() != '[') list.push_back(',');
    append_market(list, world, world.market(market), now_ms);
  }
  list.push_back(']');
  response.close();
  object.number("status", 200);
  object.close();
  out.push_back('\n');
  return out;
}

}  // namespace

Expected<std::unique_ptr<Recorder>> Recorder::create(const std::string& dir) {
  std::error_code error;
  if (std::filesystem::exists(dir + "/events", error)) {
    return fail(Remedy::kGiveUp,
                fmt::format("{} holds a recording already; name an empty folder", dir));
  }
  for (const char* folder : {"/events", "/metadata"}) {
    std::filesystem::create_directories(dir + folder, error);
    if (error) return fail(Remedy::kGiveUp, fmt::format("{}{}: {}", dir, folder, error.message()));
  }
  return std::unique_ptr<Recorder>(new Recorder(dir));
}

void Recorder::record(const FeedEvent& event, const World& world) {
  const std::string& folder =
      event.market == kNoMarket ? event.subject : world.market(event.market).ticker;
  if (event.kind == FeedKind::kDelta) start_market(world.market(event.market), event);
  if (event.kind == FeedKind::kSnapshot) markets_[event.market].started = true;
  const Wire wire = wire_of(event);
  write_line(folder, wire.type, wire.channel, event.sending_ms, event.msg);
  if (pending_bytes_ > kTotalBytes) flush_all();
}

void Recorder::start_market(const Market& market, const FeedEvent& event) {
  MarketState& state = markets_[event.market];
  if (state.started) return;
  state.started = true;
  std::string msg;
  append_snapshot_msg(msg, market, market.book, false);
  write_line(market.ticker, "orderbook_snapshot", 0, event.sending_ms, msg);
}

void Recorder::write_line(std::string_view folder, std::string_view type, int channel,
                          std::int64_t sending_ms, std::string_view msg) {
  auto at = pending_.find(folder);
  if (at == pending_.end()) at = pending_.emplace(folder, Pending{}).first;
  Pending& pending = at->second;
  const std::string date = rfc3339_from_ms(sending_ms).substr(0, 10);
  const std::string path = fmt::format("{}/events/{}/{}.ndjson.gz", dir_, folder, date);
  if (path != pending.path) {
    flush(pending);
    pending.path = path;
  }
  const std::size_t before = pending.lines.size();
  JsonObject line(pending.lines);
  line.number("recv_ms", sending_ms);
  JsonObject frame(line.key("event"));
  frame.text("type", type).number("sid", channel + 1);
  if (type != "ticker") frame.number("seq", static_cast<std::int64_t>(++seq_[channel]));
  frame.number("sending_ts_ms", sending_ms).raw("msg", msg);
  frame.close();
  line.close();
  pending.lines.push_back('\n');
  pending_bytes_ += pending.lines.size() - before;
  if (pending.lines.size() > kMarketBytes) flush(pending);
}

void Recorder::flush(Pending& pending) {
  if (pending.lines.empty()) return;
  std::error_code ignored;
  std::filesystem::create_directory(std::filesystem::path(pending.path).parent_path(), ignored);
  if (auto written = append_gzip_member(pending.path, pending.lines); !written && !failure_) {
    failure_ = written.error();
  }
  pending_bytes_ -= pending.lines.size();
  pending.lines.clear();
}

void Recorder::flush_all() {
  for (auto& [folder, pending] : pending_) flush(pending);
}

Expected<void> Recorder::finish(const World& world, std::int64_t now_ms) {
  flush_all();
  if (failure_) return tl::unexpected(*failure_);
  std::set<EventIndex> events;
  for (const auto& [folder, _] : pending_) {
    if (const auto market = world.find_market(folder)) events.insert(world.market(*market).event);
  }
  for (const EventIndex at : events) {
    const Event& event = world.event(at);
    const std::string path = fmt::format("{}/metadata/{}.json", dir_, event.ticker);
    std::ofstream file(path, std::ios::binary);
    file << event_document(world, event, now_ms);
    if (!file.flush()) {
      return fail(Remedy::kGiveUp,
                  fmt::format("{}: {}", path, std::generic_category().message(errno)));
    }
  }
  return {};
}

}  // namespace kd::sim
