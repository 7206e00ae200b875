#pragma once

#include "book/coverage_question.h"
#include "database/connection.h"

namespace kd {

// What the evidence in production says to a question about a book. What a line proves is covered,
// before the market's opening and behind its settlement too; what none proves (yet) is not.
Expected<CoverageAnswer> coverage_answer(Connection& production, const std::string& ticker,
                                         std::int64_t from, std::int64_t to);

}  // namespace kd
