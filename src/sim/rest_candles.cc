#include <algorithm>

#include "sim/json_text.h"
#include "sim/rest_page.h"
#include "sim/timestamps.h"

namespace kd::sim {

namespace {

constexpr std::size_t kMaxTickers = 100;
constexpr std::size_t kMaxBatchCandles = 10'000;
constexpr std::size_t kMaxEventCandles = 5'000;

// What a candlestick request asks for. Minutes since the epoch.
struct Span {
  std::int64_t first_minute = 0, last_minute = 0;
  std::int64_t period = 1;  // minutes
  bool with_before = false;
};

Expected<Span> read_span(const RestCall& call) {
  bool bad = false;
  const auto start = call.query.number("start_ts", bad);
  const auto end = call.query.number("end_ts", bad);
  const auto period = call.query.number("period_interval", bad);
  const bool before = call.query.flag("include_latest_before_start", bad);
  if (bad || !start || !end || !period || *end < *start) {
    return fail(Remedy::kDropItem, "start_ts, end_ts and period_interval are needed");
  }
  if (*period != 1 && *period != 60 && *period != 1440) {
    return fail(Remedy::kDropItem, "period_interval is 1, 60 or 1440");
  }
  // A candle belongs to the span when its end does.
  const std::int64_t first = (*start + *period * 60 - 1) / (*period * 60) * *period - *period;
  return Span{first, *end / (*period * 60) * *period - 1, *period, before};
}

std::int64_t period_of(const Candle& candle, const Span& span) {
  return candle.minute / span.period;
}

void merge(Candle& into, const Candle& later) {
  into.yes_bid.add(later.yes_bid);
  into.yes_ask.add(later.yes_ask);
  if (later.volume > 0) {
    if (into.volume == 0) into.price = later.price;
    into.price.add(later.price);
  }
  into.price_times_size += later.price_times_size;
  into.volume += later.volume;
  into.open_interest = later.open_interest;
}

std::vector<Candle> candles_of(const RestCall& call, MarketIndex market, const Span& span,
                               Candle& before) {
  std::vector<Candle> merged;
  for (const Candle& candle :
       call.world.candles(market, span.first_minute, span.last_minute, &before)) {
    const bool same = !merged.empty() && period_of(merged.back(), span) == period_of(candle, span);
    same ? merge(merged.back(), candle) : merged.push_back(candle);
  }
  return merged;
}

// The live tier's names end in _dollars and _fp; the historical tier's do not.
class CandleWriter {
 public:
  CandleWriter(std::string& out, Tier tier, const Span& span)
      : out_(out), old_(tier == Tier::kHistorical), span_(span) {}

  void write(const Candle& candle, std::int32_t previous) {
    if (out_.back() != '[') out_.push_back(',');
    JsonObject object(out_);
    object.number("end_period_ts", (period_of(candle, span_) + 1) * span_.period * 60);
    prices(object.key("yes_bid"), candle.yes_bid);
    prices(object.key("yes_ask"), candle.yes_ask);
    trades(object.key("price"), candle, previous);
    object.count(old_ ? "volume" : "volume_fp", candle.volume);
    object.count(old_ ? "open_interest" : "open_interest_fp", candle.open_interest);
    object.close();
  }

 private:
  std::string name(std::string_view what) const {
    return std::string(what) + (old_ ? "" : "_dollars");
  }
  void four(JsonObject& object, const Ohlc& of) const {
    object.price(name("open"), of.open).price(name("low"), of.low);
    object.price(name("high"), of.high).price(name("close"), of.close);
  }
  void prices(std::string& out, const Ohlc& of) const {
    JsonObject object(out);
    four(object, of);
    object.close();
  }
  // Null where nothing was traded.
  void trades(std::string& out, const Candle& candle, std::int32_t previous) const {
    JsonObject object(out);
    if (candle.volume > 0) {
      four(object, candle.price);
      object.price(name("mean"),
                   static_cast<std::int32_t>(candle.price_times_size / candle.volume));
    } else {
      for (const char* what : {"open", "low", "high", "close", "mean"}) object.null(name(what));
    }
    previous > 0 ? object.price(name("previous"), previous) : object.null(name("previous"));
    object.close();
  }

