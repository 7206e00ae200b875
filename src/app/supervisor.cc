#include "app/supervisor.h"

#include <fmt/format.h>

#include <csignal>
#include <cstring>
#include <deque>
#include <fstream>

#include "database/child_process.h"

namespace kd {
namespace {

using std::chrono::milliseconds;
constexpr int kSignalBase = 128;

}  // namespace

Supervisor::~Supervisor() { kill_all(); }

Expected<void> Supervisor::start(const ProcessPlan& plan) {
  std::error_code no_log_yet;
  const auto size = std::filesystem::file_size(plan.log, no_log_yet);
  const std::uintmax_t log_begin = no_log_yet ? 0 : size;
  ChildOptions options;
  options.command = plan.command;
  options.output = plan.log;
  options.directory = directory_;
  options.signal_on_parent_death = SIGKILL;
  KD_TRY(const pid_t id, start_child(options));
  children_[plan.name] = {
      .id = id, .log = plan.log, .log_begin = log_begin, .exit_code = {}, .expected_to_end = false};
  return {};
}

void Supervisor::reap(Child& child, milliseconds wait) {
  if (!child.exit_code) child.exit_code = await_child(child.id, wait);
}

std::optional<Supervisor::Ended> Supervisor::unexpected_end() {
  for (auto& [name, child] : children_) {
    reap(child, milliseconds(0));
    if (!child.exit_code || child.expected_to_end) continue;
    child.expected_to_end = true;
    return Ended{name, *child.exit_code, child.log, child.log_begin};
  }
  return std::nullopt;
}

std::uintmax_t Supervisor::log_begin(const std::string& name) const {
  const auto child = children_.find(name);
  return child == children_.end() ? 0 : child->second.log_begin;
}

std::optional<pid_t> Supervisor::id_of(const std::string& name) const {
  const auto child = children_.find(name);
  if (child == children_.end()) return std::nullopt;
  return child->second.id;
}

bool Supervisor::running(const std::string& name) {
  const auto child = children_.find(name);
  if (child == children_.end()) return false;
  reap(child->second, milliseconds(0));
  return !child->second.exit_code;
}

void Supervisor::signal(const std::string& name, int number) {
  if (running(name)) ::kill(children_[name].id, number);
}

Expected<void> Supervisor::stop(const std::vector<std::string>& names, milliseconds patience) {
  for (const auto& name : names) {
    signal(name, SIGTERM);
    if (children_.contains(name)) children_[name].expected_to_end = true;
  }
  std::string problem;
  const auto note = [&](std::string text) {
    if (problem.empty()) problem = std::move(text);
  };
  for (const auto& name : names) {
    const auto child = children_.find(name);
    if (child == children_.end()) continue;
    reap(child->second, patience);
    const auto exit_code = child->second.exit_code;
    if (!exit_code) {
      kill(name);
      note(fmt::format("{} did not stop within {} s and was killed (see {})", name,
                       patience.count() / 1000, child->second.log.string()));
    } else if (*exit_code != 0) {
      note(fmt::format("{} stopped with {} (see {})", name, describe_exit(*exit_code),
                       child->second.log.string()));
    }
  }
  if (!problem.empty()) return fail(Remedy::kGiveUp, problem);
  return {};
}

void Supervisor::kill(const std::string& name) {
  if (!running(name)) return;
  auto& child = children_[name];
  child.expected_to_end = true;
  ::kill(child.id, SIGKILL);
  reap(child, std::chrono::seconds(30));
}

void Supervisor::kill_all() {
  for (auto& [name, child] : children_) kill(name);
}

std::string describe_exit(int exit_code) {
  if (exit_code <= kSignalBase) return fmt::format("exit code {}", exit_code);
  const int number = exit_code - kSignalBase;
  return fmt::format("signal {} ({})", number, ::sigdescr_np(number));
}

std::string tail_of(const std::filesystem::path& file, std::size_t lines, std::uintmax_t begin) {
  std::ifstream in(file);
  in.seekg(static_cast<std::streamoff>(begin));
  std::deque<std::string> last;
  for (std::string line; std::getline(in, line);) {
    last.push_back(line);
    if (last.size() > lines) last.pop_front();
  }
  std::string out;
  for (const auto& line : last) out += line + "\n";
  return out;
}

}  // namespace kd
