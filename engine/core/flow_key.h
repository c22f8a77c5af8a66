#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "engine/core/ip_prefix.h"

namespace weir {

/// VLAN identifiers kept in a key with `--key vlan`: the outermost four of a stack.
inline constexpr uint8_t kKeyVlans = 4;

/// The upper protocols with 16-bit ports at their start: TCP, UDP, DCCP, SCTP and UDP-Lite. Port 0
/// is a port of theirs; packets of it are seen, though they should not be (RFC 6335, section 6).
/// Later fragments, which carry no ports, have it too.
constexpr bool has_ports(uint8_t proto) noexcept {
  return proto == 6 || proto == 17 || proto == 33 || proto == 132 || proto == 136;
}

/// The canonical key of a biflow: the numerically lower (address, port) comes first, so that both
/// directions have the same key. Ports are in host byte order, 0 where the protocol has none. It
/// has no padding, so two keys are equal exactly when their bytes are.
struct FlowKey {
  IpBytes low_addr{};
  IpBytes high_addr{};
  uint16_t low_port = 0;
  uint16_t high_port = 0;
  uint8_t proto = 0;       ///< IANA protocol number
  uint8_t ip_version = 0;  ///< 4 or 6
  uint8_t vlan_count = 0;  ///< 0 unless `--key vlan`
  uint8_t reserved = 0;
  std::array<uint16_t, kKeyVlans> vlans{};  ///< 12-bit identifiers, outermost first

  bool operator==(const FlowKey& other) const noexcept {
    return std::memcmp(this, &other, sizeof *this) == 0;
  }
};
static_assert(sizeof(FlowKey) == 48);
static_assert(std::has_unique_object_representations_v<FlowKey>);

/// The parts of a key that tell IPv4 flows without VLANs apart: both addresses, and the key's fifth
/// word (ports, protocol, version). Of any other key they are only a part, and the second word
/// differs from that of every IPv4 key without VLANs. It is never 0.
struct CompactKey {
  uint64_t words[2];

  bool operator==(const CompactKey&) const = default;
};

/// True when a CompactKey is all there is to say of the key.
inline bool is_compact(const FlowKey& key) noexcept {
  return key.ip_version == 4 && key.vlan_count == 0;
}

inline CompactKey compact_key(const FlowKey& key) noexcept {
  const auto* at = reinterpret_cast<const unsigned char*>(&key);
  uint64_t low = 0;
  uint64_t high = 0;
  CompactKey compact;
  std::memcpy(&low, at, sizeof low);
  std::memcpy(&high, at + 2 * sizeof low, sizeof high);
  std::memcpy(&compact.words[1], at + 4 * sizeof low, sizeof low);
  compact.words[0] = low | high << 32;
  return compact;
}

/// The second word of a flow's key in the table when the first one is no more than its hash: no
/// CompactKey has it.
inline constexpr uint64_t kWideKey = 0xff;

/// The key of an IPv4 flow without VLANs.
inline FlowKey key_of_compact(const CompactKey& compact) noexcept {
  uint64_t words[6] = {
      compact.words[0] & UINT32_MAX, 0, compact.words[0] >> 32, 0, compact.words[1], 0};
  FlowKey key;
  std::memcpy(&key, words, sizeof key);
  return key;
}

/// A key ready to be looked up. Most flows are told apart by its two words, so most packets neither
/// write nor read the rest.
struct HashedKey {
  CompactKey compact;  ///< of a wide key: its hash and kWideKey
  uint64_t hash;       ///< symmetric_hash() of the key
  FlowKey wide;        ///< only where is_wide()

  bool is_wide() const noexcept { return compact.words[1] == kWideKey; }
  FlowKey key() const noexcept { return is_wide() ? wide : key_of_compact(compact); }

  void assign(const FlowKey& key, uint64_t with_hash) noexcept {
    hash = with_hash;
    if (is_compact(key)) {
      compact = compact_key(key);
    } else {
      compact = {{with_hash, kWideKey}};
      wide = key;
    }
  }
};

}  // namespace weir
