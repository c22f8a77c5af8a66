#pragma once

#include <cstdint>
#include <optional>

namespace weir::backends {

/// Packets that the interface with this index lost before the kernel saw them (rx_missed_errors
/// and rx_fifo_errors), since it exists. Empty when there is no such interface or it does not
/// answer. Of the calling thread's network namespace: /sys would show that of its own mount.
std::optional<uint64_t> link_losses(unsigned interface_index) noexcept;

}  // namespace weir::backends
