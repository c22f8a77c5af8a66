#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <span>
#include <tuple>
#include <vector>

#include "engine/flow/hash.h"
#include "engine/pipeline/make_update.h"
#include "parsers/parse.h"
#include "tests/property/guarded_bytes.h"
#include "tests/property/packet_plan.h"

namespace weir::testing {
namespace {

using parsers::ParsedPacket;

auto fields(const ParsedPacket& parsed) {
  return std::tuple(parsed.verdict, parsed.reason, parsed.ip_version, parsed.proto, parsed.fragment,
                    parsed.tcp_flags, parsed.vlan_count, parsed.src_port, parsed.dst_port,
                    parsed.ip_bytes, parsed.src, parsed.dst, parsed.vlans);
}

/// What a flow is made of: all but the TCP flags, which lie behind the key.
auto key_fields(const ParsedPacket& parsed) {
  return std::tuple(parsed.reason, parsed.ip_version, parsed.proto, parsed.fragment,
                    parsed.vlan_count, parsed.src_port, parsed.dst_port, parsed.ip_bytes,
                    parsed.src, parsed.dst, parsed.vlans);
}

/// The verdict that a reason belongs to, by the groups of its declaration.
Verdict verdict_of(Reason reason) {
  if (reason <= Reason::no_ports) return Verdict::parsed;
  if (reason <= Reason::mpls_control) return Verdict::non_ip;
  if (reason <= Reason::bad_length) return Verdict::malformed;
  if (reason <= Reason::cut_tunnel_header) return Verdict::short_capture;
  return Verdict::unsupported;
}

/// Parses on memory that cannot be overrun, on both paths, and checks what holds for any packet.
ParsedPacket parse_checked(PacketView packet, std::span<const uint8_t> bytes, bool decap) {
  static GuardedBytes memory;
  packet.data = memory.hold(bytes);
  packet.cap_len = static_cast<uint32_t>(bytes.size());
  ParsedPacket parsed;
  parsers::parse(packet, {decap}, parsed);
  ParsedPacket traced;
  parsers::LayerTrace trace;
  parsers::parse_traced(packet, {decap}, traced, trace);
  RC_ASSERT(fields(parsed) == fields(traced));
  RC_ASSERT(trace.count <= parsers::kMaxLayers);
  RC_ASSERT(parsed.verdict == verdict_of(parsed.reason));
  if (parsed.verdict == Verdict::parsed) {
    RC_ASSERT(parsed.ip_version == 4 || parsed.ip_version == 6);
    RC_ASSERT(trace.count > 0);
  }
  RC_ASSERT(parsed.vlan_count <= parsers::kMaxVlans);
  return parsed;
}

PacketView view_of(const PacketPlan& plan, const Bytes& frame) {
  PacketView packet;
  packet.link_type = link_type_of(plan);
  packet.wire_len = static_cast<uint32_t>(frame.size());
  if (plan.link.stripped) {
    packet.vlan_tpid = 0x8100;
    packet.vlan_tci = 0xe007;
  }
  return packet;
}

/// The VLANs of the frame that the keyed header is in.
std::vector<uint16_t> expected_vlans(const PacketPlan& plan, bool decap) {
  std::vector<uint16_t> vlans;
  const bool in_frame = plan.tunnel >= 4 && plan.tunnel <= 8;
  if (decap && in_frame && !plan.inner_tags.empty()) {
    for (size_t i = 0; i < plan.inner_tags.size(); ++i) vlans.push_back(100 + i);
    return vlans;
  }
  if (plan.link.stripped) vlans.push_back(7);
  if (kLinks[plan.link.kind] == LinkType::en10mb) {
    for (size_t i = 0; i < plan.link.tags.size(); ++i) vlans.push_back(100 + i);
  }
  return vlans;
}

void expect_plan(const ParsedPacket& parsed, const PacketPlan& plan, bool decap) {
  const IpPlan& ip_plan = keyed(plan, decap);
  const bool outer_of_tunnel = !decap && plan.tunnel != 0;
  RC_ASSERT(parsed.verdict == Verdict::parsed);
  RC_ASSERT(parsed.ip_version == (ip_plan.v6 ? 6 : 4));
  const size_t last = ip_plan.v6 ? 15 : 3;
  RC_ASSERT(parsed.src[last] == ip_plan.source);
  RC_ASSERT(parsed.dst[last] == ip_plan.destination);
  const std::vector<uint16_t> vlans(parsed.vlans.begin(), parsed.vlans.begin() + parsed.vlan_count);
  RC_ASSERT(vlans == expected_vlans(plan, decap));
  if (outer_of_tunnel) {
    RC_ASSERT(parsed.dst_port == tunnel_port(plan.tunnel));
    return;
  }
  RC_ASSERT(parsed.proto == kTransports[ip_plan.transport]);
  RC_ASSERT(parsed.src_port == (has_ports(ip_plan) ? ip_plan.source_port : 0));
  RC_ASSERT(parsed.dst_port == (has_ports(ip_plan) ? ip_plan.destination_port : 0));
  RC_ASSERT(parsed.tcp_flags == (ip_plan.transport == 0 ? 0x12 : 0));
  RC_ASSERT(parsed.ip_bytes == ip(ip_plan).size());
}

// A snaplen decides whether a packet's flow is known, never which flow it is.
RC_GTEST_PROP(ParserProperty, CutAtEveryLengthAPacketIsTheSameFlowOrShort, (bool decap)) {
  const PacketPlan plan = *any_packet();
  const Bytes frame = frame_of(plan);
  const PacketView packet = view_of(plan, frame);
  const ParsedPacket whole = parse_checked(packet, frame, decap);
  expect_plan(whole, plan, decap);
  bool was_parsed = false;
  for (size_t length = 0; length < frame.size(); ++length) {
    const ParsedPacket cut = parse_checked(packet, std::span(frame).first(length), decap);
    if (cut.verdict == Verdict::short_capture) {
      RC_ASSERT_FALSE(was_parsed);
      continue;
    }
    RC_ASSERT(cut.verdict == Verdict::parsed);
    RC_ASSERT(key_fields(cut) == key_fields(whole));
    was_parsed = true;
  }
}

// The same without a word about the wire: a frame that really ends there.
RC_GTEST_PROP(ParserProperty, AFrameThatEndsAnywhereIsOneVerdict, (bool decap)) {
  const PacketPlan plan = *any_packet();
  const Bytes frame = frame_of(plan);
  for (size_t length = 0; length <= frame.size(); ++length) {
    PacketView packet = view_of(plan, frame);
    packet.wire_len = static_cast<uint32_t>(length);
    const ParsedPacket parsed = parse_checked(packet, std::span(frame).first(length), decap);
    RC_ASSERT(parsed.verdict != Verdict::short_capture);
  }
}

LinkType any_link_type() {
  if (*rc::gen::inRange(0, 4) != 0) return kLinks[*rc::gen::inRange<size_t>(0, kLinks.size())];
  return static_cast<LinkType>(*rc::gen::inRange<uint16_t>(0, 300));
}

RC_GTEST_PROP(ParserProperty, GarbageIsOneVerdictAndNeverOverrun, (bool decap)) {
  const Bytes bytes = *rc::gen::scale(4.0, rc::gen::arbitrary<Bytes>());
  PacketView packet;
  packet.link_type = any_link_type();
  packet.wire_len = *rc::gen::oneOf(rc::gen::just(static_cast<uint32_t>(bytes.size())),
                                    rc::gen::arbitrary<uint32_t>());
  packet.vlan_tpid = *rc::gen::element<uint16_t>(0, 0x8100);
  packet.vlan_tci = *rc::gen::arbitrary<uint16_t>();
  parse_checked(packet, bytes, decap);
}

// Nearly right is where a parser believes a length that it should not.
RC_GTEST_PROP(ParserProperty, AFewWrongBytesAreOneVerdictAndNeverOverrun, (bool decap)) {
  const PacketPlan plan = *any_packet();
  Bytes frame = frame_of(plan);
  PacketView packet = view_of(plan, frame);
  const auto changes =
      *rc::gen::resize(8, rc::gen::arbitrary<std::vector<std::pair<uint16_t, uint8_t>>>());
  for (const auto& [at, value] : changes) frame[at % frame.size()] = value;
  if (*rc::gen::arbitrary<bool>()) packet.wire_len = *rc::gen::arbitrary<uint32_t>();
  for (size_t length = 0; length <= frame.size(); ++length) {
    parse_checked(packet, std::span(frame).first(length), decap);
  }
}

FlowUpdate update_of(const PacketPlan& plan, bool decap, bool key_vlan, uint64_t seed) {
  const Bytes frame = frame_of(plan);
  PacketView packet = view_of(plan, frame);
  packet.data = frame.data();
  packet.cap_len = static_cast<uint32_t>(frame.size());
  ParsedPacket parsed;
  parsers::parse(packet, {decap}, parsed);
  FlowUpdate update;
  make_update(packet, parsed, key_vlan, seed, update);
  return update;
}

// Both directions of a flow are one flow for any stack and key.
RC_GTEST_PROP(KeyProperty, SwappedEndpointsAreTheSameFlowTheOtherWay,
              (bool decap, bool key_vlan, uint64_t seed)) {
  PacketPlan plan = *any_packet();
  // Without decap the tunnel's own ends are the flow's: its port belongs to one of them.
  if (!decap) plan.tunnel = 0;
  PacketPlan back = plan;
  IpPlan& turned = decap && plan.tunnel != 0 ? back.inner : back.outer;
  turned = swapped(turned);
  const FlowUpdate there = update_of(plan, decap, key_vlan, seed);
  const FlowUpdate here = update_of(back, decap, key_vlan, seed);
  RC_ASSERT(there.flow.key() == here.flow.key());
  RC_ASSERT(there.flow.hash == here.flow.hash);
  RC_ASSERT(there.flow.hash == symmetric_hash(there.flow.key(), seed));
  for (const uint32_t shards : {1U, 2U, 3U, 5U, 64U, 1000U}) {
    RC_ASSERT(shard_of(there.flow.hash, shards) == shard_of(here.flow.hash, shards));
    RC_ASSERT(shard_of(there.flow.hash, shards) < shards);
  }
  const IpPlan& ip_plan = keyed(plan, decap);
  const bool ports = has_ports(ip_plan);
  const bool one_end = ip_plan.source == ip_plan.destination &&
                       (!ports || ip_plan.source_port == ip_plan.destination_port);
  RC_ASSERT((there.has(FlowUpdate::from_high) != here.has(FlowUpdate::from_high)) == !one_end);
  const uint8_t vlans =
      key_vlan
          ? static_cast<uint8_t>(std::min<size_t>(expected_vlans(plan, decap).size(), kKeyVlans))
          : uint8_t{0};
  RC_ASSERT(there.flow.key().vlan_count == vlans);
}

// The straight path's update is the general one's.
RC_GTEST_PROP(KeyProperty, TheStraightPathMakesTheSameUpdate, (bool decap, uint64_t seed)) {
  PacketPlan plan = *any_packet();
  plan.link.kind = 0;
  plan.link.labels = 0;
  plan.link.pppoe = false;
  plan.link.tags.assign(plan.link.stripped ? 0 : plan.link.tags.size() % 2, 0);
  plan.outer.v6 = false;
  plan.outer.options = 0;
  plan.outer.transport %= 2;
  plan.outer.payload = std::max<uint8_t>(plan.outer.payload, 20);
  plan.tunnel = 0;
  const Bytes frame = frame_of(plan);
  PacketView packet = view_of(plan, frame);
  packet.data = frame.data();
  packet.cap_len = static_cast<uint32_t>(frame.size());
  parsers::CommonPacket common{};
  RC_ASSERT(parsers::parse_common(packet, {decap}, common));
  FlowUpdate straight;
  make_update(packet, common, straight);
  hash_common(straight, seed);
  const FlowUpdate general = update_of(plan, decap, false, seed);
  RC_ASSERT(straight.flow.compact == general.flow.compact);
  RC_ASSERT(straight.flow.key() == general.flow.key());
  RC_ASSERT(straight.flow.hash == general.flow.hash);
  RC_ASSERT(straight.flags == general.flags);
  RC_ASSERT(straight.ts_ns == general.ts_ns);
  RC_ASSERT(straight.ip_bytes == general.ip_bytes);
  RC_ASSERT(straight.wire_bytes == general.wire_bytes);
  RC_ASSERT(straight.tcp_flags == general.tcp_flags);
}

}  // namespace
}  // namespace weir::testing
