#include "sim/truth_log.h"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

#include "sim/numbers.h"

namespace kd::sim {

namespace {

// Appends the fields of one line.
class Line {
 public:
  Line(std::string& out, char kind) : out_(out) { out_.assign(1, kind); }

  Line& text(std::string_view value) {
    out_.push_back('\t');
    out_.append(value);
    return *this;
  }
  Line& number(std::int64_t value) {
    out_.push_back('\t');
    append_int(out_, value);
    return *this;
  }
  Line& clients(ClientMask mask) {
    out_.push_back('\t');
    char digits[16];
    int count = 0;
    do digits[count++] = "0123456789abcdef"[mask & 0xf];
    while ((mask >>= 4) != 0);
    while (count > 0) out_.push_back(digits[--count]);
    return *this;
  }

 private:
  std::string& out_;
};

void append_content(std::string& out, char before, const TickerState& state) {
  const std::int64_t numbers[] = {
      state.yes_bid,       state.yes_ask,        state.last_price,           state.volume,
      state.open_interest, state.dollar_volume,  state.dollar_open_interest, state.yes_bid_size,
      state.yes_ask_size,  state.last_trade_size};
  for (const std::int64_t number : numbers) {
    out.push_back(before);
    append_int(out, number);
    before = ',';
  }
}

// What a consumer takes for the exchange's time of a frame that has none.
std::int64_t stamp_of(const FeedEvent& event) {
  return event.ts_ms == kNoTime ? event.sending_ms : event.ts_ms;
}

}  // namespace

Expected<std::unique_ptr<TruthLog>> TruthLog::create(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr) {
    return fail(Remedy::kGiveUp,
                fmt::format("truth file {}: {}", path, std::generic_category().message(errno)));
  }
  std::setvbuf(file, nullptr, _IOFBF, 1 << 18);
  return std::unique_ptr<TruthLog>(new TruthLog(path, file));
}

void TruthLog::client(int number, std::string_view id) {
  Line(line_, 'C').number(number).text(id);
  flush_line();
}

void TruthLog::sent(const FeedEvent& event, std::string_view ticker_name, ClientMask to) {
  switch (event.kind) {
    case FeedKind::kDelta:
      delta(event, ticker_name, to);
      break;
    case FeedKind::kTrade:
      trade(event, ticker_name, to);
      break;
    case FeedKind::kSnapshot:
      snapshot(event, ticker_name, to);
      break;
    case FeedKind::kTicker:
      ticker(event, ticker_name, to);
      break;
    case FeedKind::kLifecycle:
      lifecycle(event, to);
  }
  flush_line();
}

void TruthLog::answered(std::string_view ticker_name, std::int64_t sending_ms, int client) {
  Line(line_, 'A').number(sending_ms).text(ticker_name).number(client);
  flush_line();
}

void TruthLog::delta(const FeedEvent& event, std::string_view ticker_name, ClientMask to) {
  Line line(line_, 'D');
  line.number(stamp_of(event)).text(ticker_name).text(event.yes ? "yes" : "no");
  last_number_ = occurrences_.next(event);
  line.number(event.price).number(event.size).number(last_number_);
  line.clients(to).number(event.sending_ms);
  if (event.ts_us == kNoTime) {
    line.text("-");
  } else {
    line.number(event.ts_us);
  }
}

void TruthLog::trade(const FeedEvent& event, std::string_view ticker_name, ClientMask to) {
  Line line(line_, 'T');
  line.number(stamp_of(event)).text(ticker_name).text(event.trade_id);
  line.number(event.price).number(event.size).clients(to).number(event.sending_ms);
}

void TruthLog::snapshot(const FeedEvent& event, std::string_view ticker_name, ClientMask to) {
  LastSnapshot& last = last_snapshots_[event.market];
  last.index = last.sending_ms == event.sending_ms ? last.index + 1 : 0;
  last.sending_ms = event.sending_ms;
  last_number_ = last.index;
  Line(line_, 'S').number(event.sending_ms).text(ticker_name).number(last.index).clients(to);
}

void TruthLog::ticker(const FeedEvent& event, std::string_view ticker_name, ClientMask to) {
  Line line(line_, 'K');
  line.number(stamp_of(event)).text(ticker_name);
  append_content(line_, '\t', event.ticker);
  line.clients(to).number(event.sending_ms);
}

void TruthLog::lifecycle(const FeedEvent& event, ClientMask to) {
  Line line(line_, 'L');
  line.number(event.sending_ms).text(event.subject).text(event.lifecycle_type).clients(to);
}

std::string TruthLog::last_detail(const FeedEvent& event) const {
  std::string out;
  switch (event.kind) {
    case FeedKind::kDelta:
      return fmt::format("{},{},{},{}", event.yes ? "yes" : "no", event.price, event.size,
                         last_number_);
    case FeedKind::kTrade:
      return fmt::format("{},{},{}", event.trade_id, event.price, event.size);
    case FeedKind::kSnapshot:
      return std::to_string(last_number_);
    case FeedKind::kTicker:
      append_content(out, ',', event.ticker);
      return out.substr(1);
    case FeedKind::kLifecycle:
      break;
  }
  return event.lifecycle_type;
}

void TruthLog::withheld(const Loss& loss) {
  constexpr std::string_view kKinds[] = {"D", "T", "S", "K", "L"};
  constexpr std::string_view kStates[] = {"unsent", "lost", "maybe"};
  Line line(line_, 'W');
  line.number(loss.sending_ms);
  if (loss.ts_ms == kNoTime) {
    line.text("-");
  } else {
    line.number(loss.ts_ms);
  }
  line.text(loss.ticker).text(kKinds[static_cast<std::size_t>(loss.kind)]).number(loss.client);
  line.text(loss.by).text(kStates[static_cast<std::size_t>(loss.state)]);
  line.clients(loss.sure).clients(loss.maybe).text(loss.detail);
  flush_line();
}

void TruthLog::flush_line() {
  line_.push_back('\n');
  std::fwrite(line_.data(), 1, line_.size(), file_.get());
}

void TruthLog::flush() { std::fflush(file_.get()); }

Expected<void> TruthLog::finish() {
  std::fputs("E\n", file_.get());
  if (std::fflush(file_.get()) == 0 && std::ferror(file_.get()) == 0) return {};
  return fail(Remedy::kGiveUp,
              fmt::format("truth file {}: {}", path_, std::generic_category().message(errno)));
}

}  // namespace kd::sim
