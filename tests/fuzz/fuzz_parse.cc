// The parser with any bytes behind any link type. Input: link type (2 bytes, little-endian), flags
// (1 byte), bytes by which the frame was longer on the wire (2 bytes, little-endian), then the
// captured bytes.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>

#include "engine/core/bytes.h"
#include "engine/core/packet.h"
#include "engine/core/verdict.h"
#include "parsers/parse.h"
#include "tests/fuzz/require.h"

namespace weir::fuzz {
namespace {

constexpr size_t kHeaderBytes = 5;
constexpr uint8_t kDecap = 1;
constexpr uint8_t kLyingLength = 2;  ///< the record claims fewer bytes on the wire than captured
constexpr uint8_t kStrippedTag = 4;  ///< the kernel took a VLAN tag out

using parsers::ParsedPacket;

/// The verdict a reason belongs to, by the order in verdict.h.
Verdict verdict_of(Reason reason) {
  if (reason <= Reason::no_ports) return Verdict::parsed;
  if (reason <= Reason::mpls_control) return Verdict::non_ip;
  if (reason <= Reason::bad_length) return Verdict::malformed;
  if (reason <= Reason::cut_tunnel_header) return Verdict::short_capture;
  return Verdict::unsupported;
}

bool has_ports(uint8_t proto) {
  constexpr std::array<uint8_t, 5> kTcpUdpDccpSctpUdpLite{6, 17, 33, 132, 136};
  return std::count(kTcpUdpDccpSctpUdpLite.begin(), kTcpUdpDccpSctpUdpLite.end(), proto) != 0;
}

void require_same(const ParsedPacket& one, const ParsedPacket& other) {
  require(one.verdict == other.verdict && one.reason == other.reason, "the same verdict");
  require(one.ip_version == other.ip_version && one.proto == other.proto &&
              one.fragment == other.fragment && one.tcp_flags == other.tcp_flags,
          "the same protocol fields");
  require(one.src == other.src && one.dst == other.dst && one.src_port == other.src_port &&
              one.dst_port == other.dst_port,
          "the same endpoints");
  require(one.ip_bytes == other.ip_bytes, "the same length");
  require(one.vlan_count == other.vlan_count && one.vlans == other.vlans, "the same tags");
}

void require_sound(const PacketView& packet, const ParsedPacket& out) {
  require(verdict_of(out.reason) == out.verdict, "a reason of its verdict");
  require(out.ip_version == 0 || out.ip_version == 4 || out.ip_version == 6, "an IP version");
  if (out.verdict == Verdict::parsed) require(out.ip_version != 0, "parsed is IP");
  if (out.verdict == Verdict::parsed && out.reason == Reason::none) {
    require(has_ports(out.proto), "ports, or a reason for none");
  }
  if (out.reason == Reason::fragment) {
    require(out.fragment && out.src_port == 0 && out.dst_port == 0, "no ports of a fragment");
  }
  if (names_ether_type(out.reason)) {
    require(out.ip_version == 0 && out.dst_port == 0, "an EtherType instead of a port");
    require(reason_of_ether_type(out.ether_type()) == out.reason, "the reason of the EtherType");
  } else if (!has_ports(out.proto)) {
    require(out.src_port == 0 && out.dst_port == 0, "no ports");
  }
  if (out.proto != 6) require(out.tcp_flags == 0, "no TCP flags");
  if (out.ip_version == 0) {
    require(out.proto == 0 && out.ip_bytes == 0 && !out.fragment, "nothing of IP without IP");
  }
  if (out.ip_version != 6) {
    const auto rest_is_zero = [](const IpBytes& address) {
      return std::all_of(address.begin() + 4, address.end(), [](uint8_t b) { return b == 0; });
    };
    require(rest_is_zero(out.src) && rest_is_zero(out.dst), "four bytes of address");
  }
  require(out.vlan_count <= parsers::kMaxVlans, "few tags");
  for (size_t i = 0; i < out.vlans.size(); ++i) {
    require(out.vlans[i] <= (i < out.vlan_count ? 0xfff : 0), "12-bit tags");
  }
  // A record that lies about the wire is read as a whole frame.
  if (packet.cap_len >= packet.wire_len) {
    require(out.verdict != Verdict::short_capture, "a whole frame is not cut");
  }
}

ParsedPacket parse_over(const PacketView& packet, bool decap, int old_content) {
  ParsedPacket out;
  // parse() sets every field, whatever was there.
  out.verdict = Verdict::unsupported;
  out.reason = Reason::encrypted;
  out.ip_version = out.proto = out.tcp_flags = static_cast<uint8_t>(old_content);
  out.vlan_count = static_cast<uint8_t>(old_content);
  out.src_port = out.dst_port = static_cast<uint16_t>(old_content);
  out.ip_bytes = static_cast<uint32_t>(old_content);
  out.fragment = old_content != 0;
  out.src.fill(static_cast<uint8_t>(old_content));
  out.dst.fill(static_cast<uint8_t>(old_content));
  out.vlans.fill(static_cast<uint16_t>(old_content));
  parsers::parse(packet, {decap}, out);
  return out;
}

void parse_one(const uint8_t* data, size_t size) {
  if (size < kHeaderBytes) return;
  // A copy of exactly the captured bytes, so that a byte read before or behind is found.
  const auto cap_len = static_cast<uint32_t>(std::min<size_t>(size - kHeaderBytes, 262144));
  const std::unique_ptr<uint8_t[]> bytes(new uint8_t[cap_len]);
  if (cap_len != 0) std::memcpy(bytes.get(), data + kHeaderBytes, cap_len);
  const uint8_t flags = data[2];
  const uint16_t more = load_le16(data + 3);
  PacketView packet;
  packet.data = bytes.get();
  packet.link_type = static_cast<LinkType>(load_le16(data));
  packet.cap_len = cap_len;
  packet.wire_len =
      (flags & kLyingLength) != 0 ? cap_len - std::min<uint32_t>(cap_len, more) : cap_len + more;
  if ((flags & kStrippedTag) != 0) {
    packet.vlan_tpid = 0x8100;
    packet.vlan_tci = more;
  }
  const bool decap = (flags & kDecap) != 0;
  const ParsedPacket out = parse_over(packet, decap, 0);
  require_sound(packet, out);
  require_same(out, parse_over(packet, decap, 0xff));
  ParsedPacket traced;
  parsers::LayerTrace trace;
  parsers::parse_traced(packet, {decap}, traced, trace);
  require_same(out, traced);
  require(trace.count <= parsers::kMaxLayers, "few layers");
  for (size_t i = 0; i < trace.count; ++i) require(!trace.names[i].empty(), "a layer has a name");
}

}  // namespace
}  // namespace weir::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  weir::fuzz::parse_one(data, size);
  return 0;
}
