#pragma once

#include <cstdint>

#include "model/messages.h"

namespace kd {

// A fingerprint of an order book that follows its changes: the sum over its levels of size times
// an odd 64-bit weight of (side, price), modulo 2^64. Eight bytes instead of a book: a snapshot
// equals the book that changes have made of an earlier one exactly when the sums are equal, but
// for a chance of 2^-64. A value.
class BookSum {
 public:
  BookSum() = default;
  static BookSum of(const OrderbookSnapshot& snapshot) {
    BookSum sum;
    for (const auto& level : snapshot.yes) sum.change(Side::kYes, level.price, level.size);
    for (const auto& level : snapshot.no) sum.change(Side::kNo, level.price, level.size);
    return sum;
  }

  void change(Side side, Price price, Size by) {
    sum_ += weight(side, price) * static_cast<std::uint64_t>(by.hundredths());
  }

  friend bool operator==(const BookSum&, const BookSum&) = default;

 private:
  // The finalizer of MurmurHash3: every bit of the level changes half of the weight's.
  static std::uint64_t weight(Side side, Price price) {
    auto x = (static_cast<std::uint64_t>(price.raw()) << 1 | (is_yes(side) ? 1U : 0U)) + 1;
    x *= 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 33)) * 0xff51afd7ed558ccd;
    x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53;
    return (x ^ (x >> 33)) | 1;
  }

  std::uint64_t sum_ = 0;
};

}  // namespace kd
