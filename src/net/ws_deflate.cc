#include "net/ws_deflate.h"

#include <zlib.h>

#include <array>
#include <charconv>
#include <memory>
#include <set>
#include <vector>

#include "base/check.h"

namespace kd {

namespace {

constexpr std::string_view kName = "permessage-deflate";
constexpr std::string_view kFlushEnd("\x00\x00\xff\xff", 4);  // what every message leaves out
// A small hash table: what a short message costs is mostly its clearing.
constexpr int kMemoryLevel = 3;
constexpr int kFullWindowBits = 15;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> parts_of(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(separator);
    parts.push_back(trimmed(text.substr(0, end)));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// 8 to 15; 0 for anything else.
int window_bits(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  int bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && bits >= 8 && bits <= kFullWindowBits ? bits : 0;
}

// Whether we can do what the parameter asks.
bool acceptable(std::string_view name, std::optional<std::string_view> value) {
  if (name == "server_no_context_takeover" || name == "client_no_context_takeover") return !value;
  if (name == "server_max_window_bits") {
    return value && window_bits(*value) >= kDeflateWindowBits;
  }
  return name == "client_max_window_bits" && (!value || window_bits(*value) != 0);
}

std::optional<std::string> accept(std::string_view offer) {
  const auto parts = parts_of(offer, ';');
  if (parts.front() != kName) return std::nullopt;
  std::set<std::string_view> seen;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto equals = parts[i].find('=');
    const std::string_view name = trimmed(parts[i].substr(0, equals));
    std::optional<std::string_view> value;
    if (equals != std::string_view::npos) value = trimmed(parts[i].substr(equals + 1));
    if (!acceptable(name, value) || !seen.insert(name).second) return std::nullopt;
  }
  std::string answer(kName);
  answer += "; server_no_context_takeover; client_no_context_takeover";
  if (seen.contains("server_max_window_bits")) {
    answer += "; server_max_window_bits=" + std::to_string(kDeflateWindowBits);
  }
  return answer;
}

// zlib wants non-const bytes that it does not change.
Bytef* bytes_of(std::string_view text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}

}  // namespace

std::optional<std::string> accept_deflate(std::string_view offers) {
  for (const std::string_view offer : parts_of(offers, ',')) {
    if (auto answer = accept(offer)) return answer;
  }
  return std::nullopt;
}

void append_stored(std::string& out, std::string_view text) {
  KD_CHECK(text.size() <= 0xffff);
  const auto put = [&out](std::size_t value) {
    out.push_back(static_cast<char>(value & 0xff));
    out.push_back(static_cast<char>(value >> 8 & 0xff));
  };
  out.push_back('\0');
  put(text.size());
  put(~text.size());
  out.append(text);
}

struct WsDeflater::Impl {
  z_stream stream{};
};

WsDeflater::WsDeflater() : impl_(std::make_unique<Impl>()) {
  KD_CHECK(deflateInit2(&impl_->stream, Z_BEST_SPEED, Z_DEFLATED, -kDeflateWindowBits, kMemoryLevel,
                        Z_DEFAULT_STRATEGY) == Z_OK);
}

WsDeflater::~WsDeflater() { deflateEnd(&impl_->stream); }

std::string WsDeflater::run(std::string_view text) {
  z_stream& stream = impl_->stream;
  deflateReset(&stream);
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())) + kFlushEnd.size() + 1,
                  '\0');
  stream.next_in = bytes_of(text);
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = bytes_of(out);
  stream.avail_out = static_cast<uInt>(out.size());
  KD_CHECK(deflate(&stream, Z_SYNC_FLUSH) == Z_OK && stream.avail_out > 0);
  out.resize(out.size() - stream.avail_out - kFlushEnd.size());
  return out;
}

struct WsInflater::Impl {
  // False when the bytes are damaged, or `out` grew beyond `max_bytes`.
  bool feed(std::string_view bytes, std::string& out, std::size_t max_bytes);

  z_stream stream{};
  std::array<char, 16 << 10> piece{};
};

bool WsInflater::Impl::feed(std::string_view bytes, std::string& out, std::size_t max_bytes) {
  stream.next_in = bytes_of(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  do {
    stream.next_out = bytes_of({piece.data(), piece.size()});
    stream.avail_out = static_cast<uInt>(piece.size());
    const int result = inflate(&stream, Z_SYNC_FLUSH);
    if (result != Z_OK && result != Z_BUF_ERROR) return false;
    out.append(piece.data(), piece.size() - stream.avail_out);
    if (out.size() > max_bytes) return false;
  } while (stream.avail_out == 0);
  return stream.avail_in == 0;
}

WsInflater::WsInflater() : impl_(std::make_unique<Impl>()) {
  KD_CHECK(inflateInit2(&impl_->stream, -kFullWindowBits) == Z_OK);
}

WsInflater::~WsInflater() { inflateEnd(&impl_->stream); }

std::optional<std::string> WsInflater::run(std::string_view payload, std::size_t max_bytes) {
  inflateReset(&impl_->stream);
  std::string out;
  const bool good = impl_->feed(payload, out, max_bytes) && impl_->feed(kFlushEnd, out, max_bytes);
  return good ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace kd
