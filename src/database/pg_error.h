#pragma once

#include <string>
#include <string_view>

#include "base/expected.h"

namespace kd {

// What to do about an error of this SQLSTATE ("23505"; empty: the session is lost).
// `names_constraint`: whether the server said which constraint was violated.
// Source: PostgreSQL manual, appendix A.
Remedy remedy_of(std::string_view sqlstate, bool names_constraint = true);

// The five-character SQLSTATE in a verbose server message ("FATAL:  28P01: password …"), or "".
std::string_view sqlstate_in(std::string_view message);

// One line, without a trailing newline, and without `secret` should it occur.
std::string clean_message(std::string_view message, std::string_view secret);

}  // namespace kd
