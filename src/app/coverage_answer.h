#pragma once

#include "book/coverage_question.h"
#include "database/connection.h"

namespace kd {

// What the evidence in production says to a question about a book. What no line proves (yet), and
// time before the market was first recorded, is not covered.
Expected<CoverageAnswer> coverage_answer(Connection& production, const std::string& ticker,
                                         std::int64_t from, std::int64_t to);

}  // namespace kd
