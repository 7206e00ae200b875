#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace kd {

// Before and after everything, where an end is not known.
inline constexpr std::int64_t kEver = INT64_MIN;
inline constexpr std::int64_t kNever = INT64_MAX;

// The instants after `from` up to and with `to`, µs since the epoch by the exchange's clock: what
// follows a base begins behind it, and what is proven until an instant includes it. A value.
struct Interval {
  std::int64_t from = 0;
  std::int64_t to = 0;

  bool empty() const { return to <= from; }
  std::int64_t length() const { return empty() ? 0 : to - from; }  // of a finite one
  bool contains(std::int64_t at) const { return from < at && at <= to; }
  friend bool operator==(const Interval&, const Interval&) = default;
};

// What both have in common; may be empty.
Interval common(const Interval& a, const Interval& b);

// A set of instants as ascending intervals that neither meet nor overlap. A value.
class IntervalSet {
 public:
  IntervalSet() = default;
  explicit IntervalSet(Interval all) { add(all); }

  void add(Interval more);
  void remove(Interval less);

  bool contains(std::int64_t at) const;
  bool covers(Interval all) const;  // an empty one is covered
  IntervalSet within(Interval bounds) const;
  IntervalSet missing_in(Interval bounds) const;
  std::int64_t total() const;  // µs
  std::span<const Interval> pieces() const& { return pieces_; }
  std::span<const Interval> pieces() && = delete;
  bool empty() const { return pieces_.empty(); }

  friend bool operator==(const IntervalSet&, const IntervalSet&) = default;

 private:
  std::vector<Interval> pieces_;
};

}  // namespace kd
