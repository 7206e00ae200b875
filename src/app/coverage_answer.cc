#include "app/coverage_answer.h"

#include <fmt/format.h>

#include "coverage/ask.h"

namespace kd {
namespace {

std::string cause_of(const CoverageStatement& said, const Hole& hole) {
  if (hole.lines.empty()) return "no line";
  const auto& loss = hole.lines.front();
  std::string text(name_of(loss.cause));
  if (loss.gatherer < said.gatherers.size()) text += " on " + said.gatherers[loss.gatherer];
  if (!loss.reason.empty()) text += " (" + loss.reason + ")";
  return text;
}

}  // namespace

Expected<CoverageAnswer> coverage_answer(Connection& production, const std::string& ticker,
                                         std::int64_t from, std::int64_t to) {
  KD_TRY(const auto said, proof_of(production, ticker, {from, to}));
  CoverageAnswer answer;
  for (const auto& hole : said.market.holes) {
    answer.holes.push_back({hole.when.from, hole.when.to, cause_of(said, hole)});
  }
  return answer;
}

}  // namespace kd
