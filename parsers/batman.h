#pragma once

#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// batman-adv, compatibility version 15 (Linux: include/uapi/linux/batadv_packet.h), which every
/// kernel since 3.14 speaks. Four kinds of packet hold an Ethernet frame.
namespace batman_header {
inline constexpr uint32_t kType = 0;
inline constexpr uint32_t kVersion = 1;
inline constexpr uint8_t kVersionValue = 15;
inline constexpr uint32_t kCommonSize = 2;
inline constexpr uint8_t kBroadcast = 0x01;
inline constexpr uint8_t kCoded = 0x02;
inline constexpr uint8_t kMulticast = 0x05;
inline constexpr uint8_t kUnicast = 0x40;
inline constexpr uint8_t kUnicastFragment = 0x41;
inline constexpr uint8_t kUnicast4Addresses = 0x42;
inline constexpr uint32_t kBroadcastSize = 14;
inline constexpr uint32_t kUnicastSize = 10;
inline constexpr uint32_t kUnicast4AddressesSize = 18;
inline constexpr uint32_t kMulticastSize = 6;
inline constexpr uint32_t kMulticastTvlv = 4;  // length of what follows the header
}  // namespace batman_header

template <class TraceT>
Step batman_frame(Walk<TraceT>& w, uint32_t size) noexcept {
  if (!w.need(size, Reason::cut_link_header, Reason::bad_link_header)) return Step::done;
  w.window.skip(size);
  return Step::ethernet;
}

template <class TraceT>
Step batman_multicast(Walk<TraceT>& w) noexcept {
  namespace h = batman_header;
  if (!w.need(h::kMulticastSize, Reason::cut_link_header, Reason::bad_link_header)) {
    return Step::done;
  }
  return batman_frame(w, h::kMulticastSize + load_be16(w.window.at() + h::kMulticastTvlv));
}

template <class TraceT>
Step batman(Walk<TraceT>& w) noexcept {
  namespace h = batman_header;
  if (!w.need(h::kCommonSize, Reason::cut_link_header, Reason::bad_link_header)) return Step::done;
  const uint8_t* header = w.window.at();
  if (header[h::kVersion] != h::kVersionValue) return w.stop_at(w.ether_type);
  if (!w.add_shim("batman")) return Step::done;
  switch (header[h::kType]) {
    case h::kUnicast: return batman_frame(w, h::kUnicastSize);
    case h::kUnicast4Addresses: return batman_frame(w, h::kUnicast4AddressesSize);
    case h::kBroadcast: return batman_frame(w, h::kBroadcastSize);
    case h::kMulticast: return batman_multicast(w);
    // A piece of a frame, and two frames added up: IP, perhaps, that one packet does not show.
    case h::kUnicastFragment:
    case h::kCoded: return w.stop(Verdict::unsupported, Reason::link_fragment);
    default: return w.stop(Verdict::non_ip, Reason::link_control);
  }
}

}  // namespace weir::parsers
