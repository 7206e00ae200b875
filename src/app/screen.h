#pragma once

#include <cstddef>
#include <string>

#include "app/up_figures.h"

namespace kd {

// Shows figures on stdout: redrawn in place on a terminal, a plain line now and then elsewhere.
// Confined to one thread.
class Screen {
 public:
  Screen();

  // A line that stays.
  void tell(const std::string& line);
  void show(const UpFigures& figures);
  // Takes the figures away, so that what is printed next does not run into them.
  void erase();

 private:
  const bool terminal_;
  std::size_t drawn_lines_ = 0;
  std::chrono::milliseconds last_line_{-1'000'000};
};

}  // namespace kd
