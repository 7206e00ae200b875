#include "dedup/evidence_writer.h"

#include <fmt/format.h>

#include <string_view>

namespace kd {
namespace {

// Collects the elements of an array parameter; texts are quoted.
class ArrayText {
 public:
  void add(std::int64_t value) { separate() += fmt::to_string(value); }
  void add(std::string_view value) {
    separate() += '"';
    for (const char c : value) {
      if (c == '"' || c == '\\') text_ += '\\';
      text_ += c;
    }
    text_ += '"';
  }
  std::string finish() const { return text_ + "}"; }

 private:
  std::string& separate() {
    if (text_.size() > 1) text_ += ',';
    return text_;
  }
  std::string text_ = "{";
};

}  // namespace

Expected<std::int64_t> write_proofs(Connection& production, const std::string& shard,
                                    const std::vector<std::string>& gatherers,
                                    const ProofSet& proofs) {
  if (proofs.newest().empty()) return 0;
  ArrayText owners;
  ArrayText streams;
  ArrayText proven;
  ArrayText at;
  for (const auto& [key, proof] : proofs.newest()) {
    owners.add(gatherers.at(key.first));
    streams.add(key.second);
    proven.add(proof.proven_until_us);
    at.add(proof.at_us);
  }
  return production.execute(
      "INSERT INTO stream_proofs AS p (gatherer, stream_id, shard, proven_until, at) "
      "SELECT u.g, u.s, $1, u.p, u.a "
      "FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[]) AS u (g, s, p, a) "
      "ON CONFLICT (gatherer, stream_id, shard) DO UPDATE SET "
      "proven_until = greatest(p.proven_until, excluded.proven_until), "
      "at = greatest(p.at, excluded.at)",
      {shard, owners.finish(), streams.finish(), proven.finish(), at.finish()});
}

Expected<void> write_findings(Connection& production, const std::vector<std::string>& gatherers,
                              const std::vector<FrozenLines::Finding>& findings,
                              std::int64_t found_at_us) {
  if (findings.empty()) return {};
  ArrayText owners;
  ArrayText tickers;
  ArrayText from;
  ArrayText to;
  for (const auto& finding : findings) {
    owners.add(gatherers.at(finding.gatherer));
    tickers.add(finding.ticker);
    from.add(finding.from_us);
    to.add(finding.to_us);
  }
  KD_DO(production.execute(
      "INSERT INTO frozen_lines (gatherer, ticker, from_ts, to_ts, found_at) "
      "SELECT u.*, $1::bigint "
      "FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[]) AS u (g, t, f, l) "
      "ON CONFLICT DO NOTHING",
      {fmt::to_string(found_at_us), owners.finish(), tickers.finish(), from.finish(),
       to.finish()}));
  return {};
}

}  // namespace kd
