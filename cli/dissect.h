#pragma once

#include <fmt/format.h>

#include <cstdint>

#include "cli/options.h"
#include "engine/core/packet.h"
#include "parsers/parse.h"

namespace weir::cli {

/// `weir dissect`: one line a packet. Returns the exit code.
int run_dissect(const DissectOptions& options);

/// The lines it prints, `number` counting from 1 over all files. `further_frames` are those of an
/// aggregate behind the one that is described.
void append_packet_json(fmt::memory_buffer& out, uint64_t number, const PacketView& packet,
                        const parsers::ParsedPacket& parsed, const parsers::LayerTrace& trace,
                        uint32_t further_frames = 0);
void append_packet_text(fmt::memory_buffer& out, uint64_t number, const PacketView& packet,
                        const parsers::ParsedPacket& parsed, const parsers::LayerTrace& trace,
                        report::TimeZone zone, uint32_t further_frames = 0);

}  // namespace weir::cli
