#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

/// Frames for tests, put together from the inside out:
///
///     ethernet(0x0800, ipv4({.proto = 17}, udp(1111, 53)))
///
/// Lengths and checksums are right unless a test says otherwise. Nothing of the parsers is used, so
/// that a wrong constant there is not wrong here in the same way.
namespace weir::frames {

using Bytes = std::vector<uint8_t>;

/// Bytes written as hex digits; blanks are for the reader.
Bytes hex(std::string_view digits);
Bytes be16(uint32_t value);
Bytes be32(uint32_t value);
Bytes le16(uint32_t value);
Bytes le32(uint32_t value);
Bytes zeros(size_t count);
/// An address in the notation of RFC 5952 or dotted.
Bytes address(std::string_view text);

void append(Bytes& to, const Bytes& part);
void append(Bytes& to, std::string_view digits);

/// The parts one after the other, each as bytes or as hex digits.
template <class... Parts>
Bytes cat(const Parts&... parts) {
  Bytes all;
  (append(all, parts), ...);
  return all;
}

inline constexpr std::string_view kSource4 = "10.1.2.3";
inline constexpr std::string_view kDestination4 = "192.0.2.77";
inline constexpr std::string_view kSource6 = "2001:db8::1";
inline constexpr std::string_view kDestination6 = "fe80::5:6";

Bytes ethernet(uint16_t type, const Bytes& payload);
/// A tag behind its TPID: what ethernet(tpid, ...) or another tag holds.
Bytes vlan(uint16_t tci, uint16_t type, const Bytes& payload);
/// IEEE 802.3: a length instead of a type.
Bytes ieee802_3(const Bytes& payload);
/// LLC and SNAP with the OUI of EtherTypes (RFC 1042).
Bytes snap(uint16_t type, const Bytes& payload);

/// Negative: computed.
struct Ipv4 {
  uint8_t proto = 17;
  std::string_view src = kSource4;
  std::string_view dst = kDestination4;
  Bytes options = {};  // of a multiple of 4 bytes
  uint16_t flags_offset = 0;
  int version = 4;
  int ihl = -1;
  int total_length = -1;
};
Bytes ipv4(const Ipv4& header, const Bytes& payload);

struct Ipv6 {
  uint8_t next = 17;
  std::string_view src = kSource6;
  std::string_view dst = kDestination6;
  int version = 6;
  int payload_length = -1;
};
Bytes ipv6(const Ipv6& header, const Bytes& payload);

/// An IPv6 extension header of 8 bytes that have no meaning beyond the next header.
Bytes extension(uint8_t next);
Bytes fragment_header(uint8_t next, uint16_t offset_and_more);

Bytes tcp(uint16_t src_port, uint16_t dst_port, uint8_t flags = 0x10, const Bytes& payload = {});
Bytes udp(uint16_t src_port, uint16_t dst_port, const Bytes& payload = {});
Bytes icmp_echo();

/// What most tests put where it does not matter what it is: 28 and 48 bytes.
Bytes some_ipv4();
Bytes some_ipv6();

}  // namespace weir::frames
