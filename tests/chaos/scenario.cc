#include "chaos/scenario.h"

#include <chrono>
#include <csignal>
#include <memory>
#include <random>
#include <stdexcept>

namespace kd {
namespace {

using Act = std::function<void(LocalPlatform&, double)>;

void must(const Expected<void>& done) {
  if (!done) throw std::runtime_error(done.error().what);
}

// Does each thing once, when its share of the run has come.
struct Timed {
  double at;
  std::function<void(LocalPlatform&)> deed;
};
Act timed(std::vector<Timed> deeds) {
  auto left = std::make_shared<std::vector<Timed>>(std::move(deeds));
  return [left](LocalPlatform& platform, double share) {
    while (!left->empty() && share >= left->front().at) {
      const auto deed = left->front().deed;
      left->erase(left->begin());
      deed(platform);
    }
  };
}

void kill_and_restart(LocalPlatform& platform, int gatherer) {
  platform.processes().kill(gatherer_name(gatherer));
  must(platform.start_gatherer(gatherer));
}

// Ten times, gatherers and moments drawn with a fixed seed.
Act random_kills() {
  std::mt19937 random(42);
  std::vector<Timed> deeds;
  for (int i = 0; i < 10; ++i) {
    const int gatherer = static_cast<int>(random() % 3);
    const double jitter = static_cast<double>(random() % 100) / 100.0;
    deeds.push_back({0.05 + 0.08 * (i + jitter), [gatherer](LocalPlatform& platform) {
                       kill_and_restart(platform, gatherer);
                     }});
  }
  return timed(std::move(deeds));
}

Act database_away(double from, double to) {
  return timed({{from, [](LocalPlatform& p) { must(p.gatherer_cluster(0).server().stop()); }},
                {to, [](LocalPlatform& p) { must(p.gatherer_cluster(0).server().start()); }}});
}

Act production_away(double from, double to) {
  return timed({{from, [](LocalPlatform& p) { must(p.production_cluster().server().stop()); }},
                {to, [](LocalPlatform& p) { must(p.production_cluster().server().start()); }}});
}

// They come back for the end only, to hand over what they have.
Act two_dead() {
  std::vector<Timed> deeds;
  for (const int gatherer : {1, 2}) {
    deeds.push_back({0.02, [gatherer](LocalPlatform& platform) {
                       platform.processes().kill(gatherer_name(gatherer));
                     }});
  }
  for (const int gatherer : {1, 2}) {
    deeds.push_back(
        {0.95, [gatherer](LocalPlatform& platform) { must(platform.start_gatherer(gatherer)); }});
  }
  return timed(std::move(deeds));
}

Act deduplicator_kills() {
  std::vector<Timed> deeds;
  for (const double at : {0.15, 0.3, 0.45, 0.6, 0.75}) {
    deeds.push_back({at, [](LocalPlatform& platform) {
                       platform.processes().kill(kDeduplicatorName);
                       must(platform.start_deduplicator());
                     }});
  }
  return timed(std::move(deeds));
}

// In order and under load, within the 30 s that a stop may take; exit code 0 says that no row was
// lost.
Act restarts() {
  const auto restart = [](LocalPlatform& platform) {
    must(platform.processes().stop({gatherer_name(0)}, std::chrono::seconds(30)));
    must(platform.start_gatherer(0));
  };
  return timed({{0.3, restart}, {0.6, restart}});
}

// Ten thousand of them, a hundred at a time.
Act handovers() {
  auto begun = std::make_shared<std::int64_t>(0);
  return [begun](LocalPlatform& platform, double share) {
    if (share < 0.1 || *begun >= 10'000) return;
    *begun += platform.begin_handovers(0, 200).begun;
  };
}

Act frozen(const std::string& process, double from, double to) {
  return timed({{from, [=](LocalPlatform& p) { p.processes().signal(process, SIGSTOP); }},
                {to, [=](LocalPlatform& p) { p.processes().signal(process, SIGCONT); }}});
}

// Silence that takes half a minute to be told from quiet must be over within a short run.
void be_impatient(UpOptions& options) { options.gatherer_config["connections.stale_after"] = "3s"; }

Scenario fault(std::string name, std::string what, std::vector<std::string> faults) {
  return {.name = std::move(name),
          .what = std::move(what),
          .faults = std::move(faults),
          .act = {},
          .tune = {},
          .may_miss_rows = false};
}

Scenario deed(std::string name, std::string what, Act act) {
  return {.name = std::move(name),
          .what = std::move(what),
          .faults = {},
          .act = std::move(act),
          .tune = {},
          .may_miss_rows = false};
}

std::vector<Scenario> make() {
  std::vector<Scenario> all;
  all.push_back(deed("calm", "nothing goes wrong", {}));
  all.push_back(fault("drop", "one frame in a thousand lost by one gatherer",
                      {"drop,p=0.001,client=gatherer-1"}));
  auto drop_alone = fault("drop-alone", "the same with one gatherer only", {"drop,p=0.001"});
  drop_alone.tune = [](UpOptions& options) { options.gatherers = 1; };
  drop_alone.may_miss_rows = true;
  all.push_back(drop_alone);
  all.push_back(fault("hole", "seq jumps without a lost frame", {"hole,p=0.001"}));
  all.push_back(fault("duplicate", "frames come twice", {"duplicate,p=0.001"}));
  all.push_back(
      fault("reorder", "two frames change places", {"reorder,p=0.001,client=gatherer-1"}));
  all.push_back(fault("malformed", "frames that are no JSON or lack a field",
                      {"malformed,p=0.0005,client=gatherer-1"}));
  all.push_back(fault("unknown-type", "messages of a type nobody knows", {"unknown-type,p=0.001"}));
  all.push_back(
      fault("unknown-key", "keys nobody knows", {"unknown-key,p=0.01,channel=orderbook_delta"}));
  all.push_back(fault("dark", "pings go on, data do not, on half of the sockets of one gatherer",
                      {"dark,p=0.5,after=2s,client=gatherer-1,new=no"}));
  all.push_back(fault("silent", "half of the sockets of one gatherer say nothing at all",
                      {"silent,p=0.5,after=2s,client=gatherer-1,new=no"}));
  all.back().tune = be_impatient;
  all.push_back(fault("half-open", "half of the sockets of one gatherer are dead and stay open",
                      {"half-open,p=0.5,after=2s,client=gatherer-1,new=no"}));
  all.back().tune = be_impatient;
  all.push_back(fault("no-pings", "no pings", {"no-pings,after=2s"}));
  all.back().tune = be_impatient;
  all.push_back(fault("reset", "sockets of one gatherer are reset every 2 s",
                      {"reset,p=0.3,client=gatherer-1,after=2s,every=2s"}));
  all.push_back(fault("close", "sockets are closed with 1001 every 2 s",
                      {"close,p=0.3,client=gatherer-1,after=2s,every=2s,code=1001"}));
  all.push_back(fault("end-sid", "subscriptions end with error 25 while the socket lives",
                      {"end-sid,p=0.3,client=gatherer-1,after=2s,every=3s,code=25"}));
  all.push_back(fault("lost-replies", "one reply in ten is lost", {"lost-reply,p=0.1"}));
  all.push_back(
      fault("busy", "one command in ten is refused with 27", {"refuse-command,p=0.1,code=27"}));
  all.push_back(
      fault("no-snapshot", "one new market in ten sends no snapshot", {"no-snapshot,p=0.1"}));
  all.push_back(fault("rest-429", "one REST request in three is refused with 429",
                      {"rest,p=0.3,status=429"}));
  all.push_back(fault("rest-html", "one REST request in three fails with an HTML page",
                      {"rest,p=0.3,status=502,how=html"}));
  all.push_back(fault("refused-dials", "half of the dials are refused", {"refuse,p=0.5"}));
  all.push_back(
      fault("fragments", "messages in pieces, pings between them", {"fragment,bytes=100"}));
  all.push_back(fault("maintenance", "the exchange closes for a while and cuts sockets",
                      {"maintenance,after=3s,for=4s"}));
  all.push_back(fault("slow-reads", "half of the sockets of one gatherer get 20 kB/s",
                      {"slow-read,p=0.5,after=2s,rate=20000,client=gatherer-1,new=no"}));
  all.push_back(fault("late-snapshots", "snapshots come half a second behind the first changes",
                      {"late-snapshot,p=0.2,by=500ms"}));
  all.push_back(fault("flipped-leg", "one gatherer gets the prices of no in the leg of yes",
                      {"flip-leg,client=gatherer-1"}));
  all.push_back(fault("mixed-stamps", "one gatherer gets microseconds in ts, the others do not",
                      {"ts-us,client=gatherer-1", "ts-ms,client=gatherer-2"}));
  all.push_back(fault("slow-accept", "half of the dials wait 2 s for their upgrade",
                      {"slow-accept,p=0.5,by=2s"}));
  all.push_back(fault("clock", "the exchange's clock is 2 s ahead", {"clock-skew,by=2s"}));
  auto moves =
      deed("handovers", "markets move between the sockets of the only gatherer, up to 10,000 times",
           handovers());
  moves.tune = [](UpOptions& options) {
    options.gatherers = 1;
    options.markets = 2'000;
  };
  all.push_back(moves);
  all.push_back(fault("lost-subscribed", "replies are lost and snapshots withheld",
                      {"lost-reply,p=0.1", "no-snapshot,p=0.3"}));
  all.push_back(
      deed("restarts", "a gatherer is stopped with SIGTERM under load, twice", restarts()));
  all.push_back(
      deed("kills", "gatherers are killed with SIGKILL ten times at random", random_kills()));
  all.push_back(deed("freeze", "a gatherer is frozen with SIGSTOP for half of the run",
                     frozen("gatherer-1", 0.2, 0.7)));
  all.push_back(deed("database-stop", "the database of a gatherer is stopped for half of the run",
                     database_away(0.2, 0.7)));
  all.push_back(
      deed("database-kill", "the database of a gatherer is killed and started again",
           timed({{0.3, [](LocalPlatform& p) { p.gatherer_cluster(0).server().kill(); }},
                  {0.5, [](LocalPlatform& p) { must(p.gatherer_cluster(0).server().start()); }}})));
  auto full =
      deed("disk-full", "the database of a gatherer is stopped and its spill may hold 1 MiB only",
           database_away(0.1, 0.8));
  full.tune = [](UpOptions& options) {
    options.gatherer_config["spill.max_bytes"] = "1MiB";
    options.gatherer_config["writers.memory_limit"] = "1MiB";
  };
  all.push_back(full);
  all.push_back(
      deed("two-dead", "two of three gatherers are dead nearly from start to end", two_dead()));
  all.push_back(deed("production-stop", "production is stopped for half of the run",
                     production_away(0.2, 0.7)));
  all.push_back(deed(
      "production-kill", "production is killed and started again",
      timed({{0.3, [](LocalPlatform& p) { p.production_cluster().server().kill(); }},
             {0.4, [](LocalPlatform& p) { must(p.production_cluster().server().start()); }}})));
  all.push_back(deed("deduplicator-kills", "the deduplicator is killed with SIGKILL five times",
                     deduplicator_kills()));
  all.push_back(deed("deduplicator-freeze",
                     "the deduplicator is frozen with SIGSTOP, and loses its sessions meanwhile",
                     frozen(kDeduplicatorName, 0.2, 0.8)));
  return all;
}

}  // namespace

const std::vector<Scenario>& scenarios() {
  static const auto all = make();
  return all;
}

}  // namespace kd
