#pragma once

#include <filesystem>

#include "app/up_options.h"

namespace kd {

// `kalshi-data up`: runs the platform until its end or Ctrl-C. `programs` is the directory of
// our executables. Writes to stdout and stderr; answers an ExitCode. Call from the main thread.
int run_up(const UpOptions& options, const std::filesystem::path& programs);

}  // namespace kd
