#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/status.h"

/// How this host and its interfaces are set up, asked of the kernel by reading alone.
namespace weir::host {

/// Why there is no answer: half a sentence for the user.
struct Unknown {
  std::string why;
};

/// What the kernel said, or why it did not. "No answer" is never turned into a default.
template <class T>
using Answer = tl::expected<T, Unknown>;

inline tl::unexpected<Unknown> unknown(std::string why) {
  return tl::unexpected<Unknown>(Unknown{std::move(why)});
}

/// The kernel as far as it is asked: a seam, so that tests answer in its place. Paths are absolute.
/// Nothing is changed by any call, and none needs privileges to be made; what needs them to be
/// answered fails with the reason. Any thread; interfaces are those of its network namespace.
class Source {
 public:
  virtual ~Source() = default;
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  /// Text of a small file, at most 1 MiB of it, without the white space at its end.
  virtual Answer<std::string> file(const std::string& path) const = 0;

  /// Names in a folder, in no order.
  virtual Answer<std::vector<std::string>> folder(const std::string& path) const = 0;

  /// The path with all symbolic links followed.
  virtual Answer<std::string> real_path(const std::string& path) const = 0;

  /// SIOCETHTOOL: `request` begins with its command and holds the answer afterwards. errno, 0 when
  /// it was answered.
  virtual int ethtool(const std::string& interface, std::span<std::byte> request) const = 0;

  /// rtnetlink(7), RTM_GETLINK: the answer as it came.
  virtual Answer<std::vector<std::byte>> link_message(const std::string& interface) const = 0;

  /// Index of an interface, 0 when there is none.
  virtual unsigned link_index(const std::string& interface) const = 0;

  /// Name of a loaded BPF program.
  virtual Answer<std::string> bpf_program(uint32_t id) const = 0;

  /// Whether such a socket can be had: 0, or the errno of the step that failed.
  virtual int try_packet_v3() const = 0;
  virtual int try_xdp() const = 0;

  /// The bytes of `security.capability` of a file (capabilities(7)); empty when it has none.
  virtual Answer<std::string> file_capabilities(const std::string& path) const = 0;
};

/// The running kernel. Files and folders are looked up below `root`, for tests.
class Kernel final : public Source {
 public:
  explicit Kernel(std::string root = {}) : root_(std::move(root)) {}

  Answer<std::string> file(const std::string& path) const override;
  Answer<std::vector<std::string>> folder(const std::string& path) const override;
  Answer<std::string> real_path(const std::string& path) const override;
  int ethtool(const std::string& interface, std::span<std::byte> request) const override;
  Answer<std::vector<std::byte>> link_message(const std::string& interface) const override;
  unsigned link_index(const std::string& interface) const override;
  Answer<std::string> bpf_program(uint32_t id) const override;
  int try_packet_v3() const override;
  int try_xdp() const override;
  Answer<std::string> file_capabilities(const std::string& path) const override;

 private:
  std::string root_;
};

/// "path: Permission denied".
std::string failure_text(const std::string& what, int error);

/// A whole decimal number; empty for anything else.
std::optional<uint64_t> to_number(std::string_view text);

/// A file that holds one number. A negative one is "not known", as in /sys.
Answer<uint64_t> read_number(const Source& source, const std::string& path);

/// Lines, words: without empty ones.
std::vector<std::string_view> split(std::string_view text, std::string_view separators);

/// A CPU list as the kernel writes it; an empty one is no CPU. Refuses what is garbled.
Answer<std::vector<int>> read_cpus(const Source& source, const std::string& path);

/// "0-3,8"; "none" for no CPU.
std::string cpus_text(std::vector<int> cpus);

}  // namespace weir::host
