#include "report/names/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace weir::report {

std::optional<std::string> read_text_file(const std::string& path, size_t most_bytes) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return std::nullopt;
  struct stat about{};
  std::optional<std::string> text;
  if (::fstat(fd, &about) == 0 && S_ISREG(about.st_mode)) {
    text.emplace(most_bytes, '\0');
    size_t filled = 0;
    while (filled < most_bytes) {
      const ssize_t got = ::read(fd, text->data() + filled, most_bytes - filled);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      filled += static_cast<size_t>(got);
    }
    text->resize(filled);
    if (filled == most_bytes) text->resize(text->rfind('\n') + 1);
  }
  ::close(fd);
  return text;
}

bool take_line(std::string_view& text, std::string_view& line) {
  if (text.empty()) return false;
  const size_t end = std::min(text.find('\n'), text.size());
  line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  line = line.substr(0, line.find('#'));
  return true;
}

std::string_view take_word(std::string_view& line) {
  constexpr std::string_view kBlanks = " \t\r\f\v";
  const size_t start = std::min(line.find_first_not_of(kBlanks), line.size());
  const size_t end = std::min(line.find_first_of(kBlanks, start), line.size());
  const std::string_view word = line.substr(start, end - start);
  line.remove_prefix(end);
  return word;
}

}  // namespace weir::report
