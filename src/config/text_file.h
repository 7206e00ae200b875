#pragma once

#include <string>

#include "base/expected.h"

namespace kd {

// A whole file. The error says what is wrong with it, to be put behind its name.
Expected<std::string> read_text_file(const std::string& path);

// Whether group or others may read it; false when it is not there.
bool others_may_read(const std::string& path);

}  // namespace kd
