#include "app/up_subscribed.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/status_table.h"
#include "base/json_quote.h"

namespace kd {
namespace {

// Of the machine's processor time: from here on it is what bounded.
constexpr double kBusy = 0.85;
// Of the whole time: what took so much of it came last.
constexpr double kMostOfIt = 0.85;

constexpr double kTooShort = 3;  // seconds

double seconds_of(const UpSample& sample) {
  return std::chrono::duration<double>(sample.at).count();
}

std::string seconds_json(const std::optional<double>& seconds) {
  return seconds ? fmt::format("{:.1f}", *seconds) : std::string("null");
}

std::string seconds_text(const std::optional<double>& seconds) {
  return seconds ? fmt::format("{:.1f} s", *seconds) : std::string("-");
}

std::int64_t total(const UpSample& sample, const std::string& metric, const Labels& labels) {
  double sum = 0;
  for (const auto& [id, metrics] : sample.gatherers) sum += metrics.sum(metric, labels).value_or(0);
  return static_cast<std::int64_t>(sum);
}

}  // namespace

bool SubscribeProgress::everywhere(const UpSample& sample, const std::string& metric,
                                   double least) const {
  return std::ssize(sample.gatherers) == expected_.gatherers &&
         std::all_of(sample.gatherers.begin(), sample.gatherers.end(), [&](const auto& gatherer) {
           return gatherer.second.sum(metric).value_or(0) >= least;
         });
}

bool SubscribeProgress::note(const UpSample& sample) {
  if (outcome_) return false;
  const double now = seconds_of(sample);
  if (!listed_seconds_ && expected_.markets > 0 &&
      everywhere(sample, "market_registry_markets_total", expected_.markets)) {
    listed_seconds_ = now;
  }
  if (!connected_seconds_ &&
      everywhere(sample, "conn_manager_connections_healthy", expected_.connections)) {
    connected_seconds_ = now;
  }
  if (!sample.simulator || sample.simulator->ready_clients < expected_.gatherers) return false;
  Subscribed subscribed;
  subscribed.seconds = now;
  subscribed.listed_seconds = listed_seconds_;
  subscribed.connected_seconds = connected_seconds_;
  subscribed.markets = expected_.markets;
  subscribed.messages = total(sample, "router_messages_received_total", {});
  subscribed.snapshots =
      total(sample, "router_messages_received_total", {{"type", "orderbook_snapshot"}});
  subscribed.usage = sample.usage;
  subscribed.bounded_by = bound(subscribed);
  outcome_ = std::move(subscribed);
  return true;
}

std::string SubscribeProgress::bound(const Subscribed& subscribed) const {
  std::string shares;
  double all = 0;
  for (const auto& [name, usage] : subscribed.usage) {
    const auto before = first_usage_.find(name);
    const double used =
        usage.cpu_seconds - (before == first_usage_.end() ? 0 : before->second.cpu_seconds);
    all += used;
    shares += fmt::format("{}{} {:.0f} %", shares.empty() ? "" : ", ", name,
                          100 * used / std::max(subscribed.seconds, 0.1));
  }
  if (subscribed.seconds < kTooShort) return "nothing that a few seconds could tell";
  const std::string used = fmt::format(" (of one core: {})", shares);
  if (all > kBusy * expected_.cores * subscribed.seconds) {
    return fmt::format("the {} cores of this machine", expected_.cores) + used;
  }
  const double most = kMostOfIt * subscribed.seconds;
  if (subscribed.listed_seconds.value_or(0) > most) {
    return "reading the list of markets within the REST budget" + used;
  }
  if (subscribed.connected_seconds.value_or(0) > most) {
    return "opening the sockets within the dial rate" + used;
  }
  return "the subscribe commands and their answers" + used;
}

std::string subscribed_json(const std::optional<Subscribed>& subscribed) {
  if (!subscribed) return "null";
  std::int64_t gatherer_rss = 0;
  for (const auto& [name, usage] : subscribed->usage) {
    if (name.starts_with("gatherer-")) gatherer_rss = std::max(gatherer_rss, usage.peak_rss_bytes);
  }
  return fmt::format(
      R"({{"seconds":{:.1f},"listed_seconds":{},"connected_seconds":{},"markets":{},"messages":{},)"
      R"("snapshots":{},"gatherer_peak_rss_bytes":{},"bounded_by":{}}})",
      subscribed->seconds, seconds_json(subscribed->listed_seconds),
      seconds_json(subscribed->connected_seconds), subscribed->markets, subscribed->messages,
      subscribed->snapshots, gatherer_rss, json_quote(subscribed->bounded_by));
}

std::string subscribed_text(const Subscribed& subscribed) {
  std::string out = fmt::format(
      "all {} markets subscribed after {:.1f} s (sockets open after {}, markets known after {}): "
      "{} "
      "messages, {} of them snapshots\n",
      with_commas(subscribed.markets), subscribed.seconds,
      seconds_text(subscribed.connected_seconds), seconds_text(subscribed.listed_seconds),
      with_commas(subscribed.messages), with_commas(subscribed.snapshots));
  for (const auto& [name, usage] : subscribed.usage) {
    out += fmt::format("  {:<22}{:>9.1f} s of processor", name, usage.cpu_seconds);
    if (usage.peak_rss_bytes > 0) out += fmt::format(", {} MiB", usage.peak_rss_bytes >> 20);
    out += "\n";
  }
  return out + "bounded by " + subscribed.bounded_by;
}

}  // namespace kd
