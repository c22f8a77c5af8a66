#include "backends/pcap_file/losses.h"

#include <algorithm>
#include <limits>

namespace weir::backends {

uint64_t add_up(uint64_t a, uint64_t b) noexcept {
  uint64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<uint64_t>::max() : sum;
}

void Losses::add(const Losses& more) noexcept {
  nic = add_up(nic, more.nic);
  kernel = add_up(kernel, more.kernel);
  nic_complete = nic_complete && more.nic_complete;
  kernel_complete = kernel_complete && more.kernel_complete;
}

DropCounts Losses::drop_counts() const noexcept {
  DropCounts counts;
  if (nic_complete) {
    counts.nic = nic;
  } else {
    counts.partly_known = nic;
  }
  if (kernel_complete) {
    counts.kernel = kernel;
  } else {
    counts.partly_known = add_up(counts.partly_known, kernel);
  }
  return counts;
}

Losses InterfaceLosses::losses() const noexcept {
  Losses told;
  told.nic = nic.value_or(0);
  told.nic_complete = nic.has_value();
  const uint64_t beside_nic = unspecified.value_or(0) - std::min(unspecified.value_or(0), told.nic);
  told.kernel = std::max(kernel.value_or(0), beside_nic);
  told.kernel_complete = kernel.has_value() || unspecified.has_value();
  return told;
}

}  // namespace weir::backends
