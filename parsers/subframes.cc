#include "parsers/subframes.h"

#include "parsers/general_path.h"

namespace weir::parsers {

bool Subframes::next(ParsedPacket& out) noexcept {
  if (started_ && rest_.wire() == 0) return false;
  NoTrace trace;
  out = ParsedPacket{};
  Walk<NoTrace> w(packet_, options_, out, trace);
  if (started_) {
    w.window = rest_;
    w.add_stripped_tag();
    take_steps(Step::amsdu_subframe, w);
    out.aggregate = true;
  } else {
    parse_first(packet_.link_type, w);
  }
  started_ = true;
  rest_ = w.next_subframe;
  wire_bytes_ = w.subframe_bytes;
  return true;
}

}  // namespace weir::parsers
