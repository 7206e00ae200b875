#include "app/process_usage.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace kd {
namespace {

namespace fs = std::filesystem;

std::string text_of(pid_t process, const char* file) {
  std::ifstream in(fmt::format("/proc/{}/{}", process, file));
  return {std::istreambuf_iterator<char>(in), {}};
}

std::optional<StatTimes> times_of(pid_t process) {
  return parse_stat(text_of(process, "stat"), ::sysconf(_SC_CLK_TCK));
}

double seconds_of_children(pid_t parent) {
  double seconds = 0;
  std::error_code problem;
  for (fs::directory_iterator at("/proc", problem), end; !problem && at != end;
       at.increment(problem)) {
    const std::string name = at->path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto times = times_of(static_cast<pid_t>(std::stol(name)));
    if (times && times->parent == parent) seconds += times->own_seconds;
  }
  return seconds;
}

}  // namespace

// "12 (the name) S 1 …": the name may hold blanks and parentheses.
std::optional<StatTimes> parse_stat(std::string_view text, long ticks_per_second) {
  const auto name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  text.remove_prefix(name_end + 1);
  std::vector<double> numbers;  // [0] is the parent, the field behind the state
  while (numbers.size() < 14 && !text.empty()) {
    const auto begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) break;
    text.remove_prefix(begin);
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec == std::errc()) numbers.push_back(value);
    text.remove_prefix(std::min(text.find(' '), text.size()));
  }
  if (numbers.size() < 14) return std::nullopt;
  const auto ticks = static_cast<double>(ticks_per_second);
  return StatTimes{static_cast<pid_t>(numbers[0]), (numbers[10] + numbers[11]) / ticks,
                   (numbers[12] + numbers[13]) / ticks};
}

std::int64_t parse_peak_rss(std::string_view status) {
  constexpr std::string_view kKey = "VmHWM:";
  const auto at = status.find(kKey);
  if (at == std::string_view::npos) return 0;
  status.remove_prefix(at + kKey.size());
  status.remove_prefix(std::min(status.find_first_of("0123456789"), status.size()));
  std::int64_t kibibytes = 0;
  std::from_chars(status.data(), status.data() + status.size(), kibibytes);
  return kibibytes * 1024;
}

std::optional<ProcessUsage> usage_of(pid_t process) {
  const auto times = times_of(process);
  if (!times) return std::nullopt;
  return ProcessUsage{times->own_seconds, parse_peak_rss(text_of(process, "status"))};
}

std::optional<ProcessUsage> usage_with_children(pid_t process) {
  const auto times = times_of(process);
  if (!times) return std::nullopt;
  return ProcessUsage{
      times->own_seconds + times->ended_children_seconds + seconds_of_children(process), 0};
}

}  // namespace kd
