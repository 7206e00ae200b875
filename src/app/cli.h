#pragma once

namespace kd {

// The command line of `kalshi-data`; answers an ExitCode. Call from the main thread.
int run_kalshi_data(int argc, char** argv);

}  // namespace kd
