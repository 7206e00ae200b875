#include "app/local_platform.h"

#include <fmt/format.h>
#include <unistd.h>

#include <set>

#include "app/local_http.h"
#include "base/time.h"
#include "net/crypto.h"

namespace kd {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds kPoll{100};
constexpr auto kStartPatience = 60s;
constexpr std::size_t kTailLines = 12;
constexpr const char* kGathererDatabase = "kalshi_ts";
constexpr const char* kProductionDatabase = "kalshi_prod";

tl::unexpected<Error> ended(const Supervisor::Ended& child) {
  return fail(Remedy::kGiveUp,
              fmt::format("{} ended by itself with {}; the end of {}:\n{}", child.name,
                          describe_exit(child.exit_code), child.log.string(),
                          tail_of(child.log, kTailLines, child.log_begin)));
}

}  // namespace

LocalPlatform::LocalPlatform(UpOptions options, Surroundings surroundings, UpLayout layout,
                             DirectoryLock lock)
    : options_(std::move(options)),
      around_(std::move(surroundings)),
      layout_(std::move(layout)),
      lock_(std::move(lock)),
      processes_(layout_.directory) {}

LocalPlatform::~LocalPlatform() = default;

Expected<std::unique_ptr<LocalPlatform>> LocalPlatform::prepare(UpOptions options,
                                                                Surroundings surroundings) {
  for (const auto* program : {"exchange-sim", "gatherer", "deduplicator"}) {
    if (options.exchange && program == std::string_view(kSimulatorName)) continue;
    if (!fs::exists(surroundings.programs / program)) {
      return fail(Remedy::kGiveUp, fmt::format("there is no {} beside this program in {}; build "
                                               "all programs with 'make build'",
                                               program, surroundings.programs.string()));
    }
  }
  KD_TRY(auto layout, choose_layout(options.directory, ::geteuid() == 0));
  KD_DO(make_directories(layout));
  KD_TRY(auto lock, DirectoryLock::take(layout.lock()));
  std::unique_ptr<LocalPlatform> platform(
      new LocalPlatform(std::move(options), std::move(surroundings), layout, std::move(lock)));
  KD_DO(platform->set_up());
  return platform;
}

Expected<void> LocalPlatform::set_up() {
  if (layout_.clusters.parent_path() != layout_.directory) {
    around_.tell(fmt::format("the databases are in {}: the account that runs them may not enter {}",
                             layout_.clusters.string(), layout_.directory.string()));
  }
  KD_DO(choose_ports());
  if (options_.replay && options_.keep) {
    around_.tell("warning: --keep: the audit may count rows of an earlier replay");
  }
  if (options_.begins_empty()) {
    KD_DO(wipe(layout_));
    KD_DO(make_directories(layout_));
  }
  KD_DO(drop_orphaned_clusters());
  KD_DO(make_keys());
  KD_DO(open_clusters());
  return write_configs();
}

// Clusters outside of a directory that was deleted since: nobody has their passwords any more.
Expected<void> LocalPlatform::drop_orphaned_clusters() {
  std::error_code problem;
  for (const auto& cluster : fs::directory_iterator(layout_.clusters)) {
    const auto name = cluster.path().filename().string();
    if (fs::exists(layout_.secret(name, "postgres"))) continue;
    around_.tell(fmt::format("removing {}: it belongs to a directory that was deleted",
                             cluster.path().string()));
    fs::remove_all(cluster.path(), problem);
    if (problem) return fail(Remedy::kGiveUp, cluster.path().string() + ": " + problem.message());
  }
  return {};
}

// Both kinds that the exchange takes: the second gatherer's is Ed25519.
Expected<void> LocalPlatform::make_keys() {
  if (options_.exchange) return {};
  auto ids = gatherer_names(options_);
  ids.push_back(kDeduplicatorName);
  for (const auto& id : ids) {
    if (fs::exists(layout_.private_key(id)) && fs::exists(layout_.public_key(id))) continue;
    const auto generate =
        id == gatherer_name(1) ? generate_ed25519_key_pair : generate_rsa_key_pair;
    KD_DO(generate(layout_.private_key(id), layout_.public_key(id)));
  }
  return {};
}

