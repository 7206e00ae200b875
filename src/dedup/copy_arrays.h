#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace kd {

// The elements of a one-dimensional array column in COPY-binary form, as CopyRowWriter writes it.
// False when the bytes are something else or hold a NULL; any bytes are safe.
bool read_int8_array(std::string_view bytes, std::vector<std::int64_t>& out);
// Views into `bytes`.
bool read_text_array(std::string_view bytes, std::vector<std::string_view>& out);

}  // namespace kd
