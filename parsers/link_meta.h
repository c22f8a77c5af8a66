#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/core/bytes.h"
#include "engine/core/packet.h"
#include "parsers/first_step.h"
#include "parsers/link_lan.h"
#include "parsers/link_serial.h"
#include "parsers/null_loop.h"
#include "parsers/unlisted_link.h"
#include "parsers/walk.h"

namespace weir::parsers {

// Headers that a capturing system puts in front of a packet; many name the link type of what
// follows.

/// Apple's PKTAP, little-endian.
namespace pktap_header {
inline constexpr uint32_t kLength = 0;  // of all of it
inline constexpr uint32_t kType = 4;
inline constexpr uint32_t kTypePacket = 1;
inline constexpr uint32_t kLinkType = 8;
inline constexpr uint32_t kMinSize = 108;
inline constexpr uint32_t kLikelySize = 256;  // more is no header of any macOS so far
}  // namespace pktap_header

/// Per-packet information (CACE PPI specification 1.0), little-endian.
namespace ppi_header {
inline constexpr uint32_t kVersion = 0;
inline constexpr uint32_t kLength = 2;  // of all of it
inline constexpr uint32_t kLinkType = 4;
inline constexpr uint32_t kMinSize = 8;
}  // namespace ppi_header

/// pf's log: the length counts without padding to 4 bytes.
namespace pflog_header {
inline constexpr uint32_t kLength = 0;
inline constexpr uint32_t kFamily = 1;
inline constexpr uint32_t kMinLength = 45;
inline constexpr uint32_t kFamilyEnd = 2;
}  // namespace pflog_header

inline constexpr uint32_t kEncSize = 12;  // family in host byte order, SPI, flags

/// Linux's netfilter log: four bytes and then attributes, of which one is the packet.
namespace nflog_header {
inline constexpr uint32_t kFamily = 0;
inline constexpr uint32_t kSize = 4;
inline constexpr uint32_t kAttributeSize = 4;  // length with these four, type
inline constexpr uint32_t kAttributeType = 2;
inline constexpr uint16_t kPayload = 9;
inline constexpr uint8_t kIpv4 = 2;
inline constexpr uint8_t kIpv6 = 10;
}  // namespace nflog_header

/// Solaris IP observability.
namespace ipnet_header {
inline constexpr uint32_t kFamily = 1;
inline constexpr uint32_t kSize = 24;
inline constexpr uint8_t kIpv4 = 2;
inline constexpr uint8_t kIpv6 = 26;
}  // namespace ipnet_header

/// Endace's extensible record format, big-endian but for the time.
namespace erf_header {
inline constexpr uint32_t kType = 8;
inline constexpr uint8_t kMoreHeaders = 0x80;  // of the type, and of each extension header's
inline constexpr uint8_t kTypeMask = 0x7F;
inline constexpr uint32_t kSize = 16;
inline constexpr uint32_t kExtensionSize = 8;
inline constexpr uint8_t kMostExtensions = 16;
inline constexpr uint32_t kEthernetPad = 2;
inline constexpr uint32_t kChannelSize = 4;
}  // namespace erf_header

/// Juniper's header in front of a layer 2 frame.
namespace juniper_header {
inline constexpr uint32_t kMagic = 0x4D4743;
inline constexpr uint32_t kFlags = 3;
inline constexpr uint8_t kNoLayer2 = 0x02;
inline constexpr uint8_t kExtensions = 0x80;  // then their length in two bytes
inline constexpr uint32_t kSize = 4;
inline constexpr uint32_t kCookieSize = 4;  // in place of layer 2
}  // namespace juniper_header

inline constexpr uint32_t kNetanalyzerSize = 4;
inline constexpr uint32_t kPreambleSize = 8;

/// What a header that names a link type goes on with.
template <class TraceT>
Step go_on_as(Walk<TraceT>& w, uint32_t link_type) noexcept {
  w.link_type = static_cast<LinkType>(static_cast<uint16_t>(link_type));
  const Step step = link_type > UINT16_MAX ? Step::done : first_step(w.link_type);
  if (step == Step::done) return w.stop(Verdict::unsupported, Reason::unknown_link_type);
  return step;
}

template <class TraceT>
Step pktap(Walk<TraceT>& w) noexcept {
  namespace h = pktap_header;
  if (!need_link(w, h::kMinSize)) return Step::done;
  const uint8_t* header = w.window.at();
  const uint32_t length = load_le32(header + h::kLength);
  if (length < h::kMinSize) return w.stop(Verdict::malformed, Reason::bad_link_header);
  if (!need_link(w, length)) return Step::done;
  w.trace.add("pktap");
  if (load_le32(header + h::kType) != h::kTypePacket) {
    return w.stop(Verdict::non_ip, Reason::link_control);
  }
  w.window.skip(length);
  return go_on_as(w, load_le32(header + h::kLinkType));
}

/// LINKTYPE_USER2 is anybody's: PKTAP where the header is one, else as any link type without rule.
template <class TraceT>
Step user2(Walk<TraceT>& w) noexcept {
  namespace h = pktap_header;
  const uint8_t* header = w.window.at();
  if (w.window.cap() >= h::kMinSize && load_le32(header + h::kLength) >= h::kMinSize &&
      load_le32(header + h::kLength) <= h::kLikelySize &&
      load_le32(header + h::kType) == h::kTypePacket) {
    return pktap(w);
  }
  if (is_certainly_ip(w.window)) return Step::any_ip;
  return w.stop(Verdict::unsupported, Reason::unknown_link_type);
}

template <class TraceT>
Step ppi(Walk<TraceT>& w) noexcept {
  namespace h = ppi_header;
  if (!need_link(w, h::kMinSize)) return Step::done;
  const uint8_t* header = w.window.at();
  const uint16_t length = load_le16(header + h::kLength);
  if (header[h::kVersion] != 0 || length < h::kMinSize) {
    return w.stop(Verdict::malformed, Reason::bad_link_header);
  }
  if (!need_link(w, length)) return Step::done;
  w.trace.add("ppi");
  w.window.skip(length);
  return go_on_as(w, load_le32(header + h::kLinkType));
}

/// An address family of a BSD.
template <class TraceT>
Step bsd_family(Walk<TraceT>& w, uint32_t family) noexcept {
  switch (family) {
    case null_header::kIpv4: return Step::ipv4;
    case null_header::kIpv6Linux:
    case null_header::kIpv6Bsd:
    case null_header::kIpv6FreeBsd:
    case null_header::kIpv6Darwin: return Step::ipv6;
    default: return w.stop(Verdict::non_ip, Reason::other_protocol);
  }
}

template <class TraceT>
Step pflog(Walk<TraceT>& w) noexcept {
  namespace h = pflog_header;
  if (!need_link(w, h::kFamilyEnd)) return Step::done;
  const uint8_t* header = w.window.at();
  const uint32_t length = header[h::kLength];
  if (length < h::kMinLength) return w.stop(Verdict::malformed, Reason::bad_link_header);
  const uint32_t size = (length + 3) & ~3U;
  if (!need_link(w, size)) return Step::done;
  w.trace.add("pflog");
  w.window.skip(size);
  return bsd_family(w, header[h::kFamily]);
}

template <class TraceT>
Step enc(Walk<TraceT>& w) noexcept {
  if (!need_link(w, kEncSize)) return Step::done;
  w.trace.add("enc");
  const uint8_t* header = w.window.at();
  w.window.skip(kEncSize);
  return bsd_family(w, std::min(load_be32(header), load_le32(header)));
}

/// The attributes are in the byte order of the capturing host: types are below 256, which tells.
template <class TraceT>
Step nflog(Walk<TraceT>& w) noexcept {
  namespace h = nflog_header;
  if (!need_link(w, h::kSize)) return Step::done;
  w.trace.add("nflog");
  const uint8_t family = w.window.at()[h::kFamily];
  w.window.skip(h::kSize);
  while (w.window.wire() != 0) {
    if (!need_link(w, h::kAttributeSize)) return Step::done;
    const uint8_t* attribute = w.window.at();
    const bool big = attribute[h::kAttributeType] == 0;
    const uint16_t length = big ? load_be16(attribute) : load_le16(attribute);
    const uint16_t type =
        big ? load_be16(attribute + h::kAttributeType) : load_le16(attribute + h::kAttributeType);
    if (length < h::kAttributeSize || length > w.window.wire()) {
      return w.stop(Verdict::malformed, Reason::bad_link_header);
    }
    if (type == h::kPayload) {
      w.window.skip(h::kAttributeSize);
      w.window.narrow(length - h::kAttributeSize);
      if (family == h::kIpv4) return Step::ipv4;
      if (family == h::kIpv6) return Step::ipv6;
      w.not_ip_verdict = Verdict::non_ip;  // bridged, ARP
      w.not_ip_reason = Reason::other_protocol;
      return Step::any_ip;
    }
    w.window.skip_unread(std::min<uint32_t>((length + 3U) & ~3U, w.window.wire()));
  }
  return w.stop(Verdict::non_ip, Reason::other_protocol);
}

template <class TraceT>
Step ipnet(Walk<TraceT>& w) noexcept {
  namespace h = ipnet_header;
  if (!need_link(w, h::kSize)) return Step::done;
  w.trace.add("ipnet");
  const uint8_t family = w.window.at()[h::kFamily];
  w.window.skip(h::kSize);
  if (family == h::kIpv4) return Step::ipv4;
  if (family == h::kIpv6) return Step::ipv6;
  return w.stop(Verdict::non_ip, Reason::other_protocol);
}

/// What an ERF record of this type holds; its headers are read.
template <class TraceT>
Step erf_payload(Walk<TraceT>& w, uint8_t type) noexcept {
  switch (type) {
    case 2:   // ETH
    case 11:  // COLOR_ETH
    case 16:  // DSM_COLOR_ETH
    case 20:  // COLOR_HASH_ETH
      if (!need_link(w, erf_header::kEthernetPad)) return Step::done;
      w.window.skip(erf_header::kEthernetPad);
      return Step::ethernet;
    case 5:   // MC_HDLC
    case 17:  // COLOR_MC_HDLC_POS
      if (!need_link(w, erf_header::kChannelSize)) return Step::done;
      w.window.skip(erf_header::kChannelSize);
      return Step::ppp_hdlc;
    case 1:   // HDLC_POS
    case 10:  // COLOR_HDLC_POS
    case 15:  // DSM_COLOR_HDLC_POS
    case 19:  // COLOR_HASH_POS
      return Step::ppp_hdlc;
    case 22: return Step::ipv4;
    case 23: return Step::ipv6;
    case 13:  // IP_COUNTER
    case 14:  // TCP_FLOW_COUNTER
    case 27:  // META
    case 48:  // PAD
      return w.stop(Verdict::non_ip, Reason::link_control);
    default: return w.stop(Verdict::unsupported, Reason::unknown_link_type);
  }
}

template <class TraceT>
Step erf(Walk<TraceT>& w) noexcept {
  namespace h = erf_header;
  if (!need_link(w, h::kSize)) return Step::done;
  const uint8_t type = w.window.at()[h::kType];
  w.window.skip(h::kSize);
  w.trace.add("erf");
  bool more = (type & h::kMoreHeaders) != 0;
  for (uint8_t count = 0; more; ++count) {
    if (count == h::kMostExtensions) return w.stop(Verdict::unsupported, Reason::too_many_layers);
    if (!need_link(w, h::kExtensionSize)) return Step::done;
    more = (w.window.at()[0] & h::kMoreHeaders) != 0;
    w.window.skip(h::kExtensionSize);
  }
  return erf_payload(w, type & h::kTypeMask);
}

/// `next` is what a frame of this link type holds.
template <class TraceT>
Step juniper(Walk<TraceT>& w, LinkType next) noexcept {
  namespace h = juniper_header;
  if (!need_link(w, h::kSize)) return Step::done;
  const uint8_t* header = w.window.at();
  if (load_be32(header) >> 8U != h::kMagic) {
    return w.stop(Verdict::malformed, Reason::bad_link_header);
  }
  uint32_t size = h::kSize;
  if ((header[h::kFlags] & h::kExtensions) != 0) {
    if (!need_link(w, h::kSize + 2)) return Step::done;
    size += 2 + load_be16(header + h::kSize);
  }
  const bool no_layer2 = (header[h::kFlags] & h::kNoLayer2) != 0;
  if (no_layer2) size += h::kCookieSize;
  if (!need_link(w, size)) return Step::done;
  w.trace.add("juniper");
  w.window.skip(size);
  if (!no_layer2) return go_on_as(w, static_cast<uint32_t>(next));
  w.not_ip_verdict = Verdict::unsupported;
  w.not_ip_reason = Reason::unknown_link_type;
  return Step::any_ip;
}

}  // namespace weir::parsers
