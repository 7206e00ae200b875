#include "sim/frame_reader.h"

#include <array>

#include "sim/json_reading.h"
#include "sim/json_text.h"
#include "sim/timestamps.h"

namespace kd::sim {

namespace json = boost::json;

namespace {

std::optional<FeedKind> kind_of(std::string_view type) {
  if (type == "orderbook_delta") return FeedKind::kDelta;
  if (type == "trade") return FeedKind::kTrade;
  if (type == "orderbook_snapshot") return FeedKind::kSnapshot;
  if (type == "ticker") return FeedKind::kTicker;
  if (type == "market_lifecycle_v2" || type == "multivariate_market_lifecycle" ||
      type == "event_lifecycle" || type == "event_fee_update") {
    return FeedKind::kLifecycle;
  }
  return std::nullopt;
}

tl::unexpected<Error> odd(std::string_view field) {
  return fail(Remedy::kDropItem, "no usable " + std::string(field));
}

// Writes msg with its stamps mapped.
class MessageWriter {
 public:
  MessageWriter(const TimeMap& times, FeedEvent& event) : times_(times), event_(event) {}

  void write(const json::object& msg) {
    exact_ms_ = int_member(msg, "ts_ms");
    append(msg);
  }

 private:
  void append(const json::object& object) {
    std::string& out = event_.msg;
    out.push_back('{');
    bool first = true;
    for (const auto& [name, value] : object) {
      if (!first) out.push_back(',');
      first = false;
      const std::string_view key = view_of(name);
      append_json_string(out, key);
      out.push_back(':');
      append_member(key, value);
    }
    out.push_back('}');
  }

  void append_member(std::string_view key, const json::value& value) {
    std::string& out = event_.msg;
    if (key == "price_dollars") event_.price_at = out.size() + 1;
    if (value.is_int64()) {
      append_int(out, mapped(key, value.get_int64()));
    } else if (value.is_string() && (key == "ts" || key == "time")) {
      append_stamp(view_of(value.get_string()));
    } else if (value.is_object() && event_.kind == FeedKind::kLifecycle) {
      append(value.get_object());
    } else {
      append_json(out, value);
    }
  }

  std::int64_t mapped(std::string_view key, std::int64_t value) const {
    if (key == "ts_ms") return times_.ms(value);
    if (key == "ts") {
      return exact_ms_ ? floor_div(times_.ms(*exact_ms_), 1000) : times_.seconds(value);
    }
    const bool seconds =
        event_.kind == FeedKind::kLifecycle && (key.ends_with("_ts") || key == "strike_date");
    return seconds ? times_.seconds(value) : value;
  }

  void append_stamp(std::string_view text) {
    const auto us = parse_rfc3339(text);
    if (!us) return append_json_string(event_.msg, text);
    event_.msg.push_back('"');
    append_rfc3339(event_.msg, times_.us(*us));
    event_.msg.push_back('"');
  }

