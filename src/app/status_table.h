#pragma once

#include <string>

#include "app/up_figures.h"
#include "base/with_commas.h"

namespace kd {

// Several lines for a terminal, each ended by a newline.
std::string render_table(const UpFigures& figures);

// The same in one line, for logs and pipes; without a newline.
std::string render_line(const UpFigures& figures);

}  // namespace kd
