#include "parsers/parse.h"

#include <algorithm>
#include <cstring>

#include "parsers/ethertype.h"
#include "parsers/ieee802_11.h"
#include "parsers/ipv4.h"
#include "parsers/ipv6.h"
#include "parsers/llc.h"
#include "parsers/null_loop.h"
#include "parsers/ppp.h"
#include "parsers/sll.h"
#include "parsers/straight.h"
#include "parsers/transport.h"

namespace weir::parsers {
namespace {

/// True for an IPv4 or IPv6 header that fits the packet exactly as a header should: on a link type
/// without a rule the first nibble alone would take one packet in eight for IP.
bool looks_like_ip(const Bytes& bytes) noexcept {
  if (!bytes.has(kIpv4Bytes)) return false;
  if (bytes.u8(0) >> 4 == 6) {
    return bytes.has(kIpv6Bytes) && kIpv6Bytes + bytes.be16(4) <= bytes.length();
  }
  const uint32_t header = (bytes.u8(0) & 0x0fU) * 4;
  if (bytes.u8(0) >> 4 != 4 || header < kIpv4Bytes || !bytes.has(header)) return false;
  if (bytes.be16(2) < header || bytes.be16(2) > bytes.length()) return false;
  uint32_t sum = 0;  // RFC 1071
  for (uint32_t at = 0; at < header; at += 2) sum += bytes.be16(at);
  sum = (sum & 0xffff) + (sum >> 16);
  return ((sum & 0xffff) + (sum >> 16)) == 0xffff;
}

/// Any link type without a rule of its own.
template <class Trace>
void parse_unknown(Walk<Trace>& walk, Bytes bytes) noexcept {
  if (looks_like_ip(bytes)) {
    parse_ip(walk, bytes);
    if (walk.out.verdict == Verdict::parsed) return;
    walk.out = ParsedPacket{};
    walk.trace.back_to(0);
  }
  walk.end(Verdict::unsupported, Reason::unknown_link_type);
}

template <class Trace>
void parse_link(Walk<Trace>& walk, LinkType link_type, Bytes bytes) noexcept {
  switch (link_type) {
    case LinkType::en10mb: return parse_ethernet(walk, bytes);
    case LinkType::raw_bsd:
    case LinkType::raw_openbsd:
    case LinkType::raw: return parse_ip(walk, bytes);
    case LinkType::ipv4: return parse_ipv4(walk, bytes);
    case LinkType::ipv6: return parse_ipv6(walk, bytes);
    case LinkType::null: return parse_family(walk, bytes, "null");
    case LinkType::loop: return parse_family(walk, bytes, "loop");
    case LinkType::linux_sll: return parse_sll(walk, bytes);
    case LinkType::linux_sll2: return parse_sll2(walk, bytes);
    case LinkType::ppp:
    case LinkType::ppp_serial: return parse_ppp(walk, bytes);
    case LinkType::ppp_ether: return parse_pppoe(walk, bytes);
    case LinkType::ieee802_11: return parse_ieee802_11(walk, bytes);
    case LinkType::ieee802_11_radiotap: return parse_radiotap(walk, bytes);
    case LinkType::ieee802_11_prism: return parse_prism(walk, bytes);
    case LinkType::ieee802_11_avs: return parse_avs(walk, bytes);
  }
  parse_unknown(walk, bytes);
}

template <class Trace>
void parse_general(const PacketView& packet, Walk<Trace> walk) noexcept {
  // A garbled record may say that more was captured than there was; what is there is there.
  const Bytes bytes(packet.data, packet.cap_len, std::max(packet.cap_len, packet.wire_len));
  if (bytes.length() == 0) return walk.end(Verdict::malformed, Reason::empty_packet);
  if (packet.vlan_tpid != 0 && !add_vlan(walk, packet.vlan_tci)) return;
  parse_link(walk, packet.link_type, bytes);
}

}  // namespace

void parse(const PacketView& packet, const ParseOptions& options, ParsedPacket& out) noexcept {
  out = ParsedPacket{};
  if (parse_straight(packet, options, out)) return;
  parse_general(packet, Walk<NoTrace>{options, out, {}});
}

void parse_traced(const PacketView& packet, const ParseOptions& options, ParsedPacket& out,
                  LayerTrace& trace) noexcept {
  out = ParsedPacket{};
  trace.count = 0;
  parse_general(packet, Walk<NamingTrace>{options, out, NamingTrace(trace)});
}

}  // namespace weir::parsers