  const TimeMap& times_;
  FeedEvent& event_;
  std::optional<std::int64_t> exact_ms_;
};

void read_times(const json::object& msg, const TimeMap& times, FeedEvent& out) {
  if (const auto ms = int_member(msg, "ts_ms")) out.ts_ms = times.ms(*ms);
  const auto text = text_member(msg, "ts");
  if (const auto us = text ? parse_rfc3339(*text) : std::nullopt) {
    const std::int64_t mapped = times.us(*us);
    if (mapped % 1000 != 0) out.ts_us = mapped;
    if (out.ts_ms == kNoTime) out.ts_ms = floor_div(mapped, 1000);
  } else if (const auto seconds = int_member(msg, "ts"); seconds && out.ts_ms == kNoTime) {
    out.ts_ms = times.seconds(*seconds) * 1000;
  }
}

template <typename T, typename Parse>
bool read_number(const json::object& msg, std::string_view key, T& into, Parse parse) {
  const auto text = text_member(msg, key);
  const auto value = text ? parse(*text) : std::nullopt;
  if (value) into = *value;
  return value.has_value();
}

bool read_side(const json::object& msg, std::string_view key, bool& yes) {
  const auto side = text_member(msg, key);
  yes = side == "yes";
  return yes || side == "no";
}

Expected<void> read_delta(const json::object& msg, FeedEvent& out) {
  if (!read_number(msg, "price_dollars", out.price, parse_price)) return odd("price_dollars");
  if (!read_number(msg, "delta_fp", out.size, parse_count)) return odd("delta_fp");
  if (!read_side(msg, "side", out.yes)) return odd("side");
  return {};
}

Expected<void> read_trade(const json::object& msg, FeedEvent& out) {
  const auto id = text_member(msg, "trade_id");
  if (!id) return odd("trade_id");
  out.trade_id = *id;
  if (!read_number(msg, "yes_price_dollars", out.price, parse_price)) {
    return odd("yes_price_dollars");
  }
  if (!read_number(msg, "count_fp", out.size, parse_count)) return odd("count_fp");
  if (!read_side(msg, "taker_outcome_side", out.yes) && !read_side(msg, "taker_side", out.yes)) {
    return odd("taker_outcome_side");
  }
  out.block = bool_member(msg, "is_block_trade").value_or(false);
  return {};
}

bool read_levels(const json::object& msg, std::string_view key, std::vector<Level>& levels) {
  levels.clear();
  const auto* list = array_member(msg, key);
  if (list == nullptr) return !msg.contains({key.data(), key.size()});
  for (const json::value& item : *list) {
    const auto* pair = item.if_array();
    if (pair == nullptr || pair->size() != 2 || !(*pair)[0].is_string() ||
        !(*pair)[1].is_string()) {
      return false;
    }
    const auto price = parse_price(view_of((*pair)[0].get_string()));
    const auto size = parse_count(view_of((*pair)[1].get_string()));
    if (!price || !size) return false;
    levels.push_back({*price, *size});
  }
  return true;
}

Expected<void> read_snapshot(const json::object& msg, FeedEvent& out) {
  if (!read_levels(msg, "yes_dollars_fp", out.yes_levels)) return odd("yes_dollars_fp");
  if (!read_levels(msg, "no_dollars_fp", out.no_levels)) return odd("no_dollars_fp");
  return {};
}

// Captures of 2025 have an empty price for markets that never traded.
std::optional<std::int32_t> price_or_empty(std::string_view text) {
  return text.empty() ? std::optional(0) : parse_price(text);
}

Expected<void> read_ticker(const json::object& msg, FeedEvent& out) {
  TickerState& state = out.ticker;
  state = {};
  const std::pair<std::string_view, std::int32_t*> prices[] = {{"price_dollars", &state.last_price},
                                                               {"yes_bid_dollars", &state.yes_bid},
                                                               {"yes_ask_dollars", &state.yes_ask}};
  for (const auto& [key, into] : prices) {
    if (!read_number(msg, key, *into, price_or_empty)) return odd(key);
  }
  const std::pair<std::string_view, std::int64_t*> counts[] = {
      {"volume_fp", &state.volume},
      {"open_interest_fp", &state.open_interest},
      {"yes_bid_size_fp", &state.yes_bid_size},
      {"yes_ask_size_fp", &state.yes_ask_size},
      {"last_trade_size_fp", &state.last_trade_size}};
  for (const auto& [key, into] : counts) read_number(msg, key, *into, parse_count);
  state.dollar_volume = int_member(msg, "dollar_volume").value_or(0);
  state.dollar_open_interest = int_member(msg, "dollar_open_interest").value_or(0);
  return {};
}

Expected<void> read_lifecycle(const FrameReader::Line& line, FeedEvent& out) {
  out.wire_type = line.type;
  out.lifecycle_type = line.lifecycle_type.empty() ? line.type : line.lifecycle_type;
  out.subject = line.market_ticker.empty() ? line.event_ticker : line.market_ticker;
  if (out.subject.empty()) return odd("market_ticker");
  return {};
}

}  // namespace

struct FrameReader::Impl {
  // A parser that is given memory to reuse allocates nothing for an ordinary frame.
  std::array<unsigned char, 64 << 10> values;
  json::monotonic_resource memory{values.data(), values.size()};
  std::optional<json::value> document;
  const json::object* msg = nullptr;
  Line line{};

