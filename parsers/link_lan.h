#pragma once

#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/ether_type.h"
#include "parsers/ethernet.h"
#include "parsers/llc.h"
#include "parsers/vlan.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// Token ring (IEEE 802.5): access and frame control, two addresses, and where the source address
/// has its highest bit set a routing field whose first byte holds its length.
namespace token_ring_header {
inline constexpr uint32_t kFrameControl = 1;
inline constexpr uint8_t kTypeMask = 0xC0;
inline constexpr uint8_t kTypeLlc = 0x40;
inline constexpr uint32_t kSource = 8;
inline constexpr uint8_t kRouted = 0x80;
inline constexpr uint32_t kSize = 14;
inline constexpr uint8_t kRoutingLengthMask = 0x1F;
inline constexpr uint32_t kMinRouting = 2;
}  // namespace token_ring_header

/// FDDI (ISO 9314-2): frame control and two addresses.
namespace fddi_header {
inline constexpr uint8_t kTypeMask = 0xF0;
inline constexpr uint8_t kTypeLlc = 0x50;
inline constexpr uint32_t kSize = 13;
}  // namespace fddi_header

inline constexpr uint32_t kFibreChannelNetworkHeader = 16;  // RFC 4338 section 3.2: two WWNs
inline constexpr uint32_t kIpoibType = 40;                  // RFC 4391 section 6, behind the GRH
inline constexpr uint32_t kIpoibSize = 44;
inline constexpr uint32_t kIeee1394Type = 16;  // behind two EUI-64
inline constexpr uint32_t kIeee1394Size = 18;

/// ARCNET (RFC 1201, RFC 1051), as the BSDs write it and as Linux does, which has two bytes of
/// offset more and reassembles. RFC 1201 adds a split flag and a sequence number.
namespace arcnet_header {
inline constexpr uint32_t kType = 2;
inline constexpr uint32_t kLinuxType = 4;
inline constexpr uint32_t kSplitSize = 3;
inline constexpr uint8_t kException = 0xFF;  // then four bytes of padding precede the split flag
inline constexpr uint32_t kExceptionSize = 4;
inline constexpr uint8_t kIpv4Old = 0xF0;  // RFC 1051: no split flag
inline constexpr uint8_t kArpOld = 0xF1;
inline constexpr uint8_t kIpv4 = 0xD4;
inline constexpr uint8_t kArp = 0xD5;
inline constexpr uint8_t kIpv6 = 0xC4;
}  // namespace arcnet_header

/// Tags that switch chips put between the source address and the EtherType.
namespace switch_tag {
inline constexpr uint32_t kAddresses = 12;
inline constexpr uint32_t kSize = 4;      // Broadcom, DSA
inline constexpr uint32_t kEdsaSize = 8;  // an EtherType and two reserved bytes before the DSA tag
inline constexpr uint8_t kDsaTagged = 0x20;  // in the DSA tag's first byte: it stands for a C-tag
}  // namespace switch_tag

/// IEEE 802.3br: preamble, and the start delimiter that says which kind of frame this is.
namespace mpacket_header {
inline constexpr uint32_t kDelimiter = 7;
inline constexpr uint32_t kSize = 8;
inline constexpr uint8_t kVerify = 0x07;
inline constexpr uint8_t kRespond = 0x19;
}  // namespace mpacket_header

/// DOCSIS MAC header (MULPI section 6.2).
namespace docsis_header {
inline constexpr uint8_t kTypeMask = 0xC0;
inline constexpr uint8_t kTypePacket = 0x00;
inline constexpr uint8_t kExtended = 0x01;
inline constexpr uint32_t kParameter = 1;  // length of the extended header
inline constexpr uint32_t kSize = 6;       // with the check sequence
}  // namespace docsis_header

/// SunATM: what kind of traffic, VPI, VCI.
namespace sunatm_header {
inline constexpr uint8_t kTypeMask = 0x0F;
inline constexpr uint8_t kTypeLane = 1;
inline constexpr uint8_t kTypeLlc = 2;
inline constexpr uint32_t kSize = 4;
inline constexpr uint32_t kLaneSize = 2;  // LAN emulation client
}  // namespace sunatm_header

template <class TraceT>
bool need_link(Walk<TraceT>& w, uint32_t bytes) noexcept {
  return w.need(bytes, Reason::cut_link_header, Reason::bad_link_header);
}

/// A header of fixed size in which an EtherType lies.
template <class TraceT>
Step typed_header(Walk<TraceT>& w, const char* name, uint32_t type_at, uint32_t size) noexcept {
  if (!need_link(w, size)) return Step::done;
  w.trace.add(name);
  w.ether_type = load_be16(w.window.at() + type_at);
  w.window.skip(size);
  return Step::ether_type;
}

/// A header of fixed size that says nothing about what follows, which is `next`.
template <class TraceT>
Step plain_header(Walk<TraceT>& w, const char* name, uint32_t size, Step next) noexcept {
  if (!need_link(w, size)) return Step::done;
  w.trace.add(name);
  w.window.skip(size);
  return next;
}

template <class TraceT>
Step token_ring(Walk<TraceT>& w) noexcept {
  namespace h = token_ring_header;
  if (!need_link(w, h::kSize)) return Step::done;
  w.trace.add("token_ring");
  const uint8_t* header = w.window.at();
  if ((header[h::kFrameControl] & h::kTypeMask) != h::kTypeLlc) {
    return w.stop(Verdict::non_ip, Reason::llc);
  }
  uint32_t size = h::kSize;
  if ((header[h::kSource] & h::kRouted) != 0) {
    if (!need_link(w, h::kSize + h::kMinRouting)) return Step::done;
    const uint32_t routing = header[h::kSize] & h::kRoutingLengthMask;
    if (routing < h::kMinRouting) return w.stop(Verdict::malformed, Reason::bad_link_header);
    size += routing;
  }
  if (!need_link(w, size)) return Step::done;
  w.window.skip(size);
  return Step::llc;
}

