#pragma once

#include "engine/core/packet.h"
#include "parsers/fast_path.h"  // IWYU pragma: export
#include "parsers/parsed_packet.h"

namespace weir::parsers {

/// Whether weir has a rule for this link type, and so can find IP in its packets.
bool has_rule(LinkType link_type) noexcept;

/// Parses one packet. Never reads outside `packet.data[0 .. cap_len)`, never fails otherwise than
/// by verdict, allocates nothing.
void parse(const PacketView& packet, const ParseOptions& options, ParsedPacket& out) noexcept;

/// The same parser, the same result, with the layers written down.
void parse_traced(const PacketView& packet, const ParseOptions& options, ParsedPacket& out,
                  LayerTrace& trace) noexcept;

}  // namespace weir::parsers
