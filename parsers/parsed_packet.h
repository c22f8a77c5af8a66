#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "engine/core/ether_types.h"
#include "engine/core/ip_prefix.h"
#include "engine/core/verdict.h"

namespace weir::parsers {

/// Most VLAN tags recorded of one packet (of the layer whose IP header makes the key): the
/// outermost ones. A deeper stack is followed all the same.
inline constexpr uint8_t kMaxVlans = 8;

struct ParseOptions {
  bool decap = false;  ///< key on the innermost IP header of a tunnel instead of the outermost
};

/// What the parser made of one packet. With another verdict than `parsed` the fields that were read
/// before parsing stopped are valid and the rest is zero.
struct ParsedPacket {
  Verdict verdict = Verdict::malformed;
  Reason reason = Reason::none;
  uint8_t ip_version = 0;  ///< 4, 6, or 0 when no IP header was reached
  uint8_t proto = 0;       ///< IANA protocol number of the upper layer
  bool fragment = false;   ///< part of a fragmented datagram, first fragment included
  uint8_t tcp_flags = 0;   ///< RFC 9293 section 3.1
  uint8_t vlan_count = 0;
  bool aggregate = false;  ///< one of several frames of an A-MSDU, see Subframes
  uint16_t src_port = 0;   ///< host byte order, 0 where there is none
  uint16_t dst_port = 0;
  uint32_t ip_bytes = 0;  ///< IP total length; wire length less link headers where that is 0
  IpBytes src{};
  IpBytes dst{};
  std::array<uint16_t, kMaxVlans> vlans{};  ///< 12-bit identifiers, outermost first

  /// The EtherType that is not followed; 0 unless names_ether_type(reason). It shares the place of
  /// a port, which such a packet does not have, so that the result is one cache line.
  uint16_t ether_type() const noexcept { return names_ether_type(reason) ? src_port : uint16_t{0}; }
};
static_assert(sizeof(ParsedPacket) == 64, "zeroed for every packet");

/// The names of the layers a packet went through, for `weir dissect`, in order of the bytes:
/// "ethernet", "vlan", "ipv4", "tcp", ... At most kMaxLayers are kept.
inline constexpr uint8_t kMaxLayers = 32;
struct LayerTrace {
  std::array<std::string_view, kMaxLayers> names{};
  uint8_t count = 0;
};

}  // namespace weir::parsers
