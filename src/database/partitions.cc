#include "database/partitions.h"

#include <fmt/format.h>

namespace kd {
namespace {

constexpr std::int64_t kRemembered = 3;  // partitions behind the newest; older ones may be dropped

}  // namespace

Expected<Partitions> Partitions::load(Connection& connection) {
  KD_TRY(const auto rows, connection.query("SELECT table_name, width_us FROM kd_partitioning"));
  Partitions out;
  for (const auto& row : rows) out.widths_us_[text_at(row, 0)] = int_at(row, 1).value_or(0);
  return out;
}

std::int64_t Partitions::width_us(const std::string& table) const {
  const auto found = widths_us_.find(table);
  return found == widths_us_.end() ? 0 : found->second;
}

Expected<void> Partitions::ensure(Connection& connection, const std::string& table,
                                  std::int64_t from, std::int64_t to) {
  const auto width = width_us(table);
  if (width == 0) return {};
  auto& present = present_[table];
  for (auto bucket = from / width; bucket <= to / width; ++bucket) {
    if (present.contains(bucket)) continue;
    const auto begin = fmt::to_string(bucket * width);
    KD_TRY(const auto rows,
           connection.query("SELECT kd_ensure_partitions($1, $2, $2)", {table, begin}));
    present.insert(bucket);
    present.erase(present.begin(), present.lower_bound(*present.rbegin() - kRemembered));
  }
  return {};
}

}  // namespace kd
