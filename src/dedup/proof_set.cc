#include "dedup/proof_set.h"

#include <algorithm>

#include "codec/copy_reader.h"
#include "dedup/copy_arrays.h"

namespace kd {
namespace {

constexpr std::size_t kAt = 1;
constexpr std::size_t kStreams = 2;
constexpr std::size_t kProven = 3;

}  // namespace

void ProofSet::add(const Page& page, std::int64_t now_us, std::vector<RefusedRow>& refused) {
  const auto bounds = StampBounds::at(now_us);
  CopyReader reader(page.rows, table_specs()[page.table].columns);
  CopyRow row;
  while (reader.next(row)) {
    if (!read_int8_array(row.bytes(kStreams), streams_) ||
        !read_int8_array(row.bytes(kProven), proven_) || streams_.size() != proven_.size()) {
      refused.push_back({.gatherer = static_cast<std::uint32_t>(page.gatherer),
                         .position = position_of(row),
                         .reason = "the arrays of the watermark do not match",
                         .frame = std::string(row.whole())});
      continue;
    }
    const auto stamp = row.int8(kAt).value_or(0);
    const auto at = bounds.hold(stamp) ? stamp : position_of(row);
    for (std::size_t i = 0; i < streams_.size(); ++i) {
      add({page.gatherer, streams_[i]}, {.proven_until_us = proven_[i], .at_us = at});
    }
  }
}

void ProofSet::add(const ProofSet& other) {
  for (const auto& [key, proof] : other.newest_) add(key, proof);
}

void ProofSet::add(const Key& key, const MergedProof& proof) {
  auto& newest = newest_[key];
  newest.proven_until_us = std::max(newest.proven_until_us, proof.proven_until_us);
  newest.at_us = std::max(newest.at_us, proof.at_us);
}

}  // namespace kd
