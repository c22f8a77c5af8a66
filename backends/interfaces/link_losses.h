#pragma once

#include <cstdint>
#include <optional>

namespace weir::backends {

/// Packets that the interface with this index lost before the kernel saw them (rx_missed_errors
/// and rx_fifo_errors), since it exists. Empty when there is no such interface or it does not
/// answer. Of the calling thread's network namespace: /sys would show that of its own mount.
std::optional<uint64_t> link_losses(unsigned interface_index) noexcept;

/// Those of them that came while this exists, for DropCounts::nic.
class LinkLossCounter {
 public:
  explicit LinkLossCounter(unsigned interface_index) noexcept
      : interface_index_(interface_index), last_(link_losses(interface_index)) {}

  /// Empty when the interface did not answer from the start. When it does no more, the last count.
  std::optional<uint64_t> count() noexcept;

 private:
  const unsigned interface_index_;
  std::optional<uint64_t> last_;
  uint64_t count_ = 0;
};

}  // namespace weir::backends
