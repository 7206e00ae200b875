#pragma once

#include <array>
#include <string_view>

#include "base/expected.h"

namespace kd {

// The 16 bytes of a UUID in the order of its text, which is also PostgreSQL's binary form.
struct Uuid {
  std::array<char, 16> bytes{};

  // "7e5b9c1a-52d3-4b0e-9d77-c3a1f8e20641", either case; anything else is an error.
  static Expected<Uuid> parse(std::string_view text);

  std::string_view view() const { return {bytes.data(), bytes.size()}; }
  friend bool operator==(const Uuid&, const Uuid&) = default;
};

}  // namespace kd
