#include "app/sim_options.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <iostream>

#include "app/exit_code.h"
#include "base/version.h"
#include "sim/duration_text.h"

namespace kd {

namespace {

constexpr char kExamples[] = R"(Examples:
  exchange-sim --markets 500 --rate 5000
      a made-up exchange on 127.0.0.1:9700 that anybody may connect to
  exchange-sim --replay kalshi-gold15m --speed 10 --truth truth.tsv --expect-clients 3
      a recording at ten times the speed of life, begun when three clients watch all of it
  exchange-sim --listen 0.0.0.0:9443 --tls tls --keys keys
      with TLS (trust tls/ca.pem) and signatures (keys/<key id>.pem are public keys)

Exit codes: 0 ended as asked, 1 failed, 2 wrong command line, 3 cannot start (port in use,
damaged recording, unusable key).)";

// Reads "500ms" and the like for CLI11, whose message names the option.
class DurationOption {
 public:
  explicit DurationOption(std::chrono::milliseconds& into) : into_(into) {}
  bool operator()(const std::vector<std::string>& texts) const {
    const auto value = parse_sim_duration(texts.front());
    if (value) into_ = *value;
    return value.has_value();
  }

 private:
  std::chrono::milliseconds& into_;
};

class SimCommandLine {
 public:
  SimCommandLine()
      : app_("A faithful Kalshi exchange for tests: REST, WebSocket, limits, truth.",
             "exchange-sim") {
    app_.failure_message([](const CLI::App* app, const CLI::Error& error) {
      return "exchange-sim: " + CLI::FailureMessage::simple(app, error);
    });
    app_.footer(kExamples);
    app_.set_version_flag("--version", [] { return version_line("exchange-sim"); });
    network();
    replay();
    synthetic();
    output();
    limits();
    faults();
  }

  std::variant<SimOptions, int> parse(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app_.exit(error) == 0 ? kExitOk : kExitUsage;
    }
    if (const std::string fault = settle(); !fault.empty()) {
      std::cerr << "exchange-sim: " << fault << "\n";
      return kExitUsage;
    }
    return options_;
  }

 private:
  CLI::Option* duration(const char* name, std::chrono::milliseconds& into, const char* what) {
    return app_
        .add_option_function<std::vector<std::string>>(
            name,
            [into = DurationOption(into), name](const std::vector<std::string>& texts) {
              if (!into(texts)) {
                throw CLI::ValidationError(name, "is a duration such as 30s, 500ms or 2m");
              }
            },
            what)
        ->expected(1)
        ->type_name("DURATION");
  }

  void network() {
    app_.add_option("--listen", options_.listen, "host:port, port 0 for any free one")
        ->capture_default_str();
    app_.add_option("--tls", options_.tls_dir,
                    "serve TLS with the certificates of this folder, made when missing");
    app_.add_option("--keys", options_.server.auth.keys_dir,
                    "check signatures against <key id>.pem; without it any key is believed");
    app_.add_option("--log-level", options_.log_level)
        ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
        ->capture_default_str();
  }

  void replay() {
    const auto group = "Replay";
    app_.add_option("--replay", options_.replay_dir, "play this recording")->group(group);
    app_.add_option("--speed", speed_, "times the speed of life, or max")
        ->group(group)
        ->capture_default_str();
    app_.add_option("--times", times_, "stamps moved to now, or as recorded")
        ->check(CLI::IsMember({"shifted", "original"}))
        ->group(group)
        ->capture_default_str();
    app_.add_option("--stamps", stamps_, "`ts` as recorded, or cut to ms as the exchange does now")
        ->check(CLI::IsMember({"us", "ms"}))
        ->group(group)
        ->capture_default_str();
  }

