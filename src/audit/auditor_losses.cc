#include <charconv>

#include "audit/auditor.h"
#include "audit/row_keys.h"

namespace kd {
namespace {

using Kind = TruthRecord::Kind;
using Loss = TruthRecord::Loss;

constexpr std::int64_t kUsPerMs = 1'000;

// What is no number counts as 0: the key is then that of no row.
std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// The identity of the frame, as its own line gives it.
AuditKey key_of(const TruthRecord& loss) {
  auto detail = split_fields(loss.text, ',');
  if (loss.of == Kind::kTicker) return ticker_key(loss.at_ms, loss.ticker, detail);
  if (loss.of == Kind::kLifecycle) return lifecycle_key(loss.ticker, loss.text);
  detail.resize(4);
  if (loss.of == Kind::kTrade) return trade_key(detail[0], number(detail[1]), number(detail[2]));
  return delta_key(loss.at_ms, loss.ticker, detail[0] == "yes", number(detail[1]),
                   number(detail[2]));
}

std::string_view table_of(Kind kind) {
  if (kind == Kind::kTrade) return "trades";
  if (kind == Kind::kTicker) return "tickers";
  return kind == Kind::kLifecycle ? "lifecycle_events" : "orderbook_deltas";
}

SnapshotTally::Doubt doubt_of(Loss loss) {
  if (loss == Loss::kUnsent) return SnapshotTally::Doubt::kUnsent;
  return loss == Loss::kLost ? SnapshotTally::Doubt::kLost : SnapshotTally::Doubt::kMaybe;
}

}  // namespace

// Of several lines about one frame, the one that takes the last sure client counts.
void Auditor::learn_loss(const TruthRecord& record) {
  if (((audited_ >> record.client_bit) & 1U) == 0) return;
  if (record.of == Kind::kSnapshot) {
    return snapshots_.withhold({record.at_ms, std::string(record.ticker)},
                               static_cast<std::size_t>(number(record.text)), record.client_bit,
                               doubt_of(record.loss));
  }
  if (watched(record)) return;
  const bool perhaps = (record.maybe & audited_) != 0;
  tallies_.find(table_of(record.of))
      ->second.withhold(key_of(record), perhaps, record.loss != Loss::kUnsent);
}

void Auditor::prove_loss(const TruthRecord& record, const EvidenceCoverage& evidence) {
  const auto bit = bits_.find(source_);
  const bool of_this = bit != bits_.end() && bit->second == record.client_bit;
  if (!of_this || record.of != Kind::kDelta) return;
  auto& figures = evidence_[source_];
  ++(record.loss == Loss::kMaybe ? figures.uncertain : figures.withheld);
  const auto occurrence = number(record.text.substr(record.text.rfind(',') + 1));
  const bool absent = tallies_.find(table_of(record.of))->second.misses(key_of(record), occurrence);
  if (!absent || !evidence.covers(record.ticker, record.at_ms * kUsPerMs)) return;
  ++figures.withheld_unexplained;
  note("withheld from " + source_ + " by " + std::string(record.fault) +
       " and called covered: " + std::to_string(record.at_ms) + " " + std::string(record.ticker));
}

}  // namespace kd
