#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/core/verdict.h"

namespace weir {

/// A short name ("ptp"), empty where weir knows none.
std::string_view ether_type_name(uint16_t type) noexcept;

/// True for the EtherTypes that are known never to carry IP: a packet of such a type is `non_ip`.
/// Every other type that weir has no rule for may hold IP, so its packets are `unsupported`. Values
/// below 0x0600 are Linux's numbers for frames without an EtherType, none of which is IP.
bool never_carries_ip(uint16_t type) noexcept;

/// The verdict and the reason of a packet whose EtherType is not followed.
inline Verdict verdict_of_ether_type(uint16_t type) noexcept {
  return never_carries_ip(type) ? Verdict::non_ip : Verdict::unsupported;
}
inline Reason reason_of_ether_type(uint16_t type) noexcept {
  return never_carries_ip(type) ? Reason::other_ethertype : Reason::unknown_ethertype;
}
/// True when ParsedPacket::ether_type() says which type stopped the parser.
constexpr bool names_ether_type(Reason reason) noexcept {
  return reason == Reason::other_ethertype || reason == Reason::unknown_ethertype;
}

/// Packets by EtherType, for the types that were not followed. Part of PacketCounts: one writer,
/// the worker; crosses threads by value.
///
/// Its size is fixed, so it holds kMost types and adds the rest up. Which types it holds must not
/// depend on the order of packets or on how they were spread over workers, so it keeps the first
/// ones of a fixed order: types with a name, then by number. A type that belongs to the first kMost
/// of all types in the traffic belongs to the first kMost of any part of it. It is therefore never
/// pushed out anywhere, and its count is exact.
class EtherTypeCounts {
 public:
  static constexpr size_t kMost = 96;

  struct Count {
    uint64_t packets = 0;
    uint64_t wire_bytes = 0;
    Count& operator+=(const Count& other) noexcept {
      packets += other.packets;
      wire_bytes += other.wire_bytes;
      return *this;
    }
    bool operator==(const Count&) const noexcept = default;
  };

  void add(uint16_t type, Count count) noexcept;
  EtherTypeCounts& operator+=(const EtherTypeCounts& other) noexcept;

  size_t size() const noexcept { return size_; }
  uint16_t type(size_t at) const noexcept { return static_cast<uint16_t>(ranks_[at]); }
  const Count& count(size_t at) const noexcept { return counts_[at]; }
  /// Of all types that found no place. `verdict` is non_ip or unsupported.
  const Count& others(Verdict verdict) const noexcept {
    return verdict == Verdict::non_ip ? other_non_ip_ : other_unsupported_;
  }

 private:
  Count& others_of(uint16_t type) noexcept {
    return never_carries_ip(type) ? other_non_ip_ : other_unsupported_;
  }

  std::array<uint32_t, kMost> ranks_{};  ///< ascending; the low 16 bits are the type
  std::array<Count, kMost> counts_{};
  size_t size_ = 0;
  Count other_non_ip_;
  Count other_unsupported_;
};

}  // namespace weir
