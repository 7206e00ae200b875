#include "config/text_file.h"

#include <filesystem>
#include <fstream>
#include <sstream>

namespace kd {

namespace fs = std::filesystem;

Expected<std::string> read_text_file(const std::string& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    return fail(Remedy::kGiveUp, "is a directory; expected a file");
  }
  // Through a buffer: istreambuf_iterator throws where reading fails.
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (in && in.peek() != std::ifstream::traits_type::eof()) text << in.rdbuf();
  if (in.is_open() && !in.bad() && text) return text.str();
  return fail(Remedy::kGiveUp, "cannot be read; does the file exist, and may this user read it?");
}

bool others_may_read(const std::string& path) {
  std::error_code problem;
  const auto mode = fs::status(path, problem).permissions();
  if (problem) return false;
  return (mode & (fs::perms::group_all | fs::perms::others_all)) != fs::perms::none;
}

}  // namespace kd
