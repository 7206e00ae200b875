#include "app/coverage_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "app/time_option.h"
#include "base/json_quote.h"

namespace kd {
namespace {

std::string time_text(std::int64_t us) { return format_time(micros_from_us(us)); }
std::string length_text(std::int64_t us) { return format_length(std::chrono::microseconds(us)); }
double seconds(std::int64_t us) { return static_cast<double>(us) / 1e6; }

std::string socket_text(std::int32_t connection) {
  return connection < 0 ? "-" : fmt::to_string(connection);
}
std::string socket_json(std::int32_t connection) {
  return connection < 0 ? "null" : fmt::to_string(connection);
}

// "g1 17 close (ping timeout)"
std::string loss_text(const LineLoss& loss, const std::vector<std::string>& gatherers) {
  auto out = gatherers.at(loss.gatherer);
  if (loss.connection >= 0) out += fmt::format(" socket {}", loss.connection);
  out += fmt::format(": {}", name_of(loss.cause));
  return loss.reason.empty() ? out : out + " (" + loss.reason + ")";
}

std::string horizon_text(const CoverageHorizon& horizon) {
  return fmt::format("Known up to {}{}\n", time_text(horizon.until),
                     horizon.kept ? ""
                                  : ", the newest proof in production: no deduplicator keeps "
                                    "coverage at the moment");
}

std::string shares_text(const CoverageTally& tally) {
  std::string out;
  for (std::size_t n = 1; n <= tally.lines(); ++n) {
    out += fmt::format("  by at least {} line{}  {:>14}\n", n, n == 1 ? " " : "s",
                       percent_text(tally.share(n)));
  }
  return out;
}

std::string losses_text(const CoverageOverview& overview) {
  if (overview.books.losses().empty()) return {};
  auto out = fmt::format(
      "\nWhat single lines missed, in market-time\n{:<16}{:>7}  {:<15}{:>12}{:>14}{:>12}\n",
      "gatherer", "socket", "cause", "missed", "by all lines", "stretches");
  for (const auto& [key, lost] : overview.books.losses()) {
    out +=
        fmt::format("{:<16}{:>7}  {:<15}{:>12}{:>14}{:>12}\n", overview.gatherers.at(key.gatherer),
                    socket_text(key.connection), name_of(key.cause), length_text(lost.market_us),
                    length_text(lost.hole_us), lost.stretches);
  }
  return out;
}

std::string channels_text(const CoverageOverview& overview) {
  std::string out = "\nChannels as a whole, by at least one line\n";
  for (const auto& [channel, tally] : overview.channels) {
    out += fmt::format("  {:<32}{:>14}\n", channel, percent_text(tally.share(1)));
  }
  out += fmt::format("  {:<32}{:>14}\n", "ticker", "not proven");
  return out + fmt::format("  (tickers carry no sequence: {} streams watch them)\n",
                           overview.ticker_streams);
}

std::string holes_text(const CoverageOverview& overview) {
  std::int64_t total = overview.books.holes();
  for (const auto& [channel, tally] : overview.channels) total += tally.holes();
  if (total == 0) return "\nNo holes.\n";
  auto out =
      fmt::format("\n{} holes in {} markets, {} of market-time", total,
                  overview.books.markets_with_holes(), length_text(overview.books.hole_us()));
  const auto shown = std::ssize(overview.holes);
  out += shown < total ? fmt::format("; the {} longest (--all for all):\n", shown) : ":\n";
  for (const auto& [ticker, channel, hole] : overview.holes) {
    out += fmt::format("{}  {}  {:>8}  {}", time_text(hole.when.from), time_text(hole.when.to),
                       length_text(hole.when.length()),
                       ticker.empty() ? "channel " + channel : ticker);
    if (!hole.lines.empty()) out += "  " + loss_text(hole.lines.front(), overview.gatherers);
    out += "\n";
  }
  return out;
}

template <typename Items, typename Text>
std::string json_list(const Items& items, Text text) {
  std::string out = "[";
  for (const auto& item : items) out += (out.size() > 1 ? "," : "") + text(item);
  return out + "]";
}

std::string interval_json(const Interval& when) {
  return fmt::format(R"("from":"{}","to":"{}","seconds":{:.6f})", time_text(when.from),
                     time_text(when.to), seconds(when.length()));
}

std::string loss_json(const LineLoss& loss, const std::vector<std::string>& gatherers) {
  return fmt::format(R"({{"gatherer":{},"connection":{},"cause":{},"reason":{},{}}})",
                     json_quote(gatherers.at(loss.gatherer)), socket_json(loss.connection),
                     json_quote(name_of(loss.cause)), json_quote(loss.reason),
                     interval_json(loss.when));
}

std::string hole_json(const Hole& hole, const std::vector<std::string>& gatherers) {
  return fmt::format(
      "{},\"lines\":{}", interval_json(hole.when),
      json_list(hole.lines, [&](const LineLoss& loss) { return loss_json(loss, gatherers); }));
}

std::string tally_json(const CoverageTally& tally) {
  std::vector<std::size_t> lines;
  for (std::size_t n = 1; n <= tally.lines(); ++n) lines.push_back(n);
  return fmt::format(
      R"("markets":{},"market_seconds":{:.6f},"share_by_lines":{},"holes":{},"hole_seconds":{:.6f})",
      tally.markets(), seconds(tally.market_us()),
      json_list(lines, [&](std::size_t n) { return fmt::format("{:.9f}", tally.share(n)); }),
      tally.holes(), seconds(tally.hole_us()));
}

std::string head_json(const std::vector<std::string>& gatherers, const CoverageHorizon& horizon) {
  return fmt::format(R"("gatherers":{},"known_until":"{}","kept":{})",
                     json_list(gatherers, [](const auto& name) { return json_quote(name); }),
                     time_text(horizon.until), horizon.kept);
}

std::string who_text(const Segment& segment, const std::vector<std::string>& gatherers) {
  std::string out;
  for (std::size_t g = 0; g < gatherers.size(); ++g) {
    if ((segment.lines >> g & 1U) != 0) out += (out.empty() ? "" : ", ") + gatherers[g];
  }
  return out;
}

// The hole at that time, for its causes.
std::string hole_text(const CoverageStatement& statement, const Segment& segment) {
  std::string out;
  for (const auto& hole : statement.market.holes) {
    if (hole.when != segment.when) continue;
    for (const auto& loss : hole.lines) {
      out += (out.empty() ? "" : "; ") + loss_text(loss, statement.gatherers);
    }
  }
  return "NOBODY  " + out;
}

std::string losses_json(const CoverageOverview& overview) {
  return json_list(overview.books.losses(), [&](const auto& entry) {
    const auto& [key, lost] = entry;
    return fmt::format(
        R"({{"gatherer":{},"connection":{},"cause":{},"market_seconds":{:.6f},"hole_seconds":{:.6f},"stretches":{}}})",
        json_quote(overview.gatherers.at(key.gatherer)), socket_json(key.connection),
        json_quote(name_of(key.cause)), seconds(lost.market_us), seconds(lost.hole_us),
        lost.stretches);
  });
}

}  // namespace

std::string percent_text(double share) {
  constexpr double kSteps = 1e8;
  return fmt::format("{:.6f} %", std::floor(share * kSteps) / kSteps * 100);
}

std::string overview_text(const CoverageOverview& overview) {
  auto out = fmt::format("Books of {} markets, {} to {} ({})\n{}\nShare of market-time watched\n",
                         overview.books.markets(), time_text(overview.asked.from),
                         time_text(overview.asked.to), length_text(overview.asked.length()),
                         horizon_text(overview.horizon));
  return out + shares_text(overview.books) + losses_text(overview) + channels_text(overview) +
         holes_text(overview);
}

std::string overview_json(const CoverageOverview& overview) {
  return fmt::format(
      "{{{},{},\"books\":{{{}}},\"losses\":{},\"channels\":{},\"holes\":{}}}\n",
      head_json(overview.gatherers, overview.horizon), interval_json(overview.asked),
      tally_json(overview.books), losses_json(overview),
      json_list(overview.channels,
                [](const auto& channel) {
                  return fmt::format(R"({{"channel":{},{}}})", json_quote(channel.channel),
                                     tally_json(channel.tally));
                }),
      json_list(overview.holes, [&](const NamedHole& named) {
        return fmt::format(R"({{"ticker":{},"channel":{},{}}})", json_quote(named.ticker),
                           json_quote(named.channel), hole_json(named.hole, overview.gatherers));
      }));
}

std::string market_text(const std::string& ticker, const CoverageStatement& statement) {
  const auto& market = statement.market;
  CoverageTally tally(statement.gatherers.size());
  tally.add(market);
  auto out = fmt::format("Book of {}, {} to {} ({})\n{}\nShare of that time watched\n{}\n", ticker,
                         time_text(market.window.from), time_text(market.window.to),
                         length_text(market.window.length()), horizon_text(statement.horizon),
                         shares_text(tally));
  for (const auto& segment : market.timeline) {
    out +=
        fmt::format("{}  {}  {:>8}  {}  {}\n", time_text(segment.when.from),
                    time_text(segment.when.to), length_text(segment.when.length()), segment.count(),
                    segment.lines == 0 ? hole_text(statement, segment)
                                       : who_text(segment, statement.gatherers));
  }
  return out;
}

std::string market_json(const std::string& ticker, const CoverageStatement& statement) {
  const auto& market = statement.market;
  CoverageTally tally(statement.gatherers.size());
  tally.add(market);
  return fmt::format(
      "{{\"ticker\":{},{},{},\"book\":{{{}}},\"timeline\":{},\"losses\":{},\"holes\":{}}}\n",
      json_quote(ticker), head_json(statement.gatherers, statement.horizon),
      interval_json(market.window), tally_json(tally),
      json_list(market.timeline,
                [&](const Segment& segment) {
                  std::vector<std::string> who;
                  for (std::size_t g = 0; g < statement.gatherers.size(); ++g) {
                    if ((segment.lines >> g & 1U) != 0) who.push_back(statement.gatherers[g]);
                  }
                  return fmt::format(
                      R"({{{},"lines":{},"who":{}}})", interval_json(segment.when), segment.count(),
                      json_list(who, [](const auto& name) { return json_quote(name); }));
                }),
      json_list(market.losses,
                [&](const LineLoss& loss) { return loss_json(loss, statement.gatherers); }),
      json_list(market.holes, [&](const Hole& hole) {
        return "{" + hole_json(hole, statement.gatherers) + "}";
      }));
}

}  // namespace kd
