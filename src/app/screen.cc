#include "app/screen.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "app/status_table.h"

namespace kd {
namespace {

constexpr std::chrono::seconds kBetweenLines{5};

// A line that wraps would be two, and redrawing would leave one behind.
std::string clipped_to_terminal(const std::string& text) {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return text;
  std::string out;
  std::size_t column = 0;
  for (const char c : text) {
    column = c == '\n' ? 0 : column + 1;
    if (column <= size.ws_col) out += c;
  }
  return out;
}

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace

Screen::Screen() : terminal_(::isatty(STDOUT_FILENO) != 0) {}

void Screen::erase() {
  if (drawn_lines_ > 0) print(fmt::format("\x1b[{}F\x1b[J", drawn_lines_));
  drawn_lines_ = 0;
}

void Screen::tell(const std::string& line) {
  erase();
  print(line + "\n");
}

void Screen::show(const UpFigures& figures) {
  if (terminal_) {
    erase();
    const std::string table = clipped_to_terminal(render_table(figures));
    print(table);
    drawn_lines_ = static_cast<std::size_t>(std::count(table.begin(), table.end(), '\n'));
  } else if (figures.at - last_line_ >= kBetweenLines) {
    print(render_line(figures) + "\n");
    last_line_ = figures.at;
  }
}

}  // namespace kd
