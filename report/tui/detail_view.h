#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/pipeline/snapshot.h"
#include "report/format.h"
#include "report/tui/grid.h"
#include "report/tui/rect.h"

namespace weir::tui {

/// What is known of one end of a flow beyond its address. Empty text is not shown.
struct EndDetails {
  std::string name;     ///< of the host, when it has another than its address
  std::string service;  ///< of the port
  std::string place;    ///< "DE  AS3320 Deutsche Telekom AG"
  std::string process;  ///< "firefox (1234), alice, user@1000.service"
};

struct FlowDetails {
  FlowRow row;
  EndDetails local;              ///< the end shown first
  EndDetails remote;             ///< the other one
  std::vector<uint64_t> series;  ///< bit/s, oldest first: History::series()
  bool in_bytes = false;
  report::TimeZone zone = report::TimeZone::utc;
  int scroll = 0;  ///< lines above what is shown, where they do not all fit
};

/// Draws a popup in the middle of `screen` with everything that is known of a flow, and returns its
/// rectangle. What does not fit is cut, from the bottom; `scroll` is brought to what there is.
Rect draw_flow_details(Grid& grid, const Rect& screen, FlowDetails& details, Glyphs glyphs);

/// "SYN ACK FIN" of a union of TCP flag bits (RFC 9293, section 3.1); "none" for 0.
std::string tcp_flags_text(uint8_t flags);

}  // namespace weir::tui
