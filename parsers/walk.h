#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "engine/core/bytes.h"
#include "parsers/parse.h"

namespace weir::parsers {

/// The bytes from some header on: how many are captured, and how many there were on the wire within
/// what the headers before claim. A header that is not captured was cut by the snaplen if it was on
/// the wire, and otherwise the packet contradicts itself.
class Bytes {
 public:
  Bytes(const uint8_t* at, uint32_t captured, uint32_t length) noexcept
      : at_(at), captured_(captured), length_(length) {}

  bool has(uint32_t bytes) const noexcept { return bytes <= captured_; }
  uint32_t length() const noexcept { return length_; }

  uint8_t u8(uint32_t offset) const noexcept { return at_[offset]; }
  uint16_t be16(uint32_t offset) const noexcept { return load_be16(at_ + offset); }
  uint32_t be32(uint32_t offset) const noexcept { return load_be32(at_ + offset); }
  uint16_t le16(uint32_t offset) const noexcept { return load_le16(at_ + offset); }
  uint32_t le32(uint32_t offset) const noexcept { return load_le32(at_ + offset); }
  const uint8_t* at(uint32_t offset) const noexcept { return at_ + offset; }

  /// Moves past a header; past the captured bytes nothing is left to read.
  void skip(uint32_t bytes) noexcept {
    const uint32_t there = std::min(bytes, captured_);
    at_ += there;
    captured_ -= there;
    length_ -= std::min(bytes, length_);
  }
  /// What follows belongs to a header that says it is `bytes` long.
  void limit(uint32_t bytes) noexcept {
    length_ = std::min(length_, bytes);
    captured_ = std::min(captured_, length_);
  }

 private:
  const uint8_t* at_;
  uint32_t captured_;
  uint32_t length_;
};

struct NoTrace {
  void add(std::string_view /*name*/) noexcept {}
  uint8_t mark() const noexcept { return 0; }
  void back_to(uint8_t /*mark*/) noexcept {}
};

/// Writes layer names into a LayerTrace.
class NamingTrace {
 public:
  explicit NamingTrace(LayerTrace& trace) noexcept : trace_(trace) {}
  void add(std::string_view name) noexcept {
    if (trace_.count < kMaxLayers) trace_.names[trace_.count++] = name;
  }
  uint8_t mark() const noexcept { return trace_.count; }
  void back_to(uint8_t mark) noexcept { trace_.count = mark; }

 private:
  LayerTrace& trace_;
};

inline constexpr uint8_t kMaxTunnels = 8;

/// One packet's way through the parsers. Every protocol is a function that reads its header and
/// either hands the rest to the next one or ends with a verdict.
template <class Trace>
struct Walk {
  const ParseOptions& options;
  ParsedPacket& out;
  Trace trace;
  uint8_t tunnels = 0;

  void end(Verdict verdict, Reason reason) noexcept {
    out.verdict = verdict;
    out.reason = reason;
  }

  /// True when `bytes` of `header` are captured. Otherwise the packet ends here: as cut, or as
  /// malformed when they were never on the wire.
  bool need(const Bytes& header, uint32_t bytes, Reason cut, Reason malformed) noexcept {
    if (header.has(bytes)) return true;
    if (bytes <= header.length()) {
      end(Verdict::short_capture, cut);
    } else {
      end(Verdict::malformed, malformed);
    }
    return false;
  }
};

// The protocols refer to one another in circles (a tunnel carries Ethernet), so they are declared
// here.
template <class Trace>
void parse_ethernet(Walk<Trace>& walk, Bytes bytes) noexcept;
template <class Trace>
void parse_ethertype(Walk<Trace>& walk, uint16_t type, Bytes bytes) noexcept;
template <class Trace>
void parse_ip(Walk<Trace>& walk, Bytes bytes) noexcept;
template <class Trace>
void parse_ipv4(Walk<Trace>& walk, Bytes bytes) noexcept;
template <class Trace>
void parse_ipv6(Walk<Trace>& walk, Bytes bytes) noexcept;
template <class Trace>
void parse_mpls(Walk<Trace>& walk, Bytes bytes) noexcept;
template <class Trace>
void parse_ppp_protocol(Walk<Trace>& walk, Bytes bytes) noexcept;
template <class Trace>
void parse_llc(Walk<Trace>& walk, Bytes bytes) noexcept;
template <class Trace>
void parse_transport(Walk<Trace>& walk, Bytes bytes) noexcept;

/// With `--decap`: parses what a tunnel carries by `inner(walk)`. When that is IP with a key, it is
/// the packet's; otherwise everything stays as the outer header made it. Outer VLANs are kept where
/// the inside has none. At most kMaxTunnels deep.
template <class Trace, class Inner>
void parse_inside(Walk<Trace>& walk, Inner&& inner) noexcept {
  if (!walk.options.decap || walk.out.fragment || walk.tunnels == kMaxTunnels) return;
  const ParsedPacket outer = walk.out;
  const uint8_t mark = walk.trace.mark();
  ++walk.tunnels;
  walk.out = ParsedPacket{};
  inner();
  if (walk.out.verdict != Verdict::parsed) {
    walk.out = outer;
    walk.trace.back_to(mark);
  } else if (walk.out.vlan_count == 0) {
    walk.out.vlan_count = outer.vlan_count;
    walk.out.vlans = outer.vlans;
  }
}

}  // namespace weir::parsers
