#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "codec/metadata_fields.h"

namespace kd {

// A list of the exchange, read page by page.
struct MetadataList {
  MetadataKind kind = MetadataKind::kMarkets;
  std::string endpoint{};  // its name in metrics
  std::string path{};      // with its first query parameter
};

// Several lists one after the other, each to its end. Pure. Not thread-safe.
class ListReader {
 public:
  explicit ListReader(std::vector<MetadataList> lists) : lists_(std::move(lists)) {}

  bool over() const { return at_ == lists_.size(); }
  // Of the page to ask for now; not when over().
  const MetadataList& list() const { return lists_[at_]; }
  std::string path() const;

  // `cursor`: of the next page, empty after the last; `empty`: the page listed nothing.
  void on_page(const std::string& cursor, bool empty);
  std::size_t pages() const { return pages_; }

 private:
  std::vector<MetadataList> lists_;
  std::size_t at_ = 0;
  std::string cursor_;
  std::size_t pages_ = 0;
};

// Pages of lists, in entries: what the exchange gives at most.
struct MetadataPages {
  int events = 200;
  int markets = 1000;
};

// Everything, in the order in which series, events and markets name each other. One unfiltered
// list of markets: of lists by status, one that moves from a later to an earlier list is missed.
std::vector<MetadataList> full_lists(const MetadataPages& pages);
// What changed since (Unix seconds). The exchange has no filter by update for combos: theirs are
// the new and the settled.
std::vector<MetadataList> increment_lists(const MetadataPages& pages, std::int64_t since_s);

}  // namespace kd
