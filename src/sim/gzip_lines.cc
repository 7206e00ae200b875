#include "sim/gzip_lines.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <system_error>

#include "base/check.h"

namespace kd::sim {

namespace {

constexpr std::size_t kInputBytes = 32 << 10;
constexpr std::size_t kOutputBytes = 64 << 10;
constexpr int kGzip = 15 + 16;  // zlib: the largest window, gzip format

Bytef* bytes_of(const char* text) {
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text));  // zlib takes no const
}

}  // namespace

struct GzipLineReader::Impl {
  explicit Impl(std::vector<std::string> names) : files(std::move(names)) {
    KD_CHECK(inflateInit2(&stream, kGzip) == Z_OK);
  }
  ~Impl() { inflateEnd(&stream); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Expected<bool> more_text();
  Expected<void> load();
  Expected<void> inflate_some();
  Expected<bool> end_of_file();
  tl::unexpected<Error> torn(std::string_view why) const {
    return fail(Remedy::kGiveUp, std::string(why));
  }

  std::vector<std::string> files;
  std::size_t file = 0;
  std::int64_t offset = 0;  // of the next byte to read from the file
  std::uint64_t line = 0;
  z_stream stream{};
  bool in_member = false;
  std::string input;   // compressed, being used up through stream.next_in
  std::string output;  // text, from `used` on not yet returned
  std::size_t used = 0;
};

GzipLineReader::GzipLineReader(std::vector<std::string> files)
    : impl_(std::make_unique<Impl>(std::move(files))) {}
GzipLineReader::~GzipLineReader() = default;
GzipLineReader::GzipLineReader(GzipLineReader&&) noexcept = default;
GzipLineReader& GzipLineReader::operator=(GzipLineReader&&) noexcept = default;

std::string GzipLineReader::where() const {
  const std::size_t at = std::min(impl_->file, impl_->files.size() - 1);
  return fmt::format("{}:{}", impl_->files[at], impl_->line);
}

Expected<std::optional<std::string_view>> GzipLineReader::next() {
  Impl& self = *impl_;
  for (std::size_t searched = self.used;;) {
    const auto end = self.output.find('\n', searched);
    if (end != std::string::npos) {
      const std::string_view line(self.output.data() + self.used, end - self.used);
      self.used = end + 1;
      ++self.line;
      return line;
    }
    const std::size_t rest = self.output.size() - self.used;
    KD_TRY(const bool more, self.more_text());  // moves the rest to the front
    if (!more) return std::nullopt;
    searched = rest;
  }
}

// Appends text behind the unreturned rest; a file's last line may lack its end.
Expected<bool> GzipLineReader::Impl::more_text() {
  output.erase(0, used);
  used = 0;
  const std::size_t before = output.size();
  while (output.size() == before) {
    if (file == files.size()) return false;
    if (stream.avail_in == 0) {
      if (auto loaded = load(); !loaded) return tl::unexpected(loaded.error());
      if (stream.avail_in == 0) {
        KD_TRY(const bool line_without_end, end_of_file());
        if (line_without_end) return true;
        continue;
      }
    }
    if (auto inflated = inflate_some(); !inflated) return tl::unexpected(inflated.error());
  }
  return true;
}

Expected<void> GzipLineReader::Impl::load() {
  const int descriptor = ::open(files[file].c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return torn(std::generic_category().message(errno));
  input.resize(kInputBytes);
  const ssize_t got = ::pread(descriptor, input.data(), input.size(), offset);
  const int error = errno;
  ::close(descriptor);
  if (got < 0) return torn(std::generic_category().message(error));
  if (got == 0 && offset == 0) return torn("the file is empty");
  offset += got;
  stream.next_in = bytes_of(input.data());
  stream.avail_in = static_cast<uInt>(got);
  return {};
}

Expected<void> GzipLineReader::Impl::inflate_some() {
  const std::size_t before = output.size();
  output.resize(before + kOutputBytes);
  stream.next_out = bytes_of(output.data() + before);
  stream.avail_out = static_cast<uInt>(kOutputBytes);
  in_member = true;
  const int result = inflate(&stream, Z_NO_FLUSH);
  output.resize(before + kOutputBytes - stream.avail_out);
  if (result == Z_STREAM_END) {
    in_member = false;
    KD_CHECK(inflateReset(&stream) == Z_OK);
  } else if (result != Z_OK && result != Z_BUF_ERROR) {
    ++line;
    return torn("damaged gzip data");
  }
  return {};
}

// True when it ended the file's last line.
Expected<bool> GzipLineReader::Impl::end_of_file() {
  if (in_member) {
    ++line;
    return torn("the file ends in the middle of its gzip data");
  }
  const bool unfinished = !output.empty() && output.back() != '\n';
  if (unfinished) {
    output.push_back('\n');
    return true;
  }
  ++file;
  offset = 0;
  if (file < files.size()) line = 0;
  return false;
}

Expected<void> append_gzip_member(const std::string& path, std::string_view text) {
  z_stream stream{};
  KD_CHECK(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) ==
           Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = bytes_of(text.data());
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = bytes_of(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  KD_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  std::FILE* file = std::fopen(path.c_str(), "ab");
  if (file == nullptr) {
    return fail(Remedy::kGiveUp,
                fmt::format("{}: {}", path, std::generic_category().message(errno)));
  }
  const bool written = std::fwrite(out.data(), 1, out.size(), file) == out.size();
  const bool closed = std::fclose(file) == 0;
  if (written && closed) return {};
  return fail(Remedy::kGiveUp, fmt::format("{}: {}", path, std::generic_category().message(errno)));
}

}  // namespace kd::sim
