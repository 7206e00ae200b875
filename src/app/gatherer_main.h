#pragma once

namespace kd {

// The program `gatherer`; answers an ExitCode. Call from the main thread.
int run_gatherer(int argc, char** argv);

}  // namespace kd
