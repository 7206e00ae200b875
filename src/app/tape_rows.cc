#include "app/tape_rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <span>

#include "base/json_quote.h"

namespace kd {
namespace {

using Kind = TapeColumn::Kind;

std::string uuid_text(const Uuid& uuid) {
  std::string out;
  for (std::size_t i = 0; i < uuid.bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += fmt::format("{:02x}", static_cast<unsigned>(static_cast<unsigned char>(uuid.bytes[i])));
  }
  return out;
}

std::string levels_text(std::span<const Level> levels) {
  std::vector<std::int64_t> numbers;
  for (const auto& level : levels) {
    numbers.push_back(level.price.raw());
    numbers.push_back(level.size.hundredths());
  }
  return fmt::format("[{}]", fmt::join(numbers, ","));
}

// Adds columns to a row, each value with the unit of its table.
class Columns {
 public:
  explicit Columns(TapeRow& row) : row_(row) {}

  void text(std::string_view name, std::string_view value) {
    add(name, std::string(value), Kind::kText);
  }
  void bare(std::string_view name, std::string value) { add(name, std::move(value), Kind::kBare); }
  void json(std::string_view name, std::string value) { add(name, std::move(value), Kind::kJson); }
  void flag(std::string_view name, bool value) { bare(name, value ? "true" : "false"); }
  void number(std::string_view name, std::int64_t value) { bare(name, std::to_string(value)); }
  void number(std::string_view name, const std::optional<std::int64_t>& value) {
    value ? number(name, *value) : add(name, {}, Kind::kNull);
  }
  void time(std::string_view name, Micros at) { number(name, to_us(at)); }
  void time(std::string_view name, const std::optional<Micros>& at) {
    at ? time(name, *at) : add(name, {}, Kind::kNull);
  }
  void time(const ExchangeTime& at) {
    time("exchange_ts", at.at);
    time("exchange_us", at.finer);
  }
  void price(std::string_view name, const std::optional<Price>& price) {
    price ? number(name, price->raw()) : add(name, {}, Kind::kNull);
  }
  void size(std::string_view name, const std::optional<Size>& size) {
    size ? number(name, size->hundredths()) : add(name, {}, Kind::kNull);
  }
  void origin(const TapeRecord& record, const Envelope& envelope) {
    time("received_at", record.wall);
    number("connection", record.connection);
    number("sid", envelope.sid);
    number("seq", envelope.seq);
    time("sending_ts", envelope.sending);
  }

 private:
  void add(std::string_view name, std::string value, Kind kind) {
    row_.columns.push_back({.name = name, .value = std::move(value), .kind = kind});
  }
  TapeRow& row_;
};

// One overload per kind of message; false: it is no row.
class RowMaker {
 public:
  RowMaker(TapeRow& row, const Frame& frame, const TapeRecord& record)
      : row_(row), columns_(row), frame_(frame), record_(record) {}

  void operator()(const OrderbookDelta& delta) {
    begin(Table::kOrderbookDeltas);
    columns_.time(delta.time);
    columns_.text("ticker", delta.ticker);
    columns_.flag("side", is_yes(delta.side));
    columns_.price("price", delta.price);
    columns_.size("size_delta", delta.change);
  }
  void operator()(const OrderbookSnapshot& snapshot) {
    begin(Table::kOrderbookSnapshots);
    columns_.time("snapshot_ts", frame_.envelope.sending.value_or(record_.wall));
    columns_.text("ticker", snapshot.ticker);
    columns_.json("yes_bids", levels_text(snapshot.yes));
    columns_.json("no_bids", levels_text(snapshot.no));
  }
  void operator()(const Trade& trade) {
    begin(Table::kTrades);
    columns_.text("trade_id", uuid_text(trade.trade_id));
    columns_.time(trade.time);
    columns_.text("ticker", trade.ticker);
    columns_.price("price", trade.yes_price);
    columns_.size("size", trade.size);
    columns_.flag("taker_side", is_yes(trade.taker_side));
    if (trade.is_block) columns_.flag("is_block", *trade.is_block);
    if (!trade.is_block) columns_.number("is_block", std::optional<std::int64_t>());
  }
  void operator()(const TickerUpdate& ticker) {
    begin(Table::kTickers);
    columns_.time(ticker.time);
    columns_.text("ticker", ticker.ticker);
    columns_.price("yes_bid", ticker.yes_bid);
    columns_.price("yes_ask", ticker.yes_ask);
    columns_.price("last_price", ticker.last_price);
    columns_.size("volume", ticker.volume);
    columns_.size("open_interest", ticker.open_interest);
    columns_.number("dollar_volume", ticker.dollar_volume);
    columns_.number("dollar_open_interest", ticker.dollar_open_interest);
    columns_.size("yes_bid_size", ticker.yes_bid_size);
    columns_.size("yes_ask_size", ticker.yes_ask_size);
    columns_.size("last_trade_size", ticker.last_trade_size);
  }
  void operator()(const LifecycleEvent& event) {
    begin(Table::kLifecycleEvents);
    columns_.text("ticker", event.ticker);
    columns_.text("event_type", event.event_type);
    columns_.json("payload", std::string(event.payload));
  }
  void operator()(const UnknownMessage& unknown) {
    row_ = quarantine_row("unknown type '" + std::string(unknown.type) + "'", record_);
  }
  template <typename Answer>
  void operator()(const Answer&) {}

 private:
  void begin(Table table) {
    row_.table = table;
    columns_.origin(record_, frame_.envelope);
  }

  TapeRow& row_;
  Columns columns_;
  const Frame& frame_;
  const TapeRecord& record_;
};

std::string csv_quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string json_value(const TapeColumn& column) {
  if (column.kind == Kind::kNull) return "null";
  return column.kind == Kind::kText ? json_quote(column.value) : column.value;
}

std::string csv_value(const TapeColumn& column) {
  if (column.kind == Kind::kNull) return "";
  return column.kind == Kind::kBare ? column.value : csv_quote(column.value);
}

}  // namespace

TapeRow row_of(const Frame& frame, const TapeRecord& record) {
  TapeRow row;
  std::visit(RowMaker(row, frame, record), frame.message);
  return row;
}

TapeRow quarantine_row(std::string_view reason, const TapeRecord& record) {
  TapeRow row{.table = Table::kQuarantine, .columns = {}};
  Columns columns(row);
  columns.time("received_at", record.wall);
  columns.number("connection", record.connection);
  columns.text("reason", reason);
  columns.text("frame", record.text);
  return row;
}

std::string as_json(const TapeRow& row) {
  std::string out = fmt::format(R"({{"table":"{}")", name_of(row.table));
  for (const auto& column : row.columns) {
    out += fmt::format(",\"{}\":{}", column.name, json_value(column));
  }
  return out + '}';
}

std::string csv_header(const TapeRow& row) {
  std::string out;
  for (const auto& column : row.columns) {
    if (!out.empty()) out += ',';
    out += column.name;
  }
  return out;
}

std::string as_csv(const TapeRow& row) {
  std::string out;
  for (const auto& column : row.columns) {
    if (&column != &row.columns.front()) out += ',';
    out += csv_value(column);
  }
  return out;
}

}  // namespace kd
