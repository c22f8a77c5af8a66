#pragma once

#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// GTP-U header (3GPP TS 29.281 section 5.1) and its extension headers (section 5.2).
namespace gtpu_header {
inline constexpr uint32_t kFlags = 0;
inline constexpr uint8_t kVersionMask = 0xF0;  // version 1 and the protocol type GTP
inline constexpr uint8_t kVersionValue = 0x30;
inline constexpr uint8_t kHasExtension = 0x04;
inline constexpr uint8_t kHasOptional = 0x07;  // any of extension, sequence, N-PDU number
inline constexpr uint32_t kType = 1;
inline constexpr uint8_t kTypeGpdu = 255;  // the only message that carries a user's packet
inline constexpr uint32_t kLength = 2;     // of what follows the first 8 bytes
inline constexpr uint32_t kSize = 8;
inline constexpr uint32_t kOptionalSize = 4;
inline constexpr uint32_t kNextExtension = 3;  // within the optional part
inline constexpr uint32_t kExtensionUnit = 4;  // an extension's first byte counts these
}  // namespace gtpu_header

/// Skips the extension headers. False when parsing has stopped.
template <class TraceT>
bool gtpu_extensions(Walk<TraceT>& w, uint8_t next) noexcept {
  for (uint8_t headers = 0; next != 0; ++headers) {
    if (headers == kMaxExtensions) {
      w.stop(Verdict::unsupported, Reason::too_many_layers);
      return false;
    }
    if (!w.need(1, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) return false;
    const uint32_t size = w.window.at()[0] * gtpu_header::kExtensionUnit;
    if (size == 0) {
      w.stop(Verdict::malformed, Reason::bad_tunnel_header);
      return false;
    }
    if (!w.need(size, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) return false;
    next = w.window.at()[size - 1];
    w.window.skip(size);
  }
  return true;
}

template <class TraceT>
Step gtpu(Walk<TraceT>& w) noexcept {
  namespace h = gtpu_header;
  if (!w.need(h::kSize, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) return Step::done;
  const uint8_t* header = w.window.at();
  const uint8_t flags = header[h::kFlags];
  if ((flags & h::kVersionMask) != h::kVersionValue) {
    return w.stop(Verdict::malformed, Reason::bad_tunnel_header);
  }
  w.trace.add("gtpu");
  if (header[h::kType] != h::kTypeGpdu) {
    return w.stop(Verdict::non_ip, Reason::link_control);
  }
  w.window.skip(h::kSize);
  w.window.narrow(load_be16(header + h::kLength));
  if ((flags & h::kHasOptional) != 0) {
    if (!w.need(h::kOptionalSize, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) {
      return Step::done;
    }
    const uint8_t next =
        (flags & h::kHasExtension) != 0 ? w.window.at()[h::kNextExtension] : uint8_t{0};
    w.window.skip(h::kOptionalSize);
    if (!gtpu_extensions(w, next)) return Step::done;
  }
  return Step::any_ip;
}

}  // namespace weir::parsers
