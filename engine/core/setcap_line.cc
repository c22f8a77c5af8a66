#include "engine/core/setcap_line.h"

#include <limits.h>
#include <unistd.h>

#include <array>

#include "engine/core/shell_word.h"

namespace weir {
namespace {

std::string own_path() {
  std::array<char, PATH_MAX> path{};
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
  return length > 0 ? std::string(path.data(), static_cast<size_t>(length)) : "weir";
}

}  // namespace

std::string setcap_line(const std::string& capabilities) {
  return "setcap " + capabilities + " " + shell_word(own_path());
}

}  // namespace weir
