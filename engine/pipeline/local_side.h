#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/bytes.h"
#include "engine/core/ip_prefix.h"

namespace weir {

/// Knows which addresses are local. Built once, read by every worker.
class LocalSide {
 public:
  explicit LocalSide(std::span<const IpPrefix> networks) {
    for (const IpPrefix& network : networks) {
      if (network.ip_version == 4) {
        const uint32_t mask = network.length == 0 ? 0 : UINT32_MAX << (32 - network.length);
        v4_.push_back({load_be32(network.address.data()) & mask, mask});
        note_blocks(v4_.back());
      } else {
        v6_.push_back(network);
      }
    }
  }

  bool contains(uint8_t ip_version, const IpBytes& address) const noexcept {
    if (ip_version != 4) return contains_any(v6_, ip_version, address);
    return contains_v4(load_be32(address.data()));
  }

  /// 1 for an end of a packet that is local, 0 for one that is not.
  struct Ends {
    uint32_t source;
    uint32_t destination;
  };
  /// Of two IPv4 addresses in host byte order, source << 32 | destination. Which end of a packet is
  /// local cannot be predicted, so where the first byte tells it is looked up and not branched on.
  Ends ends_v4(uint64_t ends) const noexcept {
    const auto source = static_cast<uint32_t>(ends >> 32);
    const auto destination = static_cast<uint32_t>(ends);
    const uint8_t source_block = blocks_[source >> kBlockShift];
    const uint8_t destination_block = blocks_[destination >> kBlockShift];
    if (((source_block | destination_block) & partly) == 0) [[likely]] {
      return {source_block, destination_block};
    }
    return {contains_v4(source) ? 1U : 0U, contains_v4(destination) ? 1U : 0U};
  }

  /// An IPv4 address in host byte order.
  bool contains_v4(uint32_t host) const noexcept {
    for (const V4& network : v4_) {
      if ((host & network.mask) == network.address) return true;
    }
    return false;
  }

 private:
  struct V4 {
    uint32_t address;
    uint32_t mask;
  };
  /// How much of a /8 block is local.
  enum Block : uint8_t { none = 0, all = 1, partly = 2 };
  static constexpr int kBlockShift = 24;

  void note_blocks(const V4& network) noexcept {
    const uint32_t first = network.address >> kBlockShift;
    const uint32_t last = (network.address | ~network.mask) >> kBlockShift;
    const bool whole = network.mask << 8 == 0;
    for (uint32_t block = first; block <= last; ++block) {
      if (blocks_[block] != all) blocks_[block] = whole ? all : partly;
    }
  }

  std::array<uint8_t, 256> blocks_{};
  std::vector<V4> v4_;
  std::vector<IpPrefix> v6_;
};

}  // namespace weir
