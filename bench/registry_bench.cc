// How long the registry takes to read a list of markets over REST and the poller to read all their
// books, and how much memory both need: kd_registry_bench [markets] [kB of text in each market].
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "market/market_registry.h"
#include "net/http_server.h"
#include "poller/snapshot_poller.h"
#include "support/silent_log.h"

namespace kd {
namespace {

std::string ticker(std::size_t market) {
  return fmt::format("KXSERIES{:04}-26NOV22-T{:07}.50", market / 1'000, market);
}

std::size_t number_behind(std::string_view text, std::string_view name) {
  const auto at = text.find(name);
  return at == std::string_view::npos ? 0
                                      : std::strtoull(text.data() + at + name.size(), nullptr, 10);
}

HttpResponse markets_page(const HttpRequest& request, std::size_t markets,
                          const std::string& text) {
  std::string body = R"({"markets":[)";
  std::string cursor;
  if (request.target.find("status=open&mve_filter=exclude") != std::string::npos) {
    const auto from = number_behind(request.target, "cursor=");
    const auto to = std::min(from + 1'000, markets);
    for (auto i = from; i < to; ++i) {
      body += fmt::format(
          R"({}{{"ticker":"{}","event_ticker":"E","status":"active","rules_primary":"{}",)"
          R"("open_time":"2026-01-22T00:00:00Z","close_time":"2036-{:02}-{:02}T00:00:00Z"}})",
          i == from ? "" : ",", ticker(i), text, 1 + i % 12, 1 + i % 28);
    }
    if (to < markets) cursor = std::to_string(to);
  }
  return {200, "application/json", body + R"(],"cursor":")" + cursor + "\"}", {}};
}

HttpResponse books(const HttpRequest& request) {
  std::string body = R"({"orderbooks":[)";
  for (std::size_t at = 0; (at = request.target.find("tickers=", at)) != std::string::npos;) {
    at += 8;
    body += fmt::format(
        R"({}{{"ticker":"{}","orderbook_fp":{{"yes_dollars":[["0.4100","88.50"],["0.4200","1300.00"]],)"
        R"("no_dollars":[["0.5400","20.00"],["0.5600","146.00"]]}}}})",
        body.ends_with('[') ? "" : ",",
        request.target.substr(at, request.target.find('&', at) - at));
  }
  return {200, "application/json", body + "]}", {}};
}

[[noreturn]] void serve(int port_out, std::size_t markets, std::size_t text_bytes) {
  const std::string text(text_bytes, 'x');
  EventLoop loop;
  const auto answer = [&](const HttpRequest& request) {
    if (request.target.find("/orderbooks") != std::string::npos) return books(request);
    if (request.target.find("/markets") != std::string::npos) {
      return markets_page(request, markets, text);
    }
    return HttpResponse{404, "application/json", "{}", {}};
  };
  const auto server = HttpServer::start(loop, {}, {.request = answer, .upgrade = {}});
  if (!server) std::_Exit(1);
  const auto port = (*server)->port();
  if (::write(port_out, &port, sizeof(port)) != sizeof(port)) std::_Exit(1);
  loop.run();
  std::_Exit(0);
}

double resident_mb() {
  std::ifstream status("/proc/self/statm");
  double total = 0;
  double resident = 0;
  status >> total >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void measure(std::uint16_t port, std::size_t markets) {
  using namespace std::chrono_literals;
  MetricsRegistry metrics;
  Interner tickers;
  RestClient client({.base_url = fmt::format("http://127.0.0.1:{}/trade-api/v2", port),
                     .ca_file = {},
                     .timeout = 30s,
                     .max_retries = 3,
                     .retry_backoff = 1s,
                     .tokens_per_second = 1e9,
                     .bucket_capacity = 1e9},
                    nullptr, metrics, silent_logger());
  SnapshotPoller poller({.interval = 15min, .concurrency = 8, .request_timeout = 10s, .phase = 0},
                        tickers, client,
                        {.hand_over = [](Table, RowBatch& rows) { rows.clear(); },
                         .quarantine = [](const std::string&, std::string_view) {}},
                        metrics, silent_logger());
  Registry registry({.reconcile_interval = 1h,
                     .status_interval = 1min,
                     .page_size = 1000,
                     .read_share = 1,
                     .learn_budget = false,
                     .rules = {}},
                    tickers, client,
                    {.wanted = [](const auto&) {},
                     .open = [&](const MarketTable::Change& change) { poller.add(change.added); },
                     .refused = [](const Error& error) { fmt::print("{}\n", error.what); },
                     .heard = {}},
                    metrics, silent_logger());
  const double before = resident_mb();
  const auto start = std::chrono::steady_clock::now();
  poller.start();
  registry.start();
  while (!registry.walked_once()) std::this_thread::sleep_for(10ms);
  fmt::print("{} markets listed in {:.1f} s\n", registry.markets(), seconds_since(start));
  auto& fetched = metrics.counter("poller_snapshots_fetched_total", "");
  while (fetched.value() < static_cast<double>(markets)) std::this_thread::sleep_for(10ms);
  const double after = resident_mb();
  const double names = static_cast<double>(tickers.bytes()) / 1e6;
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  fmt::print("{:.0f} books read after {:.1f} s\n", fetched.value(), seconds_since(start));
  fmt::print(
      "resident: {:.1f} MB more than before, of it {:.1f} MB names of markets; peak {:.1f} MB\n",
      after - before, names, static_cast<double>(used.ru_maxrss) / 1e3);
}

int run(std::size_t markets, std::size_t text_bytes) {
  int port_pipe[2];
  if (::pipe(port_pipe) != 0) return 1;
  const auto child = ::fork();
  if (child == 0) serve(port_pipe[1], markets, text_bytes);
  std::uint16_t port = 0;
  if (child < 0 || ::read(port_pipe[0], &port, sizeof(port)) != sizeof(port)) return 1;
  measure(port, markets);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  return 0;
}

}  // namespace
}  // namespace kd

int main(int argc, char** argv) {
  const std::size_t markets = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const std::size_t kilobytes = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 2;
  return kd::run(markets, kilobytes * 1'000);
}
