#pragma once

#include <cstdint>
#include <source_location>
#include <string_view>
#include <vector>

#include "engine/core/packet.h"
#include "engine/core/verdict.h"
#include "tests/support/frames.h"

namespace weir::parsers {

/// What a test hands to the parser.
struct Given {
  LinkType link_type = LinkType::en10mb;
  frames::Bytes bytes;
  bool decap = false;
  uint16_t stripped_tpid = 0;
  uint16_t stripped_tci = 0;
  int wire_len = -1;  // negative: as many as there are bytes
};

/// What it should make of it, all of it: what a test leaves out has to be zero.
struct Expected {
  Verdict verdict = Verdict::parsed;
  Reason reason = Reason::none;
  std::string_view src = {};
  std::string_view dst = {};
  uint8_t proto = 0;
  uint16_t src_port = 0;
  uint16_t dst_port = 0;
  uint32_t ip_bytes = 0;
  bool fragment = false;
  uint8_t tcp_flags = 0;
  std::vector<uint16_t> vlans = {};
  std::string_view layers = {};  // "ethernet/ipv4/udp"
  uint16_t ether_type = 0;       // that is not followed
};

/// Holds one packet to what is expected of it, and what must hold of any packet to each of its
/// prefixes, which lie in buffers of exactly their size so that AddressSanitizer sees every byte
/// read too many:
/// - parse() and parse_traced() agree in every field;
/// - with the rest cut off by the snaplen, the verdict is short_capture or the answer is the one
///   that the whole packet gets;
/// - with the rest never sent, the verdict is not short_capture.
void expect(const Given& given, const Expected& expected,
            std::source_location where = std::source_location::current());

/// frames::some_ipv4() and some_ipv6() through the named layers.
Expected some_ipv4_through(std::string_view layers);
Expected some_ipv6_through(std::string_view layers);

}  // namespace weir::parsers
