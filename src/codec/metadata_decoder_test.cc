#include "codec/metadata_decoder.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <bit>
#include <optional>

#include "codec/copy_reader.h"
#include "model/rfc3339.h"

namespace kd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// One row, by column.
class Row {
 public:
  Row(MetadataKind kind, const MetadataRows& rows, std::size_t at = 0)
      : fields_(metadata_fields(kind)), reader_(rows.bytes, fields_.size()) {
    for (std::size_t i = 0; i <= at; ++i) found_ = reader_.next(row_);
  }
  bool found() const { return found_; }
  bool null(std::string_view column) const { return row_.is_null(at(column)); }
  std::string_view text(std::string_view column) const { return row_.bytes(at(column)); }
  std::int64_t int8(std::string_view column) const { return row_.int8(at(column)).value_or(-1); }
  std::int32_t int4(std::string_view column) const {
    std::uint32_t value = 0;
    for (const char byte : text(column)) value = value << 8U | static_cast<unsigned char>(byte);
    return static_cast<std::int32_t>(value);
  }

 private:
  std::size_t at(std::string_view column) const {
    const auto found = std::ranges::find(fields_, column, &MetadataField::column);
    return static_cast<std::size_t>(found - fields_.begin());
  }
  std::span<const MetadataField> fields_;
  CopyReader reader_;
  CopyRow row_;
  bool found_ = false;
};

std::string market(const std::string& members) {
  return R"({"ticker":"KXA-26-T1.5","event_ticker":"KXA-26","status":"active")" +
         (members.empty() ? "" : "," + members) + "}";
}

MetadataRows decoded(MetadataKind kind, const std::string& entries) {
  auto rows = decode_metadata_page(
      kind, fmt::format(R"({{"{}":[{}],"cursor":"next"}})", name_of(kind), entries));
  EXPECT_TRUE(rows) << rows.error().what;
  return *std::move(rows);
}

