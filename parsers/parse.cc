#include "parsers/parse.h"

#include "parsers/fast_path.h"
#include "parsers/general_path.h"

namespace weir::parsers {

namespace {

/// Out of line, so that the straight path keeps its registers.
[[gnu::noinline]] void parse_any(const PacketView& packet, const ParseOptions& options,
                                 ParsedPacket& out) noexcept {
  NoTrace trace;
  parse_general(packet, options, out, trace);
}

}  // namespace

bool has_rule(LinkType link_type) noexcept {
  return first_step(link_type) != Step::done;
}

void parse(const PacketView& packet, const ParseOptions& options, ParsedPacket& out) noexcept {
  if (parse_fast(packet, options, out) || parse_fast6(packet, options, out)) [[likely]] {
    return;
  }
  parse_any(packet, options, out);
}

void parse_traced(const PacketView& packet, const ParseOptions& options, ParsedPacket& out,
                  LayerTrace& trace) noexcept {
  trace.count = 0;
  Trace writer(trace);
  parse_general(packet, options, out, writer);
}

}  // namespace weir::parsers
