#include "backends/interfaces/permission.h"

#include <limits.h>
#include <unistd.h>

#include <array>

#include "engine/core/shell_word.h"

namespace weir::backends {
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

std::string capture_permission_hint() {
  return "capturing needs CAP_NET_RAW; run as root, or once: " +
         setcap_line("cap_net_raw,cap_net_admin=eip");
}

}  // namespace weir::backends
