#include "report/processes/package_index.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace weir::processes {
namespace {

constexpr size_t kMaxListBytes = 64 << 20;
constexpr size_t kMaxLists = 1 << 17;
constexpr std::string_view kInfo = "var/lib/dpkg/info";

std::string read_file(int fd) {
  std::string text;
  std::array<char, 1 << 16> part;
  while (text.size() < kMaxListBytes) {
    const ssize_t got = ::read(fd, part.data(), part.size());
    if (got <= 0) break;
    text.append(part.data(), static_cast<size_t>(got));
  }
  return text;
}

std::string read_in_root(int root_fd, const std::string& path) {
  const int fd = open_in_root(root_fd, path);
  if (fd < 0) return {};
  std::string text = read_file(fd);
  ::close(fd);
  return text;
}

std::string_view take_line(std::string_view& text) {
  const size_t length = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, length);
  text.remove_prefix(std::min(length + 1, text.size()));
  return line;
}

/// "libc6:amd64.list" is of libc6.
std::string package_of(std::string_view file) {
  file.remove_suffix(std::string_view(".list").size());
  return std::string(file.substr(0, file.find(':')));
}

/// The names that a list may have the file under, the path itself first.
std::vector<std::string> names_of(int root_fd, std::string_view path) {
  std::vector<std::string> names{std::string(path)};
  constexpr std::string_view kUsr = "/usr";
  const bool in_usr = path.starts_with("/usr/");
  const std::string_view rest = in_usr ? path.substr(kUsr.size()) : path;
  const size_t slash = rest.find('/', 1);
  if (slash == std::string_view::npos) return names;
  const std::string top(rest.substr(1, slash - 1));
  if (!top.starts_with("bin") && !top.starts_with("sbin") && !top.starts_with("lib")) return names;
  struct stat info{};
  const bool merged =
      ::fstatat(root_fd, top.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(info.st_mode);
  if (merged) names.push_back(in_usr ? std::string(rest) : std::string(kUsr) + std::string(path));
  return names;
}

struct Wanted {
  std::vector<DivertedPath> names;
};

std::string find_package(int root_fd, int folder_fd, const Wanted& wanted) {
  DIR* folder = ::fdopendir(folder_fd);
  if (folder == nullptr) {
    ::close(folder_fd);
    return {};
  }
  std::string found;
  size_t lists = 0;
  while (const dirent* entry = ::readdir(folder)) {
    const std::string_view file = entry->d_name;
    if (!file.ends_with(".list") || ++lists > kMaxLists) continue;
    const std::string package = package_of(file);
    std::string text;
    for (const DivertedPath& name : wanted.names) {
      if (name.by_admin || package == name.never) continue;
      if (!name.only.empty() && package != name.only) continue;
      if (text.empty()) text = read_in_root(root_fd, std::string(kInfo) + "/" + entry->d_name);
      if (lists_path(text, name.path)) found = package;
    }
    if (!found.empty()) break;
  }
  ::closedir(folder);
  return found;
}

}  // namespace

int open_in_root(int root_fd, const std::string& path, bool folder) {
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (folder ? O_DIRECTORY : 0);
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const int fd = static_cast<int>(::syscall(SYS_openat2, root_fd, path.c_str(), &how, sizeof how));
  struct stat info{};
  if (fd < 0 || folder) return fd;
  if (::fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) return fd;
  ::close(fd);
  return -1;
}

bool lists_path(std::string_view list, std::string_view path) {
  if (path.empty()) return false;
  for (size_t at = list.find(path); at != std::string_view::npos; at = list.find(path, at + 1)) {
    const size_t end = at + path.size();
    if ((at == 0 || list[at - 1] == '\n') && (end == list.size() || list[end] == '\n')) return true;
  }
  return false;
}

DivertedPath undivert(std::string_view diversions, std::string_view path) {
  while (!diversions.empty()) {
    const std::string_view from = take_line(diversions);
    const std::string_view to = take_line(diversions);
    const std::string_view by = take_line(diversions);
    const bool by_admin = by == ":";
    if (to == path) return {std::string(from), {}, by_admin ? "" : std::string(by), false};
    if (from == path) return {std::string(path), by_admin ? "" : std::string(by), {}, by_admin};
  }
  return {std::string(path), {}, {}, false};
}

Ownership owner_of_file(int root_fd, std::string_view path) {
  const int folder = open_in_root(root_fd, std::string(kInfo), true);
  if (folder < 0) return {};
  const std::string diversions = read_in_root(root_fd, "var/lib/dpkg/diversions");
  Wanted wanted;
  for (const std::string& name : names_of(root_fd, path)) {
    wanted.names.push_back(undivert(diversions, name));
  }
  std::string package = find_package(root_fd, folder, wanted);
  if (package.empty()) return {Ownership::State::not_packaged, {}};
  return {Ownership::State::owned, std::move(package)};
}

}  // namespace weir::processes
