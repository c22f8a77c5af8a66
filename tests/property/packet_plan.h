#pragma once

#include <rapidcheck.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/packet.h"
#include "parsers/parse.h"

namespace weir::testing {

using Bytes = std::vector<uint8_t>;

/// Bytes of a packet, written front to back.
class Writer {
 public:
  Writer& u8(uint32_t value) {
    bytes.push_back(static_cast<uint8_t>(value));
    return *this;
  }
  Writer& u16(uint32_t value) { return u8(value >> 8).u8(value); }
  Writer& u32(uint32_t value) { return u16(value >> 16).u16(value); }
  Writer& zeros(size_t count) {
    bytes.resize(bytes.size() + count);
    return *this;
  }
  Writer& append(const Bytes& more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
    return *this;
  }
  Bytes bytes;
};

/// An IP packet: header, what stretches it, upper layer.
struct IpPlan {
  bool v6 = false;
  uint8_t source = 1;  ///< last byte of the address
  uint8_t destination = 2;
  uint16_t source_port = 1000;
  uint16_t destination_port = 2000;
  uint8_t options = 0;              ///< v4: 4-byte words
  std::vector<uint8_t> extensions;  ///< v6: kinds, see ipv6()
  uint8_t transport = 0;            ///< index into kTransports
  uint8_t payload = 0;
};

/// What lies in front of the outermost IP header.
struct LinkPlan {
  uint8_t kind = 0;           ///< index into kLinks
  std::vector<uint8_t> tags;  ///< of Ethernet: index into kTpids
  uint8_t labels = 0;         ///< MPLS
  bool pppoe = false;         ///< of Ethernet, where there are no labels
  bool stripped = false;      ///< one more tag, taken out by the NIC
};

struct PacketPlan {
  LinkPlan link;
  IpPlan outer;
  uint8_t tunnel = 0;  ///< 0: none; else see tunnel_of()
  std::vector<uint8_t> inner_tags;
  IpPlan inner;
};

inline constexpr std::array<uint8_t, 8> kTransports{6, 17, 132, 136, 33, 1, 50, 253};
inline constexpr size_t kTransportsWithPorts = 5;
inline constexpr std::array<uint16_t, 3> kTpids{0x8100, 0x88a8, 0x9100};
inline constexpr std::array<LinkType, 12> kLinks{
    LinkType::en10mb,     LinkType::null,
    LinkType::loop,       LinkType::raw,
    LinkType::linux_sll,  LinkType::linux_sll2,
    LinkType::ppp,        LinkType::ppp_ether,
    LinkType::ieee802_11, LinkType::ieee802_11_radiotap,
    LinkType::ipv4,       LinkType::raw_bsd};
inline constexpr uint8_t kTunnels = 11;

inline bool has_ports(const IpPlan& plan) {
  return plan.transport < kTransportsWithPorts;
}

inline IpPlan swapped(IpPlan plan) {
  std::swap(plan.source, plan.destination);
  std::swap(plan.source_port, plan.destination_port);
  return plan;
}

inline Bytes transport_bytes(const IpPlan& plan) {
  Writer out;
  if (has_ports(plan)) {
    out.u16(plan.source_port).u16(plan.destination_port);
    if (plan.transport == 0) {
      out.u32(1).u32(2).u8(0x50).u8(0x12).zeros(6);  // TCP: SYN, ACK
    } else {
      out.u16(8U + plan.payload).zeros(10);
    }
  } else {
    out.u32(0x08000000).zeros(8);
  }
  return out.zeros(plan.payload).bytes;
}

inline Bytes ipv4(const IpPlan& plan, uint8_t proto, const Bytes& payload) {
  Writer out;
  const size_t header = 20 + plan.options * size_t{4};
  out.u8(0x40 | static_cast<uint32_t>(header / 4)).u8(0);
  out.u16(static_cast<uint32_t>(header + payload.size()));
  out.u32(0x12344000).u8(64).u8(proto).u16(0);  // do not fragment
  out.u32(0x0a000000U + plan.source).u32(0x0a000000U + plan.destination);
  return out.zeros(plan.options * size_t{4}).append(payload).bytes;
}

inline Bytes ipv6(const IpPlan& plan, uint8_t proto, Bytes payload) {
  // Kind: options, routing, atomic fragment, authentication, mobility.
  constexpr std::array<uint8_t, 5> kProtocols{60, 43, 44, 51, 135};
  for (auto kind = plan.extensions.rbegin(); kind != plan.extensions.rend(); ++kind) {
    const uint8_t number = kProtocols[*kind % kProtocols.size()];
    Writer extension;
    const bool fixed = number == 44;
    const uint32_t units = fixed ? 0 : *kind % 3U;
    extension.u8(proto).u8(number == 51 ? units * 2 : units);
    extension.zeros(6 + units * size_t{8});
    payload = extension.append(payload).bytes;
    proto = number;
  }
  Writer out;
  out.u32(0x60000000).u16(static_cast<uint32_t>(payload.size())).u8(proto).u8(64);
  out.u16(0x2001).u16(0xdb8).zeros(11).u8(plan.source);
  out.u16(0x2001).u16(0xdb8).zeros(11).u8(plan.destination);
  return out.append(payload).bytes;
}

inline Bytes ip(const IpPlan& plan, uint8_t proto, const Bytes& payload) {
  return plan.v6 ? ipv6(plan, proto, payload) : ipv4(plan, proto, payload);
}

inline Bytes ip(const IpPlan& plan) {
  return ip(plan, kTransports[plan.transport], transport_bytes(plan));
}

inline Bytes ethernet(const std::vector<uint8_t>& tags, uint16_t type, const Bytes& payload) {
  Writer out;
  out.zeros(12);
  for (size_t i = 0; i < tags.size(); ++i) {
    out.u16(kTpids[tags[i] % kTpids.size()]).u16(0xe000U + 100 + static_cast<uint32_t>(i));
  }
  return out.u16(type).append(payload).bytes;
}

inline uint16_t ether_type_of(const IpPlan& plan) {
  return plan.v6 ? 0x86dd : 0x0800;
}

/// The inner packet as an Ethernet frame.
inline Bytes inner_frame(const PacketPlan& plan) {
  return ethernet(plan.inner_tags, ether_type_of(plan.inner), ip(plan.inner));
}

inline Bytes udp(uint16_t source, uint16_t destination, const Bytes& payload) {
  Writer out;
  out.u16(source).u16(destination).u16(static_cast<uint32_t>(8 + payload.size())).u16(0);
  return out.append(payload).bytes;
}

/// What the outer IP header carries: the protocol and the bytes.
inline std::pair<uint8_t, Bytes> tunnel_of(const PacketPlan& plan) {
  const uint16_t type = ether_type_of(plan.inner);
  const uint16_t source = plan.outer.source_port;
  Writer out;
  switch (plan.tunnel) {
    case 1: return {plan.inner.v6 ? uint8_t{41} : uint8_t{4}, ip(plan.inner)};
    case 2: return {47, out.u16(0).u16(type).append(ip(plan.inner)).bytes};
    case 3: return {47, out.u16(0x3000).u16(type).zeros(8).append(ip(plan.inner)).bytes};
    case 4:
      return {47, out.u16(0x2000).u16(0x6558).u32(7).append(inner_frame(plan)).bytes};  // NVGRE
    case 5:                                                                             // ERSPAN II
      return {47, out.u16(0x1000)
                      .u16(0x88be)
                      .u32(1)
                      .u32(0x10000000)
                      .u32(0)
                      .append(inner_frame(plan))
                      .bytes};
    case 6: return {47, out.u16(0).u16(0x88be).append(inner_frame(plan)).bytes};  // ERSPAN I
    case 7:                                                                       // VXLAN
      return {17,
              udp(source, 4789, out.u32(0x08000000).u32(0x700).append(inner_frame(plan)).bytes)};
    case 8:  // GENEVE with two words of options
      return {17, udp(source, 6081,
                      out.u8(2).u8(0).u16(0x6558).u32(0).zeros(8).append(inner_frame(plan)).bytes)};
    case 9: {  // GTP-U
      const Bytes packet = ip(plan.inner);
      out.u8(0x30).u8(255).u16(static_cast<uint32_t>(packet.size())).u32(5);
      return {17, udp(source, 2152, out.append(packet).bytes)};
    }
    default: {  // GTP-U with sequence number and one extension header
      const Bytes packet = ip(plan.inner);
      out.u8(0x36).u8(255).u16(static_cast<uint32_t>(packet.size() + 8)).u32(5);
      out.u16(9).u8(0).u8(0x85).u8(1).u16(0).u8(0);
      return {17, udp(source, 2152, out.append(packet).bytes)};
    }
  }
}

inline uint16_t tunnel_port(uint8_t tunnel) {
  return tunnel == 7 ? 4789 : tunnel == 8 ? 6081 : tunnel >= 9 ? 2152 : 0;
}

inline Bytes outer_ip(const PacketPlan& plan) {
  if (plan.tunnel == 0) return ip(plan.outer);
  const auto [proto, payload] = tunnel_of(plan);
  return ip(plan.outer, proto, payload);
}

inline LinkType link_type_of(const PacketPlan& plan) {
  const LinkType type = kLinks[plan.link.kind];
  return type == LinkType::ipv4 && plan.outer.v6 ? LinkType::ipv6 : type;
}

/// The frame: link header, tags, labels and the packet.
inline Bytes frame_of(const PacketPlan& plan) {
  const LinkPlan& link = plan.link;
  Bytes payload = outer_ip(plan);
  uint16_t type = ether_type_of(plan.outer);
  const uint16_t ppp = plan.outer.v6 ? 0x0057 : 0x0021;
  Writer labels;
  for (uint8_t i = 0; i < link.labels; ++i) {
    labels.u32(0x00010040U | (i + 1 == link.labels ? 0x100U : 0U));
  }
  const bool takes_type = link.kind == 0 || link.kind == 4 || link.kind == 5 || link.kind >= 8;
  if (link.labels != 0 && takes_type && kLinks[link.kind] != LinkType::ipv4 &&
      kLinks[link.kind] != LinkType::raw_bsd) {
    payload = labels.append(payload).bytes;
    type = 0x8847;
  }
  Writer out;
  const auto pppoe = [&](Writer& to) {
    to.u8(0x11).u8(0).u16(9).u16(static_cast<uint32_t>(payload.size() + 2)).u16(ppp);
  };
  switch (kLinks[link.kind]) {
    case LinkType::en10mb:
      if (link.pppoe && link.labels == 0) {
        Writer session;
        pppoe(session);
        return ethernet(link.tags, 0x8864, session.append(payload).bytes);
      }
      return ethernet(link.tags, type, payload);
    case LinkType::null: out.u8(plan.outer.v6 ? 30 : 2).zeros(3); break;
    case LinkType::loop: out.zeros(3).u8(plan.outer.v6 ? 24 : 2); break;
    case LinkType::linux_sll: out.zeros(14).u16(type); break;
    case LinkType::linux_sll2: out.u16(type).zeros(18); break;
    case LinkType::ppp: out.u16(0xff03).u16(ppp); break;
    case LinkType::ppp_ether: pppoe(out); break;
    case LinkType::ieee802_11_radiotap: out.u32(0x00000800).u32(0); [[fallthrough]];
    case LinkType::ieee802_11:
      out.u16(0x0801).zeros(22).u16(0xaaaa).u8(3).zeros(3).u16(type);
      break;
    default: break;  // bare IP
  }
  return out.append(payload).bytes;
}

/// The plan of the header that the key is of.
inline const IpPlan& keyed(const PacketPlan& plan, bool decap) {
  return decap && plan.tunnel != 0 ? plan.inner : plan.outer;
}

inline rc::Gen<IpPlan> any_ip() {
  return rc::gen::build<IpPlan>(
      rc::gen::set(&IpPlan::v6), rc::gen::set(&IpPlan::source), rc::gen::set(&IpPlan::destination),
      rc::gen::set(&IpPlan::source_port, rc::gen::inRange<uint16_t>(1, 2000)),
      rc::gen::set(&IpPlan::destination_port, rc::gen::inRange<uint16_t>(1, 2000)),
      rc::gen::set(&IpPlan::options, rc::gen::inRange<uint8_t>(0, 11)),
      rc::gen::set(&IpPlan::extensions,
                   rc::gen::resize(6, rc::gen::arbitrary<std::vector<uint8_t>>())),
      rc::gen::set(&IpPlan::transport, rc::gen::inRange<uint8_t>(0, kTransports.size())),
      rc::gen::set(&IpPlan::payload, rc::gen::inRange<uint8_t>(0, 60)));
}

inline rc::Gen<LinkPlan> any_link() {
  return rc::gen::build<LinkPlan>(
      rc::gen::set(&LinkPlan::kind, rc::gen::inRange<uint8_t>(0, kLinks.size())),
      rc::gen::set(&LinkPlan::tags, rc::gen::resize(5, rc::gen::arbitrary<std::vector<uint8_t>>())),
      rc::gen::set(&LinkPlan::labels, rc::gen::inRange<uint8_t>(0, 4)),
      rc::gen::set(&LinkPlan::pppoe), rc::gen::set(&LinkPlan::stripped));
}

inline rc::Gen<PacketPlan> any_packet() {
  return rc::gen::build<PacketPlan>(
      rc::gen::set(&PacketPlan::link, any_link()), rc::gen::set(&PacketPlan::outer, any_ip()),
      rc::gen::set(&PacketPlan::tunnel, rc::gen::inRange<uint8_t>(0, kTunnels)),
      rc::gen::set(&PacketPlan::inner_tags,
                   rc::gen::resize(3, rc::gen::arbitrary<std::vector<uint8_t>>())),
      rc::gen::set(&PacketPlan::inner, any_ip()));
}

inline void showValue(const IpPlan& plan, std::ostream& out) {
  out << (plan.v6 ? "v6 " : "v4 ") << +plan.source << ":" << plan.source_port << " > "
      << +plan.destination << ":" << plan.destination_port << " options " << +plan.options
      << " extensions " << rc::toString(plan.extensions) << " proto "
      << +kTransports[plan.transport] << " payload " << +plan.payload;
}

inline void showValue(const PacketPlan& plan, std::ostream& out) {
  out << "link type " << static_cast<uint32_t>(link_type_of(plan)) << " tags "
      << rc::toString(plan.link.tags) << " labels " << +plan.link.labels
      << (plan.link.pppoe ? " pppoe" : "") << (plan.link.stripped ? " stripped" : "") << "; outer ";
  showValue(plan.outer, out);
  out << "; tunnel " << +plan.tunnel << " tags " << rc::toString(plan.inner_tags) << " inner ";
  showValue(plan.inner, out);
}

}  // namespace weir::testing
