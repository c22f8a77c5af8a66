#pragma once

#include <cstdint>
#include <optional>

#include "engine/core/backend.h"

namespace weir::backends {

/// What files say that their captures lost: known sums, and whether every part of every file told
/// its share. Plain values; whoever holds one guards it.
struct Losses {
  uint64_t nic = 0;
  uint64_t kernel = 0;
  bool nic_complete = true;
  bool kernel_complete = true;

  /// Of a file that says nothing about losses.
  static Losses unknown() noexcept { return {0, 0, false, false}; }

  void add(const Losses& more) noexcept;

  /// A cause that only some parts tell is unknown and not a number. What they told is in
  /// `partly_known`, so that it is missed at least.
  DropCounts drop_counts() const noexcept;
};

/// The greatest sum that 64 bits hold: a file may claim any number.
uint64_t add_up(uint64_t a, uint64_t b) noexcept;

/// What one interface of a pcapng section tells.
struct InterfaceLosses {
  std::optional<uint64_t> nic;          ///< isb_ifdrop of the last statistics block that has it
  std::optional<uint64_t> kernel;       ///< isb_osdrop, likewise
  std::optional<uint64_t> unspecified;  ///< sum of epb_dropcount and of the Packet Block's count

  /// Both ways of telling count the same packets, draft-ietf-opsawg-pcapng sections 4.3 and 4.6:
  /// epb_dropcount is what "the interface and the operating system" lost since the packet before,
  /// isb_ifdrop and isb_osdrop are the sums of each since the capture began. So the greater total
  /// counts and never the sum of both. Where the packets tell more than the statistics, the rest
  /// has no cause of its own and goes to the kernel, which is where captures lose most.
  Losses losses() const noexcept;
};

}  // namespace weir::backends
