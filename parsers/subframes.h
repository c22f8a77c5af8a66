#pragma once

#include <cstdint>

#include "engine/core/packet.h"
#include "parsers/parsed_packet.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// The frames of an IEEE 802.11 A-MSDU, one after the other, the first included: each is a packet
/// with a flow of its own. For packets that parse() calls an aggregate; any other is one frame.
/// Refers to the packet's bytes, so it lives no longer than they do.
class Subframes {
 public:
  Subframes(const PacketView& packet, const ParseOptions& options) noexcept
      : packet_(packet), options_(options) {}

  /// Parses the next frame; false when there is none. Each call but the last consumes at least a
  /// subframe header, so the packet's length bounds the calls. Behind a header that the snaplen
  /// cut, or a malformed one, nothing can be found: that frame is the last.
  bool next(ParsedPacket& out) noexcept;

  /// Of the last frame parsed: its bytes on the wire, subframe header and padding included.
  uint32_t wire_bytes() const noexcept { return wire_bytes_; }

 private:
  const PacketView packet_;
  const ParseOptions options_;
  Window rest_{nullptr, 0, 0};
  uint32_t wire_bytes_ = 0;
  bool started_ = false;
};

}  // namespace weir::parsers