TEST(MetadataDecoderTest, TakesEachFieldExactlyInItsUnit) {
  const auto rows =
      decoded(MetadataKind::kMarkets,
              market(R"("open_time":"2026-11-22T14:00:01.234567Z","yes_bid_dollars":"0.5601",)"
                     R"("volume_fp":"1065161.83","floor_strike":114873.12,"cap_strike":null,)"
                     R"("settlement_timer_seconds":3600,"can_close_early":true,"result":"",)"
                     R"("rules_primary":"If \"so\"","custom_strike":{"a":[1,2]},)"
                     R"("mve_selected_legs":[{"market_ticker":"KXB","side":"yes"}])"));
  EXPECT_EQ(rows.cursor, "next");
  EXPECT_THAT(rows.tickers, ElementsAre("KXA-26-T1.5"));
  const Row row(MetadataKind::kMarkets, rows);
  ASSERT_TRUE(row.found());
  EXPECT_EQ(row.text("ticker"), "KXA-26-T1.5");
  EXPECT_EQ(row.text("phase"), "open");
  EXPECT_EQ(row.int8("open_time"), to_us(*parse_rfc3339("2026-11-22T14:00:01.234567Z")));
  EXPECT_EQ(row.int4("yes_bid"), 56'010);
  EXPECT_EQ(row.int8("volume"), 106'516'183);
  EXPECT_EQ(std::bit_cast<double>(row.int8("floor_strike")), 114873.12);
  EXPECT_EQ(row.int8("settlement_timer_seconds"), 3'600);
  EXPECT_EQ(row.text("can_close_early"), "\1");
  EXPECT_EQ(row.text("result"), "") << "as it was sent";
  EXPECT_EQ(row.text("rules_primary"), "If \"so\"");
  EXPECT_EQ(row.text("custom_strike"), "\1{\"a\":[1,2]}");
  EXPECT_EQ(row.text("mve_selected_legs"), "\1[{\"market_ticker\":\"KXB\",\"side\":\"yes\"}]");
  EXPECT_TRUE(row.null("cap_strike"));
  EXPECT_TRUE(row.null("close_time")) << "absent is NULL";
  EXPECT_TRUE(row.null("extra"));
}

TEST(MetadataDecoderTest, KeepsWhatItDoesNotKnow) {
  const auto rows = decoded(MetadataKind::kMarkets,
                            market(R"("moon_phase":{"full":true},"a\"b":1,"odd_dollars":"0.1")"));
  const Row row(MetadataKind::kMarkets, rows);
  EXPECT_EQ(row.text("extra"), "\1{\"moon_phase\":{\"full\":true},\"a\\\"b\":1}");
  EXPECT_EQ(row.text("extra_latest"), "\1{\"odd_dollars\":\"0.1\"}") << "an amount";
  EXPECT_THAT(rows.unknown_fields, ElementsAre("a\"b", "moon_phase", "odd_dollars"));
}

TEST(MetadataDecoderTest, GivesEveryStatusItsPhaseAndAnUnknownOneNone) {
  const std::pair<const char*, const char*> phases[] = {
      {"initialized", "unopened"}, {"inactive", "open"},     {"active", "open"},
      {"closed", "closed"},        {"determined", "closed"}, {"disputed", "closed"},
      {"amended", "closed"},       {"finalized", "settled"}};
  for (const auto& [status, phase] : phases) {
    const auto rows =
        decoded(MetadataKind::kMarkets,
                fmt::format(R"({{"ticker":"A","event_ticker":"E","status":"{}"}})", status));
    EXPECT_EQ(Row(MetadataKind::kMarkets, rows).text("phase"), phase) << status;
    EXPECT_THAT(rows.unknown_statuses, IsEmpty());
  }
  const auto rows =
      decoded(MetadataKind::kMarkets, R"({"ticker":"A","event_ticker":"E","status":"dormant"})");
  const Row row(MetadataKind::kMarkets, rows);
  EXPECT_TRUE(row.null("phase"));
  EXPECT_EQ(row.text("status"), "dormant");
  EXPECT_THAT(rows.unknown_statuses, ElementsAre("dormant"));
}

TEST(MetadataDecoderTest, ABadEntryHidesNoneBesideIt) {
  const std::pair<const char*, const char*> bad[] = {
      {R"("yes_bid_dollars":"0.1234567")", "yes_bid_dollars"},
      {R"("yes_bid_dollars":0.5)", "yes_bid_dollars"},
      {R"("open_time":"yesterday")", "open_time"},
      {R"("volume_fp":"1.005")", "volume_fp"},
      {R"("can_close_early":"yes")", "can_close_early"},
      {R"("title":"a\u0000b")", "title"},
      {R"("settlement_timer_seconds":1.5)", "settlement_timer_seconds"}};
  for (const auto& [member, field] : bad) {
    const auto rows =
        decoded(MetadataKind::kMarkets,
                market(member) + R"(,{"ticker":"GOOD","event_ticker":"E","status":"active"})");
    EXPECT_THAT(rows.tickers, ElementsAre("GOOD")) << member;
    ASSERT_EQ(rows.unreadable.size(), 1U) << member;
    EXPECT_EQ(rows.unreadable[0].ticker, "KXA-26-T1.5");
    EXPECT_THAT(rows.unreadable[0].reason, HasSubstr(field));
    EXPECT_THAT(rows.unreadable[0].text, HasSubstr(field));
    EXPECT_TRUE(Row(MetadataKind::kMarkets, rows).found());
  }
}

TEST(MetadataDecoderTest, AnEntryWithoutItsKeysIsUnreadable) {
  const auto rows =
      decoded(MetadataKind::kMarkets,
              R"({"event_ticker":"E","status":"active"},{"ticker":"A B","event_ticker":"E"},7,)"
              R"({"ticker":"X","event_ticker":null,"status":"active"})");
  EXPECT_THAT(rows.tickers, IsEmpty());
  ASSERT_EQ(rows.unreadable.size(), 4U);
  EXPECT_EQ(rows.unreadable[3].ticker, "X");
  EXPECT_EQ(rows.unreadable[3].reason, "event_ticker: missing");
}

TEST(MetadataDecoderTest, AMarketListedTwiceIsOneRow) {
  const auto rows = decoded(MetadataKind::kMarkets, market("") + "," + market(""));
  EXPECT_EQ(rows.ends.size(), 1U);
}

TEST(MetadataDecoderTest, ReadsSeriesAndEvents) {
  const auto series = decoded(MetadataKind::kSeries,
                              R"({"ticker":"KXA","title":"A","tags":null,"fee_multiplier":0.5,)"
                              R"("volume_fp":"3.00","last_updated_ts":"2026-01-01T00:00:00Z"})");
  const Row one(MetadataKind::kSeries, series);
  EXPECT_TRUE(one.null("tags"));
  EXPECT_EQ(std::bit_cast<double>(one.int8("fee_multiplier")), 0.5);
  EXPECT_EQ(one.int8("volume"), 300);

  const auto events = decoded(MetadataKind::kEvents,
                              R"({"event_ticker":"KXA-26","series_ticker":"KXA",)"
                              R"("last_updated_ts":"0001-01-01T00:00:00Z","markets":[{"a":1}]})");
  const Row event(MetadataKind::kEvents, events);
  EXPECT_EQ(event.text("ticker"), "KXA-26");
  EXPECT_TRUE(event.null("last_updated_ts")) << "the exchange's way to say: never";
  EXPECT_TRUE(event.null("extra")) << "nested markets are rows of their own";
}

TEST(MetadataDecoderTest, ReadsOneThingAlone) {
  const auto rows = decode_metadata_item(
      MetadataKind::kEvents, R"({"event":{"event_ticker":"E","series_ticker":"S"},"markets":[]})");
  ASSERT_TRUE(rows);
  EXPECT_THAT(rows->tickers, ElementsAre("E"));
}

TEST(MetadataDecoderTest, RefusesABodyThatIsNoList) {
  for (const auto* body : {"", "<html>", "[]", "{}", R"({"markets":{}})", R"({"markets":[})"}) {
    EXPECT_FALSE(decode_metadata_page(MetadataKind::kMarkets, body)) << body;
  }
}

}  // namespace
}  // namespace kd