Expected<void> LocalPlatform::open_clusters() {
  for (const auto& name : gatherer_names(options_)) {
    around_.tell("starting database " + name);
    PrivateCluster::Options cluster{name,
                                    kGathererDatabase,
                                    SchemaKind::kGatherer,
                                    {"gatherer", "dedup_reader"},
                                    options_.engine};
    KD_TRY(auto opened, PrivateCluster::open(layout_, std::move(cluster)));
    gatherers_.push_back(std::move(opened));
  }
  around_.tell(std::string("starting database ") + kProductionCluster);
  PrivateCluster::Options cluster{kProductionCluster,
                                  kProductionDatabase,
                                  SchemaKind::kProduction,
                                  {"deduplicator", "reader"},
                                  options_.engine};
  KD_TRY(production_, PrivateCluster::open(layout_, std::move(cluster)));
  return {};
}

Expected<void> LocalPlatform::choose_ports() {
  std::set<std::uint16_t> taken;
  auto next = options_.port;
  const auto choose = [&](std::uint16_t& port) -> Expected<void> {
    if (next) {
      port = (*next)++;
      if (local_port_is_free(port)) return {};
      return fail(Remedy::kGiveUp, fmt::format("port {} of 127.0.0.1 is in use; stop the program "
                                               "that listens there, or take another --port",
                                               port));
    }
    do {
      KD_TRY(port, free_local_port());
    } while (!taken.insert(port).second);
    return {};
  };
  ports_.gatherers.resize(static_cast<std::size_t>(options_.gatherers));
  if (!options_.exchange) KD_DO(choose(ports_.simulator));
  for (auto& port : ports_.gatherers) {
    KD_DO(choose(port));
  }
  return choose(ports_.deduplicator);
}

Expected<void> LocalPlatform::write_configs() {
  std::vector<UpDatabase> databases;
  for (int i = 0; i < options_.gatherers; ++i) {
    databases.push_back(gatherer_cluster(i).database());
    KD_DO(write_private(layout_.config(gatherer_name(i)),
                        plan().gatherer_config(i, databases.back())));
  }
  return write_private(layout_.config(kDeduplicatorName),
                       plan().deduplicator_config(databases, production_->database()));
}

PrivateCluster& LocalPlatform::gatherer_cluster(int index) {
  return *gatherers_[static_cast<std::size_t>(index)];
}

Expected<void> LocalPlatform::start(const ProcessPlan& process, std::uint16_t port,
                                    const std::string& target) {
  around_.tell(fmt::format("starting {} on 127.0.0.1:{}", process.name, port));
  KD_DO(processes_.start(process));
  const auto deadline = std::chrono::steady_clock::now() + kStartPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    KD_DO(check_processes());
    if (local_http("GET", port, target)) return {};
    if (around_.pause(kPoll)) return fail(Remedy::kGiveUp, "stopped while starting");
  }
  return fail(Remedy::kGiveUp,
              fmt::format("{} does not answer at http://127.0.0.1:{}{}; the end of {}:\n{}",
                          process.name, port, target, process.log.string(),
                          tail_of(process.log, kTailLines, processes_.log_begin(process.name))));
}

Expected<void> LocalPlatform::start_simulator() {
  started_us_ = to_us(wall_now());
  if (options_.exchange) return {};
  const auto seed = static_cast<std::uint64_t>(started_us_ / 1'000'000);
  return start(plan().simulator(seed), ports_.simulator, "/sim/status");
}

Expected<void> LocalPlatform::start_gatherer(int index) {
  return start(plan().gatherer(index), ports_.gatherers[static_cast<std::size_t>(index)],
               "/health");
}

Expected<void> LocalPlatform::start_deduplicator() {
  return start(plan().deduplicator(), ports_.deduplicator, "/health");
}

Expected<void> LocalPlatform::check_processes() {
  if (const auto child = processes_.unexpected_end()) return ended(*child);
  return {};
}

}  // namespace kd
