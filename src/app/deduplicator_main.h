#pragma once

namespace kd {

// The program `deduplicator`; answers an ExitCode. Call from the main thread.
int run_deduplicator(int argc, char** argv);

}  // namespace kd
