#include "report/processes/proc_reader.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace weir::processes {
namespace {

constexpr size_t kMaxFds = 1 << 20;

Access access_of(int error) {
  return error == EACCES || error == EPERM ? Access::refused : Access::gone;
}

/// The entries of a folder that are numbers.
Access read_numbers(const std::string& path, std::vector<uint32_t>& out, size_t most) {
  DIR* folder = opendir(path.c_str());
  if (folder == nullptr) return access_of(errno);
  while (const dirent* entry = readdir(folder)) {
    const char* end = entry->d_name + std::strlen(entry->d_name);
    uint32_t number = 0;
    const auto [at, error] = std::from_chars(entry->d_name, end, number);
    if (error != std::errc{} || at != end) continue;
    if (out.size() >= most) break;
    out.push_back(number);
  }
  closedir(folder);
  return Access::ok;
}

std::string_view link_at(int folder, const char* name, std::span<char> buffer) {
  const ssize_t length = readlinkat(folder, name, buffer.data(), buffer.size());
  return length <= 0 ? std::string_view{}
                     : std::string_view(buffer.data(), static_cast<size_t>(length));
}

}  // namespace

std::string read_text(const std::string& path, size_t max_bytes) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return {};
  std::string text;
  while (text.size() < max_bytes) {
    const size_t before = text.size();
    text.resize(std::min(max_bytes, before + (before < 4096 ? 4096 : before)));
    const ssize_t got = read(fd, text.data() + before, text.size() - before);
    text.resize(before + (got > 0 ? static_cast<size_t>(got) : 0));
    if (got <= 0) break;
  }
  close(fd);
  return text;
}

std::string read_link(const std::string& path) {
  std::array<char, 4096> buffer;
  return std::string(link_at(AT_FDCWD, path.c_str(), buffer));
}

std::string ProcReader::path(uint32_t pid, std::string_view name) const {
  return root_ + "/" + std::to_string(pid) + "/" + std::string(name);
}

void ProcReader::pids(std::vector<uint32_t>& out) const {
  read_numbers(root_, out, kMaxFds);
}

Access ProcReader::list_fds(uint32_t pid, std::vector<uint32_t>& out) const {
  return read_numbers(path(pid, "fd"), out, kMaxFds);
}

Access ProcReader::sockets_at(uint32_t pid, std::span<const uint32_t> fds,
                              std::vector<uint32_t>& out) const {
  const int folder = open(path(pid, "fd").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return access_of(errno);
  for (const uint32_t fd : fds) {
    std::array<char, 16> name{};
    std::to_chars(name.data(), name.data() + name.size() - 1, fd);
    std::array<char, 64> buffer;
    const uint64_t inode = inode_of_link(link_at(folder, name.data(), buffer), "socket");
    out.push_back(inode <= UINT32_MAX ? static_cast<uint32_t>(inode) : 0);
  }
  close(folder);
  return Access::ok;
}

std::string ProcReader::program(uint32_t pid) const {
  std::string file = read_link(path(pid, "exe"));
  constexpr std::string_view kDeleted = " (deleted)";
  if (file.ends_with(kDeleted)) file.resize(file.size() - kDeleted.size());
  return file.substr(file.rfind('/') + 1);
}

uint64_t ProcReader::namespace_of(uint32_t pid) const {
  return inode_of_link(read_link(path(pid, "ns/net")), "net");
}

}  // namespace weir::processes
