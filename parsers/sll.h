#pragma once

#include "parsers/walk.h"

namespace weir::parsers {

// Linux cooked captures (LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2). Where fields lie:
//            SLL      SLL2
//   protocol 14       0
//   ARPHRD_  2        8
//   in all   16       20
inline constexpr uint32_t kSllBytes = 16;
inline constexpr uint32_t kSll2Bytes = 20;

/// The protocol is an EtherType, except for two values below 1536 (LINUX_SLL_P_*) and on devices
/// whose packets have none, such as netlink.
template <class Trace>
void parse_sll_payload(Walk<Trace>& walk, uint16_t device, uint16_t protocol,
                       Bytes bytes) noexcept {
  constexpr uint16_t kNetlink = 824;   // ARPHRD_NETLINK
  constexpr uint16_t kNovell8023 = 1;  // LINUX_SLL_P_802_3
  constexpr uint16_t kLlc = 4;         // LINUX_SLL_P_802_2
  if (device == kNetlink || protocol == kNovell8023) {
    return walk.end(Verdict::non_ip, Reason::other_ethertype);
  }
  if (protocol == kLlc) return parse_llc(walk, bytes);
  if (protocol < 1536) return walk.end(Verdict::non_ip, Reason::other_ethertype);
  parse_ethertype(walk, protocol, bytes);
}

template <class Trace>
void parse_sll(Walk<Trace>& walk, Bytes bytes) noexcept {
  walk.trace.add("sll");
  if (!walk.need(bytes, kSllBytes, Reason::cut_link_header, Reason::bad_link_header)) return;
  const uint16_t device = bytes.be16(2);
  const uint16_t protocol = bytes.be16(14);
  bytes.skip(kSllBytes);
  parse_sll_payload(walk, device, protocol, bytes);
}

template <class Trace>
void parse_sll2(Walk<Trace>& walk, Bytes bytes) noexcept {
  walk.trace.add("sll2");
  if (!walk.need(bytes, kSll2Bytes, Reason::cut_link_header, Reason::bad_link_header)) return;
  const uint16_t device = bytes.be16(8);
  const uint16_t protocol = bytes.be16(0);
  bytes.skip(kSll2Bytes);
  parse_sll_payload(walk, device, protocol, bytes);
}

}  // namespace weir::parsers