template <class TraceT>
Step fddi(Walk<TraceT>& w) noexcept {
  if (!need_link(w, fddi_header::kSize)) return Step::done;
  w.trace.add("fddi");
  const bool is_llc = (w.window.at()[0] & fddi_header::kTypeMask) == fddi_header::kTypeLlc;
  w.window.skip(fddi_header::kSize);
  return is_llc ? Step::llc : w.stop(Verdict::non_ip, Reason::llc);
}

/// `by_linux`: the header as Linux writes it, and packets that Linux has put together.
template <class TraceT>
Step arcnet(Walk<TraceT>& w, bool by_linux) noexcept {
  namespace h = arcnet_header;
  const uint32_t type_at = by_linux ? h::kLinuxType : h::kType;
  if (!need_link(w, type_at + 1)) return Step::done;
  w.trace.add("arcnet");
  const uint8_t type = w.window.at()[type_at];
  w.window.skip(type_at + 1);
  if (type == h::kIpv4Old) return Step::ipv4;
  if (type == h::kArpOld || type == h::kArp) return w.stop(Verdict::non_ip, Reason::arp);
  if (type != h::kIpv4 && type != h::kIpv6) {
    return w.stop(Verdict::non_ip, Reason::other_protocol);
  }
  if (!need_link(w, h::kSplitSize)) return Step::done;
  uint8_t split = w.window.at()[0];
  if (!by_linux && split == h::kException) {
    if (!need_link(w, h::kExceptionSize + h::kSplitSize)) return Step::done;
    w.window.skip(h::kExceptionSize);
    split = w.window.at()[0];
  }
  // Odd: the first piece of several, which has the IP header. Even: a later one.
  if (!by_linux && split != 0 && split % 2 == 0) {
    return w.stop(Verdict::unsupported, Reason::link_fragment);
  }
  w.window.skip(h::kSplitSize);
  return type == h::kIpv4 ? Step::ipv4 : Step::ipv6;
}

/// A frame with `tag_size` bytes of a switch chip's between the addresses and the EtherType, the
/// last four of which are the tag.
template <class TraceT>
Step tagged_by_switch(Walk<TraceT>& w, const char* name, uint32_t tag_size, bool dsa) noexcept {
  namespace h = switch_tag;
  const uint32_t type_at = h::kAddresses + tag_size;
  if (!need_link(w, type_at + 2)) return Step::done;
  w.trace.add("ethernet");
  w.add_stripped_tag();
  w.trace.add(name);
  const uint8_t* tag = w.window.at() + type_at - h::kSize;
  if (dsa && (tag[0] & h::kDsaTagged) != 0 && !w.add_vlan(load_be16(tag + 2))) return Step::done;
  w.ether_type = load_be16(w.window.at() + type_at);
  w.window.skip(type_at + 2);
  return Step::length_or_type;
}

template <class TraceT>
Step mpacket(Walk<TraceT>& w) noexcept {
  if (!need_link(w, mpacket_header::kSize)) return Step::done;
  w.trace.add("mpacket");
  const uint8_t delimiter = w.window.at()[mpacket_header::kDelimiter];
  w.window.skip(mpacket_header::kSize);
  switch (delimiter) {
    case 0xD5:  // express
    case 0xE6:
    case 0x4C:
    case 0x7F:
    case 0xB3:  // start of a preemptable frame
      return Step::ethernet;
    case mpacket_header::kVerify:
    case mpacket_header::kRespond: return w.stop(Verdict::non_ip, Reason::link_control);
    case 0x61:
    case 0x52:
    case 0x9E:
    case 0x2A:  // a later piece: no headers
      return w.stop(Verdict::unsupported, Reason::link_fragment);
    default: return w.stop(Verdict::malformed, Reason::bad_link_header);
  }
}

template <class TraceT>
Step docsis(Walk<TraceT>& w) noexcept {
  namespace h = docsis_header;
  if (!need_link(w, h::kSize)) return Step::done;
  w.trace.add("docsis");
  const uint8_t* header = w.window.at();
  if ((header[0] & h::kTypeMask) != h::kTypePacket) {
    return w.stop(Verdict::non_ip, Reason::link_control);
  }
  const uint32_t size = h::kSize + ((header[0] & h::kExtended) != 0 ? header[h::kParameter] : 0U);
  if (!need_link(w, size)) return Step::done;
  w.window.skip(size);
  return Step::ethernet;
}

template <class TraceT>
Step sunatm(Walk<TraceT>& w) noexcept {
  namespace h = sunatm_header;
  if (!need_link(w, h::kSize)) return Step::done;
  w.trace.add("sunatm");
  const uint8_t type = w.window.at()[0] & h::kTypeMask;
  w.window.skip(h::kSize);
  if (type == h::kTypeLlc) return Step::llc;
  if (type == h::kTypeLane) return plain_header(w, "lane", h::kLaneSize, Step::ethernet);
  return w.stop(Verdict::unsupported, Reason::unknown_link_type);
}

/// Classical IP over ATM: LLC and SNAP, or bare IP.
template <class TraceT>
Step atm_clip(Walk<TraceT>& w) noexcept {
  if (!need_link(w, 1)) return Step::done;
  w.trace.add("clip");
  return w.window.at()[0] == llc_header::kSapsSnap >> 8U ? Step::llc : Step::any_ip;
}

}  // namespace weir::parsers