  std::string& out_;
  const bool old_;
  const Span& span_;
};

// Appends the list and returns how many it holds.
std::size_t append_candles(std::string& out, const RestCall& call, MarketIndex market, Tier tier,
                           const Span& span) {
  Candle before;
  const auto candles = candles_of(call, market, span, before);
  out.push_back('[');
  CandleWriter writer(out, tier, span);
  std::int32_t previous = before.price.close;
  std::size_t count = candles.size();
  if (span.with_before && tier == Tier::kLive && before.price.close > 0) {
    Candle synthetic;
    synthetic.minute = span.first_minute - 1;
    synthetic.yes_bid = Ohlc::of(before.yes_bid.close);
    synthetic.yes_ask = Ohlc::of(before.yes_ask.close);
    synthetic.open_interest = before.open_interest;
    writer.write(synthetic, previous);
    ++count;
  }
  for (const Candle& candle : candles) {
    writer.write(candle, previous);
    previous = candle.price.close;
  }
  out.push_back(']');
  return count;
}

HttpResponse too_many(std::size_t most) {
  return bad_request(fmt::format("more than {} candlesticks; ask for less", most));
}

}  // namespace

HttpResponse market_candles(const RestCall& call, MarketIndex market, Tier tier) {
  const auto span = read_span(call);
  if (!span) return bad_request(span.error().what);
  std::string out;
  JsonObject object(out);
  object.text("ticker", call.world.market(market).ticker);
  append_candles(object.key("candlesticks"), call, market, tier, *span);
  object.close();
  return {200, "application/json", std::move(out), {}};
}

HttpResponse batch_candles(const RestCall& call) {
  const auto span = read_span(call);
  if (!span) return bad_request(span.error().what);
  const auto tickers = call.query.list("market_tickers");
  if (tickers.empty() || tickers.size() > kMaxTickers) {
    return bad_request("market_tickers holds 1 to 100 tickers");
  }
  std::string out = "{\"markets\":[";
  std::size_t count = 0;
  for (const std::string& ticker : tickers) {
    const auto at = call.world.find_market(ticker);
    if (!at || call.tier_of(call.world.market(*at)) != Tier::kLive) continue;
    if (out.back() != '[') out.push_back(',');
    JsonObject object(out);
    object.text("market_ticker", ticker);
    count += append_candles(object.key("candlesticks"), call, *at, Tier::kLive, *span);
    object.close();
  }
  if (count > kMaxBatchCandles) return too_many(kMaxBatchCandles);
  out += "]}";
  return {200, "application/json", std::move(out), {}};
}

HttpResponse event_candles(const RestCall& call, const Event& event) {
  const auto span = read_span(call);
  if (!span) return bad_request(span.error().what);
  std::string tickers = "[", lists = "[";
  std::size_t count = 0;
  for (const MarketIndex at : event.markets) {
    if (call.tier_of(call.world.market(at)) != Tier::kLive) continue;
    if (tickers.back() != '[') {
      tickers.push_back(',');
      lists.push_back(',');
    }
    append_json_string(tickers, call.world.market(at).ticker);
    count += append_candles(lists, call, at, Tier::kLive, *span);
  }
  if (count > kMaxEventCandles) return too_many(kMaxEventCandles);
  std::string out;
  JsonObject object(out);
  object.raw("market_tickers", tickers + "]").raw("market_candlesticks", lists + "]");
  object.number("adjusted_end_ts", (span->last_minute + 1) * 60).close();
  return {200, "application/json", std::move(out), {}};
}

}  // namespace kd::sim