  void synthetic() {
    const auto group = "Synthetic world (without --replay)";
    auto& world = options_.synthetic;
    app_.add_option("--markets", world.markets, "open at any time")
        ->check(CLI::Range(1, 2'000'000))
        ->group(group)
        ->capture_default_str();
    app_.add_option("--series", world.series, "0: one for every fifty markets")->group(group);
    app_.add_option("--rate", world.rate, "messages per second, all channels together")
        ->check(CLI::Range(0.0, 1e6))
        ->group(group)
        ->capture_default_str();
    app_.add_option("--seed", world.seed, "the same seed makes the same world")
        ->group(group)
        ->capture_default_str();
    auto* share =
        app_.add_option("--churn", world.churn_share,
                        "share of the markets that something happens to in a minute, most "
                        "of which close and are replaced; default 0.02, at most 600")
            ->check(CLI::Range(0.0, 60.0))
            ->group(group);
    app_.add_option("--churn-markets", world.churn_markets, "the same as a number of markets")
        ->check(CLI::Range(0.0, 600'000.0))
        ->excludes(share)
        ->group(group);
    app_.add_option("--combos", world.combos_per_minute,
                    "made on demand in a minute; default 6, without churn none")
        ->check(CLI::Range(0.0, 60'000.0))
        ->group(group);
    duration("--for", options_.play_for, "emission ends after this time; default: never")
        ->group(group);
  }

  void output() {
    const auto group = "What is played, and when";
    app_.add_option("--record", options_.record_dir, "write what is played as a recording")
        ->group(group);
    app_.add_option("--truth", options_.truth_file, "write every change and who was sent it")
        ->group(group);
    app_.add_option("--expect-clients", options_.expect_clients,
                    "wait until so many clients watch everything")
        ->check(CLI::Range(0, 64))
        ->group(group)
        ->capture_default_str();
    duration("--start-timeout", options_.start_timeout, "but no longer than this; default 120s")
        ->group(group);
  }

  void limits() {
    const auto group = "What the exchange does not publish";
    auto& limits = options_.limits;
    auto& server = options_.server;
    const auto knob = [&](const char* name, auto& into, const char* what) {
      app_.add_option(name, into, what)->group(group)->capture_default_str();
    };
    knob("--clock-skew-ms", server.auth.skew_ms, "how far a client's clock may be off");
    knob("--connections-per-user", server.connections_per_user, "beyond: 429; 0: no limit");
    knob("--connects-per-second", server.connects_per_second, "per user, beyond: 429; 0: no limit");
    knob("--markets-per-sid", limits.markets_per_subscription, "beyond: error 26; 0: no limit");
    knob("--commands-per-second", limits.commands_per_second,
         "per subscription, beyond: error 27; 0: no limit");
    knob("--overflow-bytes", limits.overflow_bytes,
         "unsent bytes that end a subscription with error 25; 0: never");
    knob("--read-tokens", server.rest.read_tokens_per_second,
         "per second and client, a request costs 10, beyond: 429; 0: no limit");
    knob("--anonymous-tokens", server.rest.anonymous_tokens_per_second,
         "the same for all requests without a key together");
    knob("--created-404-ms", server.rest.created_404_ms,
         "how long REST does not find a new market");
    duration("--historical-cutoff", options_.historical_age,
             "what happened longer ago is in the historical tier only; default 1440h")
        ->group(group);
    knob("--read-bucket-seconds", server.rest.read_bucket_seconds, "capacity of that budget");
    app_.add_option("--unknown-tickers", unknown_tickers_, "in a list: skip, partial or refuse")
        ->check(CLI::IsMember({"skip", "partial", "refuse"}))
        ->group(group)
        ->capture_default_str();
    app_.add_flag("--snapshots-before-ok", limits.snapshots_before_ok, "order of the answers")
        ->group(group);
  }

  void faults() {
    const auto group = "Faults, see the table in docs/kalshi-data/exchange-sim";
    app_.add_option_function<std::vector<std::string>>(
            "--fault",
            [this](const std::vector<std::string>& specs) {
              for (const std::string& text : specs) add_fault(text);
            },
            "such as drop,p=0.001,client=gatherer-1; may be repeated, see also /sim/faults")
        ->type_name("SPEC")
        ->group(group);
    app_.add_option("--fault-seed", options_.server.seed, "of the chances that faults take")
        ->group(group)
        ->capture_default_str();
    app_.add_flag("--deflate", options_.server.http.deflate,
                  "agree to permessage-deflate where a client offers it")
        ->group(group);
    app_.add_option("--seq-start", options_.limits.first_seq, "the first seq of a subscription")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 62))
        ->group(group)
        ->capture_default_str();
  }

  void add_fault(const std::string& text) {
    auto spec = sim::parse_fault(text);
    if (!spec) throw CLI::ValidationError("--fault", spec.error().what);
    options_.server.faults.push_back(std::move(*spec));
  }

  // What CLI11 leaves as text, or lets pass. Empty, or what is wrong.
  std::string settle() {
    if (std::string fault = misplaced(); !fault.empty()) return fault;
    if (std::string fault = impossible(); !fault.empty()) return fault;
    if (speed_ == "max") {
      options_.speed = 0;
      options_.limits.overflow_bytes = 0;  // the slowest client sets the pace instead
    } else {
      const char* end = speed_.data() + speed_.size();
      const auto read = std::from_chars(speed_.data(), end, options_.speed);
      if (read.ec != std::errc() || read.ptr != end || options_.speed <= 0 ||
          !std::isfinite(options_.speed)) {
        return "--speed is a number above 0, or max";
      }
    }
    options_.original_times = times_ == "original";
    options_.cut_stamps = stamps_ == "ms";
    if (unknown_tickers_ == "skip") options_.limits.unknown_tickers = sim::UnknownTickers::kSkip;
    if (unknown_tickers_ == "refuse") {
      options_.limits.unknown_tickers = sim::UnknownTickers::kRefuse;
    }
    return read_listen();
  }

  // An option that the chosen kind of play would ignore.
  std::string misplaced() const {
    const bool replays = app_.count("--replay") > 0;
    for (const char* name : {"--speed", "--times", "--stamps"}) {
      if (!replays && app_.count(name) > 0) return std::string(name) + " goes with --replay only";
    }
    for (const char* name : {"--markets", "--series", "--rate", "--seed", "--churn",
                             "--churn-markets", "--combos", "--for"}) {
      if (replays && app_.count(name) > 0) return std::string(name) + " does not go with --replay";
    }
    return "";
  }

  // Ranges that CLI11 does not refuse: it finds that NaN lies within every one.
  std::string impossible() const {
    const auto& rest = options_.server.rest;
    const std::pair<const char*, double> amounts[] = {
        {"--rate", options_.synthetic.rate},
        {"--churn", options_.synthetic.churn_share.value_or(0)},
        {"--churn-markets", options_.synthetic.churn_markets.value_or(0)},
        {"--combos", options_.synthetic.combos_per_minute.value_or(0)},
        {"--anonymous-tokens", rest.anonymous_tokens_per_second},
        {"--read-tokens", rest.read_tokens_per_second},
        {"--read-bucket-seconds", rest.read_bucket_seconds}};
    for (const auto& [name, amount] : amounts) {
      if (!std::isfinite(amount) || amount < 0)
        return std::string(name) + " is a number, 0 or above";
    }
    const bool ends = app_.count("--for") > 0;
    return ends && options_.play_for.count() == 0 ? "--for is a duration above 0" : "";
  }

  std::string read_listen() {
    const auto colon = options_.listen.rfind(':');
    auto& http = options_.server.http;
    if (colon == std::string::npos) return "--listen is host:port, such as 127.0.0.1:9700";
    http.host = options_.listen.substr(0, colon);
    const char* begin = options_.listen.data() + colon + 1;
    const char* end = options_.listen.data() + options_.listen.size();
    const auto read = std::from_chars(begin, end, http.port);
    const bool numeric = read.ec == std::errc() && read.ptr == end;
    return numeric ? "" : "--listen: '" + std::string(begin, end) + "' is no port";
  }

  CLI::App app_;
  SimOptions options_;
  std::string speed_ = "1";
  std::string times_ = "shifted";
  std::string stamps_ = "us";
  std::string unknown_tickers_ = "partial";
};

}  // namespace

std::optional<std::chrono::milliseconds> parse_sim_duration(const std::string& text) {
  return sim::parse_duration(text);
}

std::variant<SimOptions, int> parse_sim_options(int argc, char** argv) {
  return SimCommandLine().parse(argc, argv);
}

}  // namespace kd
