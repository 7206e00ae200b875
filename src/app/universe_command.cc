#include "app/universe_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "app/api_client.h"
#include "app/exit_code.h"
#include "app/universe_preview.h"
#include "base/check.h"
#include "codec/rest_decoder.h"
#include "config/loader.h"
#include "market/walk.h"

namespace kd {
namespace {

constexpr const char* kName = "kalshi-data universe preview";
constexpr double kBasicTokensPerSecond = 200;

constexpr const char* kFooter = R"(Examples:
  kalshi-data universe preview --config /etc/kalshi-data/gatherer.yaml
  kalshi-data universe preview --include 'series:KXBTC*' --exclude market:KXBTC-26NOV22-T3.00
  kalshi-data universe preview --config gatherer.yaml --combos false --json

A pattern is series:GLOB, event:GLOB, market:GLOB or GLOB ('*' any text, '?' one character); a GLOB
without a wildcard takes everything below it. A million markets take the exchange a minute to list.
Exit codes: 0 ok; 1 the list could not be read; 2 command line or configuration; 3 the exchange is
out of reach, or refuses the key)";

int complain(const Error& error, int code) {
  std::fprintf(stderr, "%s: %s\n", kName, error.what.c_str());
  return code;
}

Expected<GathererConfig> config_of(const UniverseOptions& options) {
  GathererConfig config;
  if (options.config) {
    KD_TRY(config, load_gatherer_config(*options.config));
  }
  if (options.rest_url) config.api.rest_url = *options.rest_url;
  auto& universe = config.universe;
  if (!options.include.empty()) universe.include = options.include;
  if (!options.exclude.empty()) universe.exclude = options.exclude;
  if (!options.combos.empty()) universe.combos = options.combos;
  return config;
}

UniverseLimits limits_of(const GathererConfig& config) {
  const auto count = [](int n) { return static_cast<std::size_t>(n); };
  return {.sockets = count(config.connections.orderbook),
          .markets_per_socket = count(config.connections.markets_per_connection),
          .tickers_per_command = count(config.connections.tickers_per_command),
          .commands_per_second = count(config.connections.commands_per_second),
          .tokens_per_second = config.api.read_tokens_per_second.value_or(kBasicTokensPerSecond) *
                               config.api.read_share,
          .sweep_interval = config.snapshot_poller.interval};
}

// The account's own budget, where nothing else was configured and the exchange tells it.
void learn_limits(const GathererConfig& config, RestClient& client, UniverseLimits& limits) {
  if (config.api.read_tokens_per_second || config.api.private_key_file.empty()) return;
  const auto body = client.get("/account/limits", "/account/limits", {});
  const auto told = body ? decode_account_limits(*body) : tl::unexpected(body.error());
  if (!told || told->read_refill_rate <= 0) return;
  limits.tokens_per_second = told->read_refill_rate * config.api.read_share;
  client.set_budget(limits.tokens_per_second, told->read_bucket_capacity * config.api.read_share);
}

// Every list from its first page to its last; how many pages those were.
Expected<std::size_t> read_all(RestClient& client, int page_size, const UniverseRules& rules,
                               UniverseTally& tally) {
  constexpr std::chrono::seconds kProgress{5};
  Walk walk(full_walk_filters({}), page_size);
  auto next_progress = Walk::Clock::now() + kProgress;
  while (!walk.over()) {
    const auto now = Walk::Clock::now();
    const auto page = walk.next(now);
    KD_CHECK(page);  // one at a time: there is always a next one
    const auto body = client.get("/markets", page->path, {});
    const auto read = body ? decode_markets_page(*body) : tl::unexpected(body.error());
    if (!read) return tl::unexpected(read.error());
    tally.add(read->markets, rules);
    walk.on_page(page->list, read->cursor, read->markets.empty());
    if (now < next_progress) continue;
    next_progress = now + kProgress;
    std::fprintf(stderr, "%zu markets listed, %zu selected …\n", tally.markets(), tally.selected());
  }
  return walk.pages();
}

}  // namespace

int run_universe_preview(const UniverseOptions& options) {
  const auto config = config_of(options);
  if (!config) return complain(config.error(), kExitUsage);
  const auto rules = UniverseRules::parse(config->universe.include, config->universe.exclude,
                                          config->universe.combos);
  if (!rules) return complain(rules.error(), kExitUsage);
  const auto signer = signer_of(config->api);
  if (!signer) return complain(signer.error(), kExitUsage);
  auto sink = open_log({.level = "error", .format = "text", .output = "stderr"});
  if (!sink) return complain(sink.error(), kExitUsage);

  auto limits = limits_of(*config);
  MetricsRegistry metrics;
  const auto client = make_rest_client(config->api, *signer, metrics, Logger(*sink, "universe"));
  learn_limits(*config, *client, limits);
  UniverseTally tally;
  const auto pages = read_all(*client, config->registry.page_size, *rules, tally);
  if (!pages) {
    const auto remedy = pages.error().remedy;
    const bool away = remedy == Remedy::kReconnect || remedy == Remedy::kGiveUp;
    return complain(pages.error(), away ? kExitCannotStart : kExitFailure);
  }
  const auto cost = cost_of(tally.selected(), *pages, limits);
  fmt::print("{}", options.json ? preview_json(tally, limits, cost)
                                : preview_text(tally, limits, cost, options.most_series));
  return kExitOk;
}

void add_universe_commands(CLI::App& cli, const std::function<void(std::function<int()>)>& choose) {
  const auto options = std::make_shared<UniverseOptions>();
  auto* universe = cli.add_subcommand("universe", "Which markets the rules select");
  universe->require_subcommand(1);
  universe->footer(kFooter);
  auto* preview = universe->add_subcommand("preview", "What is selected, and what it costs");
  preview->footer(kFooter);
  auto* config = preview->add_option("--config", options->config, "A gatherer's file");
  preview
      ->add_option("--rest-url", options->rest_url,
                   "Without a file: this exchange; production unless given")
      ->excludes(config);
  preview->add_option("--include", options->include, "Pattern; again for more")
      ->allow_extra_args(false);
  preview->add_option("--exclude", options->exclude, "Pattern; again for more")
      ->allow_extra_args(false);
  preview
      ->add_option(
          "--combos", options->combos,
          "true, false, or a channel (orderbook, trade, ticker, lifecycle); again for more")
      ->allow_extra_args(false);
  preview->add_option("--series", options->most_series, "How many series are shown")
      ->capture_default_str();
  preview->add_flag("--json", options->json, "All of it, as one JSON object");
  preview->callback(
      [choose, options] { choose([options] { return run_universe_preview(*options); }); });
}

}  // namespace kd
