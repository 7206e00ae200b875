#include "database/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <system_error>
#include <thread>

namespace kd {
namespace {

// Between fork and exec only async-signal-safe calls are allowed: no allocation.
[[noreturn]] void become(const ChildOptions& options, char* const* argv, int output, pid_t parent) {
  ::setsid();
  const int in = ::open("/dev/null", O_RDONLY);
  if (in >= 0) ::dup2(in, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::close_range(3, ~0U, 0);
  const bool changes_account = options.account && options.account->uid != ::geteuid();
  if (changes_account && (::setgroups(0, nullptr) != 0 || ::setgid(options.account->gid) != 0 ||
                          ::setuid(options.account->uid) != 0)) {
    ::_exit(126);
  }
  if (::chdir(options.directory.c_str()) != 0) ::_exit(126);
  // After setuid, which clears it.
  if (options.signal_on_parent_death != 0) {
    ::prctl(PR_SET_PDEATHSIG, options.signal_on_parent_death);
    if (::getppid() != parent) ::_exit(126);  // it died before that took effect
  }
  sigset_t none;
  sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
  ::execv(argv[0], argv);
  ::_exit(127);
}

}  // namespace

Expected<pid_t> start_child(const ChildOptions& options) {
  std::vector<char*> argv;
  argv.reserve(options.command.size() + 1);
  for (const auto& word : options.command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const int output =
      ::open(options.output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (output < 0) {
    return fail(Remedy::kGiveUp, fmt::format("cannot write {}: {}", options.output.string(),
                                             std::generic_category().message(errno)));
  }
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) become(options, argv.data(), output, parent);
  ::close(output);
  if (child < 0)
    return fail(Remedy::kRetry, fmt::format("fork: {}", std::generic_category().message(errno)));
  return child;
}

std::optional<int> await_child(pid_t child, std::chrono::milliseconds wait) {
  const auto deadline = std::chrono::steady_clock::now() + wait;
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child) return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (ended < 0) return 0;  // not ours any more: nothing to wait for
    if (std::chrono::steady_clock::now() >= deadline) return std::nullopt;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

}  // namespace kd
