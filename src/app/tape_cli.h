#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace kd {

// Adds `tape ls|cat|verify|decode` to the command line. When one of them is chosen, `choose` is
// given what to run; it answers an ExitCode.
void add_tape_commands(CLI::App& cli, const std::function<void(std::function<int()>)>& choose);

}  // namespace kd
