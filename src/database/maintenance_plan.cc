#include "database/maintenance_plan.h"

#include <algorithm>

namespace kd {
namespace {

std::int64_t us(std::chrono::milliseconds time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

// Where the kept part of a table begins; nothing: all of it is kept.
std::optional<std::int64_t> keep_from(const MaintenanceRules& rules, const std::string& table,
                                      const StorageState& state, Micros now) {
  const auto reference = storage_age_reference(state, now);
  const auto keep = rules.keep_of(table);
  if (!reference || !keep) return std::nullopt;
  return *reference - us(*keep);
}

bool has_partition_of(const TableState& table, std::int64_t key) {
  return std::ranges::any_of(table.partitions, [key](const PartitionState& partition) {
    return partition.from_key <= key && key < partition.to_key;
  });
}

void plan_making(const std::string& name, const TableState& table, std::int64_t reference,
                 MaintenancePlan& plan) {
  for (const auto key : {reference, reference + table.width_us}) {
    if (!has_partition_of(table, key)) plan.make.push_back({name, key});
  }
}

// Partitions that end here or before go; nothing: none does.
std::optional<std::int64_t> drop_before(const MaintenanceRules& rules, const std::string& name,
                                        const StorageState& state, Micros now) {
  const auto& table = state.at(name);
  const auto keep = keep_from(rules, name, state, now);
  if (!keep || !table.safe_before || table.partitions.empty()) return std::nullopt;
  const auto before = std::min(*keep, *table.safe_before);
  if (table.partitions.front().to_key > before) return std::nullopt;
  return before;
}

void plan_compressing(const std::string& name, const TableState& table, std::int64_t from,
                      std::int64_t before, MaintenancePlan& plan) {
  for (const auto& partition : table.partitions) {
    if (partition.to_key > from && partition.to_key <= before && !partition.finished) {
      plan.compress.push_back({name, partition.from_key});
    }
  }
}

}  // namespace

std::optional<std::chrono::milliseconds> MaintenanceRules::keep_of(const std::string& table) const {
  const auto found = keep.find(table);
  return found == keep.end() ? keep_others : found->second;
}

std::optional<std::int64_t> storage_age_reference(const StorageState& state, Micros now) {
  std::optional<std::int64_t> newest;
  for (const auto& [name, table] : state) {
    if (table.tells_age) newest = std::max(newest, table.newest_key);
  }
  if (!newest) return std::nullopt;
  return std::min(*newest, to_us(now));
}

MaintenancePlan plan_maintenance(const MaintenanceRules& rules, const StorageState& state,
                                 Micros now) {
  MaintenancePlan plan;
  const auto reference = storage_age_reference(state, now);
  for (const auto& [name, table] : state) {
    if (rules.native) plan_making(name, table, reference.value_or(to_us(now)), plan);
    const auto dropped = drop_before(rules, name, state, now);
    if (dropped) plan.drop.push_back({name, *dropped});
    if (!rules.native && reference) {
      plan_compressing(name, table, dropped.value_or(0), *reference - us(rules.compress_after),
                       plan);
    }
  }
  return plan;
}

StorageFigures storage_figures(const MaintenanceRules& rules, const std::string& table,
                               const StorageState& state, Micros now) {
  StorageFigures figures;
  const auto& partitions = state.at(table).partitions;
  const auto keep = keep_from(rules, table, state, now);
  for (const auto& partition : partitions) {
    ++figures.partitions;
    figures.compressed += partition.compressed ? 1 : 0;
    figures.bytes += partition.bytes;
    figures.held += keep && partition.to_key <= *keep ? 1 : 0;
  }
  if (!partitions.empty()) figures.oldest_key = partitions.front().from_key;
  return figures;
}

}  // namespace kd
