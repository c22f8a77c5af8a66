#pragma once

#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// TaZmen Sniffer Protocol: frames that an access point or a MikroTik router mirrors over UDP.
namespace tzsp_header {
inline constexpr uint8_t kVersion = 1;
inline constexpr uint32_t kType = 1;
inline constexpr uint8_t kLastPacketType = 1;  // 0 received, 1 to transmit; others carry no frame
inline constexpr uint32_t kProtocol = 2;
inline constexpr uint32_t kSize = 4;
inline constexpr uint16_t kEthernet = 1;
inline constexpr uint16_t kIeee802_11 = 18;
inline constexpr uint16_t kPrism = 119;
inline constexpr uint16_t kAvs = 127;
inline constexpr uint8_t kPadding = 0;  // this tag and the next have no length
inline constexpr uint8_t kEnd = 1;
inline constexpr uint32_t kTagHeader = 2;
inline constexpr uint8_t kMaxFields = 32;
}  // namespace tzsp_header

/// Skips the tagged fields up to the one that ends them. False when parsing has stopped.
template <class TraceT>
bool tzsp_fields(Walk<TraceT>& w) noexcept {
  namespace h = tzsp_header;
  for (uint8_t fields = 0; fields < h::kMaxFields; ++fields) {
    if (!w.need(1, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) return false;
    const uint8_t tag = w.window.at()[0];
    if (tag == h::kPadding || tag == h::kEnd) {
      w.window.skip(1);
      if (tag == h::kEnd) return true;
      continue;
    }
    if (!w.need(h::kTagHeader, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) return false;
    const uint32_t size = h::kTagHeader + w.window.at()[1];
    if (!w.need(size, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) return false;
    w.window.skip(size);
  }
  w.stop(Verdict::unsupported, Reason::too_many_layers);
  return false;
}

template <class TraceT>
Step tzsp(Walk<TraceT>& w) noexcept {
  namespace h = tzsp_header;
  if (!w.need(h::kSize, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) return Step::done;
  const uint8_t* header = w.window.at();
  if (header[0] != h::kVersion || header[h::kType] > h::kLastPacketType) {
    return w.stop(Verdict::malformed, Reason::bad_tunnel_header);
  }
  const uint16_t protocol = load_be16(header + h::kProtocol);
  w.trace.add("tzsp");
  w.window.skip(h::kSize);
  if (!tzsp_fields(w)) return Step::done;
  w.ieee802_11_data_pad = false;
  switch (protocol) {
    case h::kEthernet: return Step::ethernet;
    case h::kIeee802_11: return Step::ieee802_11;
    case h::kPrism: return Step::prism;
    case h::kAvs: return Step::avs;
    default: return w.stop(Verdict::unsupported, Reason::unknown_link_type);
  }
}

}  // namespace weir::parsers
