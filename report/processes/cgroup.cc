// /proc/PID/cgroup: lines of "number:controllers:path" (cgroups(7)). The one with number 0 is
// version 2; where version 1 is in use, systemd's is "name=systemd".

#include <algorithm>
#include <cctype>

#include "report/processes/proc_text.h"

namespace weir::processes {
namespace {

constexpr size_t kIdDigits = 64;
constexpr size_t kShortId = 12;  ///< as docker, podman and crictl print it
constexpr size_t kShortPod = 8;

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isxdigit(c) != 0; });
}

/// The id at the end of "docker-<id>.scope" or of "<id>"; empty when there is none.
std::string_view container_id(std::string_view part) {
  if (part.ends_with(".scope")) part.remove_suffix(6);
  if (part.size() < kIdDigits) return {};
  const auto id = part.substr(part.size() - kIdDigits);
  const bool alone = part.size() == kIdDigits || part[part.size() - kIdDigits - 1] == '-';
  return alone && is_hex(id) ? id : std::string_view{};
}

/// Who runs the container.
std::string_view runtime_of(std::string_view part, std::string_view above) {
  if (part.starts_with("docker-") || above == "docker") return "docker";
  if (part.starts_with("libpod-") || above.starts_with("libpod")) return "podman";
  if (part.starts_with("cri-containerd-")) return "containerd";
  if (part.starts_with("crio-")) return "cri-o";
  return "container";
}

/// "kubepods-burstable-pod1234abcd_...slice" and "pod1234abcd-...": the start of its identifier.
std::string_view pod_of(std::string_view path) {
  const size_t pods = path.find("kubepods");
  if (pods == std::string_view::npos) return {};
  for (size_t at = path.find("pod", pods + 8); at != std::string_view::npos;
       at = path.find("pod", at + 3)) {
    const auto id = path.substr(at + 3, kShortPod);
    if (id.size() == kShortPod && is_hex(id) && (path[at - 1] == '-' || path[at - 1] == '/')) {
      return id;
    }
  }
  return {};
}

/// systemd writes what a name may not hold as "\x2d".
std::string unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) == "\\x" && i + 4 <= text.size() && is_hex(text.substr(i + 2, 2))) {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 2, 2)), nullptr, 16));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string unit_of_part(std::string_view part, std::string_view above, std::string_view path) {
  if (const auto id = container_id(part); !id.empty()) {
    const auto short_id = std::string(id.substr(0, kShortId));
    const auto pod = pod_of(path);
    if (!pod.empty()) return "pod " + std::string(pod) + "/" + short_id;
    return std::string(runtime_of(part, above)) + " " + short_id;
  }
  if (part.starts_with("lxc.payload.")) return "lxc " + std::string(part.substr(12));
  if (part.ends_with(".service") || part.ends_with(".scope")) return unescaped(part);
  return {};
}

/// The innermost container or unit; a unit inside a container is less telling than the container.
std::string unit_of_path(std::string_view path) {
  std::string unit;
  for (std::string_view rest = path; !rest.empty();) {
    const size_t slash = rest.rfind('/');
    const size_t start = slash == std::string_view::npos ? 0 : slash + 1;
    const auto part = rest.substr(start);
    rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(0, slash);
    const size_t above = rest.rfind('/');
    auto found =
        unit_of_part(part, above == std::string_view::npos ? rest : rest.substr(above + 1), path);
    const bool container = !container_id(part).empty() || part.starts_with("lxc.payload.");
    if (!found.empty() && container) return found;
    if (unit.empty()) unit = std::move(found);
  }
  return unit;
}

}  // namespace

std::string unit_of_cgroup(std::string_view text) {
  std::string best;
  int best_rank = 3;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t first = line.find(':');
    const size_t second = line.find(':', first == std::string_view::npos ? first : first + 1);
    if (second == std::string_view::npos) continue;
    const auto controllers = line.substr(first + 1, second - first - 1);
    const int rank = line.starts_with("0::") ? 0 : controllers == "name=systemd" ? 1 : 2;
    if (rank >= best_rank) continue;
    auto unit = unit_of_path(line.substr(second + 1));
    if (unit.empty()) continue;
    best = std::move(unit);
    best_rank = rank;
  }
  return clean(best);
}

}  // namespace weir::processes
