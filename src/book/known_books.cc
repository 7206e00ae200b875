#include "book/known_books.h"

namespace kd {
namespace {

constexpr std::size_t kNodeBytes = 160;  // of the list and the index, beside the texts

}  // namespace

std::size_t KnownBooks::bytes_of(const Entry& entry) {
  return sizeof(Entry) + kNodeBytes + 2 * entry.ticker.capacity() + entry.known.book.memory_bytes();
}

const KnownBooks::Entry* KnownBooks::find(const std::string& ticker) const {
  const auto found = index_.find(ticker);
  return found == index_.end() ? nullptr : &*found->second;
}

void KnownBooks::put(Entry entry) {
  erase(entry.ticker);
  entry.known.book.shrink();
  bytes_ += bytes_of(entry);
  entries_.push_front(std::move(entry));
  index_[entries_.front().ticker] = entries_.begin();
  while (bytes_ > max_bytes_ && !entries_.empty()) drop(std::prev(entries_.end()));
}

void KnownBooks::erase(const std::string& ticker) {
  const auto found = index_.find(ticker);
  if (found != index_.end()) drop(found->second);
}

void KnownBooks::clear() {
  index_.clear();
  entries_.clear();
  bytes_ = 0;
}

void KnownBooks::drop(std::list<Entry>::iterator entry) {
  bytes_ -= bytes_of(*entry);
  index_.erase(entry->ticker);
  entries_.erase(entry);
}

}  // namespace kd
