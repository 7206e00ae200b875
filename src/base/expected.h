#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace kd {

// What the caller should do about a failure. We classify errors by consequence,
// not by origin: a reader of a call site needs the decision, not the taxonomy.
enum class Remedy {
  kDropItem,   // this record is bad; count it and go on
  kRetry,      // nothing was changed; try the same thing again after a pause
  kReconnect,  // the connection is unusable; open a new one, then retry
  kInDoubt,    // it may or may not have happened; redo only if the redo is harmless
  kGiveUp,     // no retry can help (bad configuration, wrong schema)
};

struct Error {
  Remedy remedy;
  std::string what;  // for a human; names the field, table or host
};

template <typename T>
using Expected = tl::expected<T, Error>;  // std::expected once the compiler has it

inline tl::unexpected<Error> fail(Remedy remedy, std::string what) {
  return tl::unexpected(Error{remedy, std::move(what)});
}

}  // namespace kd

// `KD_TRY(auto price, Price::parse(text));` declares `price`, or returns the error.
// NOLINTBEGIN(bugprone-macro-parentheses): a declaration cannot be parenthesised.
#define KD_TRY(decl, expr) KD_TRY_LINE(__LINE__, decl, expr)
#define KD_TRY_LINE(line, decl, expr) KD_TRY_NAMED(line, decl, expr)
#define KD_TRY_NAMED(line, decl, expr) KD_TRY_AS(kd_try_##line, decl, expr)
#define KD_TRY_AS(result, decl, expr)                            \
  auto result = (expr);                                          \
  if (!result) return tl::unexpected(std::move(result).error()); \
  decl = *std::move(result)
// NOLINTEND(bugprone-macro-parentheses)

// `KD_DO(connection.begin());` goes on, or returns the error; for calls whose value is not wanted.
#define KD_DO(expr)                                                  \
  do {                                                               \
    auto kd_done = (expr);                                           \
    if (!kd_done) return tl::unexpected(std::move(kd_done).error()); \
  } while (false)
