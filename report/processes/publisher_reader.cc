#include "report/processes/publisher_reader.h"

#include <fcntl.h>
#include <nettle/sha2.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "report/processes/package_index.h"
#include "report/processes/proc_text.h"

namespace weir::processes {
namespace {

constexpr std::string_view kDeleted = " (deleted)";
constexpr size_t kMaxArguments = 4096;
constexpr size_t kReadBytes = 1 << 18;

/// A path of a process, printable and not longer than what is shown of a command line.
std::string shown(std::string_view path) {
  return printable_text(path, kMaxCommandLineBytes);
}

std::string_view base_of(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

/// A chroot in weir's own mount namespace shows with its place there.
std::string path_in_root(std::string path, const std::string& root) {
  if (root.size() > 1 && path.starts_with(root + "/")) path.erase(0, root.size());
  return path;
}

}  // namespace

std::string script_of(std::string_view command, std::string_view executable,
                      std::string_view command_line) {
  const std::string_view program = base_of(executable);
  // The kernel keeps 15 bytes of a name.
  if (command.empty() || program.substr(0, 15) == command) return {};
  // "#! interpreter argument": the script is the second or the third.
  for (int at = 0; at < 3 && !command_line.empty(); ++at) {
    const size_t length = std::min(command_line.find('\0'), command_line.size());
    const std::string_view argument = command_line.substr(0, length);
    command_line.remove_prefix(std::min(length + 1, command_line.size()));
    if (at > 0 && argument.starts_with('/') && base_of(argument).substr(0, 15) == command) {
      return std::string(argument);
    }
  }
  return {};
}

report::Publisher PublisherReader::read(uint32_t pid) {
  using State = report::Publisher::State;
  report::Publisher publisher;
  const int fd = ::open(proc_.path(pid, "exe").c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  const int error = errno;
  std::string path = read_link(proc_.path(pid, "exe"));
  if (path.empty()) {
    if (fd >= 0) ::close(fd);
    const bool refused =
        ::access(proc_.path(pid, "").c_str(), F_OK) == 0 && (error == EACCES || error == EPERM);
    publisher.state = refused ? State::refused : State::gone;
    return publisher;
  }
  publisher.deleted = path.ends_with(kDeleted);
  if (publisher.deleted) path.resize(path.size() - kDeleted.size());
  publisher.path = path_in_root(std::move(path), read_link(proc_.path(pid, "root")));
  struct stat info{};
  if (fd >= 0 && ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
    const auto bytes = static_cast<uint64_t>(info.st_size);
    const Identity identity{info.st_dev, info.st_ino, bytes,
                            info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec};
    if (hashes_.size() >= kMaxCached) hashes_.clear();
    const auto [known, is_new] = hashes_.try_emplace(identity);
    if (is_new) known->second = sha256(fd, bytes);
    if (packages_.size() >= kMaxCached) packages_.clear();
    const auto [package, is_other] = packages_.try_emplace({identity, publisher.path});
    if (is_other) {
      package->second = publisher;
      find_package(pid, package->second);
    }
    const bool deleted = publisher.deleted;
    publisher = package->second;
    publisher.deleted = deleted;
    publisher.sha256 = known->second;
  } else {
    find_package(pid, publisher);
  }
  if (fd >= 0) ::close(fd);
  find_script(pid, publisher);
  publisher.path = shown(publisher.path);
  return publisher;
}

std::string PublisherReader::sha256(int fd, uint64_t bytes) {
  if (bytes > kMaxBytes) return {};
  ++files_hashed_;
  sha256_ctx context;
  sha256_init(&context);
  std::vector<uint8_t> part(kReadBytes);
  for (uint64_t done = 0;;) {
    if (stopping_.load(std::memory_order_relaxed)) return {};
    const ssize_t got = ::read(fd, part.data(), part.size());
    if (got < 0) return {};
    if (got == 0) break;
    done += static_cast<uint64_t>(got);
    if (done > kMaxBytes) return {};  // it grows while it is read
    sha256_update(&context, static_cast<size_t>(got), part.data());
  }
  std::array<uint8_t, SHA256_DIGEST_SIZE> digest;
  sha256_digest(&context, digest.size(), digest.data());
  std::string text;
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const uint8_t byte : digest) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

void PublisherReader::find_package(uint32_t pid, report::Publisher& publisher) {
  using State = report::Publisher::State;
  publisher.state = State::not_readable;
  const int root = ::open(proc_.path(pid, "root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) {
    publisher.state = errno == EACCES || errno == EPERM ? State::refused : State::gone;
    return;
  }
  const Ownership owner = owner_of_file(root, publisher.path);
  ::close(root);
  if (owner.state == Ownership::State::not_packaged) publisher.state = State::not_packaged;
  if (owner.state != Ownership::State::owned) return;
  publisher.state = State::known;
  publisher.package = clean(owner.package);
}

/// Only told: a process chooses its arguments and its name, so it could claim any package's script.
/// What it is grouped by is the executable, which the kernel knows.
void PublisherReader::find_script(uint32_t pid, report::Publisher& publisher) {
  const auto stat = parse_stat(read_text(proc_.path(pid, "stat"), kMaxArguments));
  if (!stat) return;
  const std::string script = script_of(stat->command, publisher.path,
                                       read_text(proc_.path(pid, "cmdline"), kMaxArguments));
  if (script.empty()) return;
  publisher.script = shown(script);
  const int root = ::open(proc_.path(pid, "root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) return;
  publisher.script_package = clean(owner_of_file(root, script).package);
  ::close(root);
}

}  // namespace weir::processes