  Expected<void> parse(std::string_view text);
  Line open(std::int64_t recv_ms, const json::object& frame);
};

Expected<void> FrameReader::Impl::parse(std::string_view text) {
  document.reset();
  memory.release();
  msg = nullptr;
  json::error_code error;
  document.emplace(json::parse({text.data(), text.size()}, error, &memory));
  if (error) return fail(Remedy::kDropItem, "not JSON: " + error.message());
  return {};
}

FrameReader::Line FrameReader::Impl::open(std::int64_t recv_ms, const json::object& frame) {
  line = {recv_ms, std::nullopt, text_member(frame, "type").value_or(""), {}, {}, {}, {}};
  msg = object_member(frame, "msg");
  if (msg == nullptr) return line;
  line.kind = kind_of(line.type);
  line.market_ticker = text_member(*msg, "market_ticker").value_or("");
  line.market_id = text_member(*msg, "market_id").value_or("");
  line.event_ticker = text_member(*msg, "event_ticker").value_or("");
  line.lifecycle_type = text_member(*msg, "event_type").value_or("");
  return line;
}

FrameReader::FrameReader() : impl_(std::make_unique<Impl>()) {}
FrameReader::~FrameReader() = default;

Expected<FrameReader::Line> FrameReader::read(std::string_view text) {
  KD_DO(impl_->parse(text));
  const auto* object = impl_->document->if_object();
  const auto recv_ms = object == nullptr ? std::nullopt : int_member(*object, "recv_ms");
  const auto* frame = object == nullptr ? nullptr : object_member(*object, "event");
  if (!recv_ms) return fail(Remedy::kDropItem, "no integer recv_ms");
  if (frame == nullptr) return fail(Remedy::kDropItem, "no object event");
  return impl_->open(*recv_ms, *frame);
}

Expected<FrameReader::Line> FrameReader::read_frame(std::int64_t recv_ms, std::string_view text) {
  KD_DO(impl_->parse(text));
  const auto* frame = impl_->document->if_object();
  if (frame == nullptr) return fail(Remedy::kDropItem, "no object");
  return impl_->open(recv_ms, *frame);
}

std::uint64_t FrameReader::digest() const {
  std::string text(impl_->line.type);
  if (impl_->msg != nullptr) {
    for (const auto& [key, value] : *impl_->msg) {
      text.append(view_of(key)).push_back(':');
      append_json(text, value);
    }
  }
  return std::hash<std::string>()(text);
}

Expected<void> FrameReader::convert(const TimeMap& times, MarketIndex market,
                                    FeedEvent& out) const {
  const Line& line = impl_->line;
  if (!line.kind) return fail(Remedy::kDropItem, "unknown type '" + std::string(line.type) + "'");
  if (market == kNoMarket && *line.kind != FeedKind::kLifecycle) return odd("market_ticker");
  out.restart(*line.kind, market);
  const json::object& msg = *impl_->msg;
  read_times(msg, times, out);
  Expected<void> read;
  switch (out.kind) {
    case FeedKind::kDelta:
      read = read_delta(msg, out);
      break;
    case FeedKind::kTrade:
      read = read_trade(msg, out);
      break;
    case FeedKind::kSnapshot:
      read = read_snapshot(msg, out);
      break;
    case FeedKind::kTicker:
      read = read_ticker(msg, out);
      break;
    case FeedKind::kLifecycle:
      read = read_lifecycle(line, out);
  }
  if (read) MessageWriter(times, out).write(msg);
  return read;
}

}  // namespace kd::sim
