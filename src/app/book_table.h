#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "book/book_at.h"

namespace kd {

// A book for a person: bids and asks of yes side by side, best first, what it rests on, and in
// plain words why it may be wrong. `depth`: levels shown of each side; absent: all.
std::string book_text(const BookAnswer& answer, std::optional<std::size_t> depth);

// The same as one JSON object; prices and sizes are decimal texts, times RFC 3339. Keys are
// documented in docs/kalshi-data/book.
std::string book_json(const BookAnswer& answer, std::optional<std::size_t> depth);

}  // namespace kd
