#pragma once

#include <cstdint>
#include <string>

#include "book/coverage_question.h"
#include "database/connection.h"

namespace kd {

// Which parts of (from, to] one line alone does not cover for the book of `ticker`, from the
// evidence in its gatherer's database.
Expected<CoverageAnswer> line_coverage(Connection& database, const std::string& gatherer,
                                       const std::string& ticker, std::int64_t from,
                                       std::int64_t to);

}  // namespace kd
