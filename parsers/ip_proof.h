#pragma once

#include <array>
#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/ether_type.h"
#include "parsers/ethernet.h"
#include "parsers/ip_version.h"
#include "parsers/ipv4.h"
#include "parsers/ipv6.h"
#include "parsers/unlisted_link.h"
#include "parsers/vlan.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// What the bytes say of a guess. `cut` means that the snaplen hides the answer: such a packet is
/// `short_capture`, so that a smaller snaplen never moves it to another flow in silence.
enum class Proof : uint8_t { no, yes, cut };

/// The length of the shortest Ethernet frame without FCS. A shorter one is padded to it, so the
/// payload of a frame of this length may be longer than the IP packet in it.
inline constexpr uint32_t kShortestFrame = 60;

/// Whether a window is exactly one IP packet: IPv4 by its header checksum and total length, IPv6 by
/// its payload length and a known next header. `padded` allows bytes behind it.
inline Proof ip_proof(const Window& window, bool padded = false) noexcept {
  if (window.cap() == 0) return window.wire() == 0 ? Proof::no : Proof::cut;
  const uint8_t* header = window.at();
  const uint32_t version = header[0] >> ip_version_field::kShift;
  if (version != ip_version_field::kIpv4 && version != ip_version_field::kIpv6) return Proof::no;
  const bool is_ipv4 = version == ip_version_field::kIpv4;
  const uint32_t size =
      is_ipv4 ? (header[0] & ipv4_header::kIhlMask) * 4U : uint32_t{ipv6_header::kSize};
  if (size > window.wire()) return Proof::no;
  if (size > window.cap()) return Proof::cut;
  if (is_ipv4 && !ipv4_checksum_is_right(window)) return Proof::no;
  if (!is_ipv4 && !is_known_protocol(header[ipv6_header::kNextHeader])) return Proof::no;
  const uint32_t length =
      is_ipv4 ? load_be16(header + ipv4_header::kTotalLength)
              : ipv6_header::kSize + load_be16(header + ipv6_header::kPayloadLength);
  if (length < size) return Proof::no;
  return length == window.wire() || (padded && length < window.wire()) ? Proof::yes : Proof::no;
}

/// Whether a window is exactly one Ethernet frame with IP inside, tagged or not.
inline Proof ethernet_proof(Window window) noexcept {
  const bool padded = window.wire() <= kShortestFrame;
  uint32_t type_at = ethernet_header::kType;
  for (uint8_t tags = 0; tags < kMaxTags; ++tags, type_at += vlan_tag::kSize) {
    const uint32_t end = type_at + 2;
    if (end > window.wire()) return Proof::no;
    if (end > window.cap()) return Proof::cut;
    const uint16_t type = load_be16(window.at() + type_at);
    if (is_vlan_type(type)) continue;
    if (type != ether_type::kIpv4 && type != ether_type::kIpv6) return Proof::no;
    window.skip(end);
    return ip_proof(window, padded);
  }
  return Proof::no;
}

/// Moves `window` to the first of these offsets where an Ethernet frame proves itself.
template <size_t kCount>
Proof find_ethernet(Window& window, const std::array<uint32_t, kCount>& offsets) noexcept {
  for (const uint32_t offset : offsets) {
    if (offset > window.wire()) continue;
    if (offset > window.cap()) return Proof::cut;
    Window inner = window;
    inner.skip(offset);
    const Proof proof = ethernet_proof(inner);
    if (proof == Proof::no) continue;
    if (proof == Proof::yes) window = inner;
    return proof;
  }
  return Proof::no;
}

}  // namespace weir::parsers
