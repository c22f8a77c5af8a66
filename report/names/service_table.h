#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace weir::report {

/// Names of ports: those of services(5), and where it has none, those of a short table of the best
/// known ones, because Debian has no such file without netbase. Made once, then immutable: any
/// thread may ask.
class ServiceTable {
 public:
  /// Reads the file; without it there is the short table alone.
  static ServiceTable load(const std::string& path);
  /// The first name of a port counts. Lines that are wrong are passed over, and so is what is
  /// beyond 65536 names.
  static ServiceTable parse(std::string_view text);

  /// Empty where there is none. `proto` is the IANA protocol number.
  std::string_view name(uint8_t proto, uint16_t port) const;
  size_t size() const noexcept { return names_.size(); }

 private:
  std::unordered_map<uint32_t, std::string> names_;  ///< by protocol << 16 | port
};

}  // namespace weir::report
