#include "tests/unit/parsers/expect.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "parsers/parse.h"

namespace weir::parsers {
namespace {

struct Answer {
  ParsedPacket packet;
  std::string layers;
};

/// Of these the parser takes what proves itself to be IP, for which it needs a whole header.
bool is_listed(LinkType link_type) {
  const auto number = static_cast<int>(link_type);
  return number != 147 && number != 149 && number != 195 && number != 65535;
}

void expect_same(const ParsedPacket& a, const ParsedPacket& b) {
  EXPECT_EQ(to_string(a.verdict), to_string(b.verdict));
  EXPECT_EQ(to_string(a.reason), to_string(b.reason));
  EXPECT_EQ(a.ip_version, b.ip_version);
  EXPECT_EQ(a.proto, b.proto);
  EXPECT_EQ(a.fragment, b.fragment);
  EXPECT_EQ(a.tcp_flags, b.tcp_flags);
  EXPECT_EQ(a.src_port, b.src_port);
  EXPECT_EQ(a.dst_port, b.dst_port);
  EXPECT_EQ(a.ip_bytes, b.ip_bytes);
  EXPECT_EQ(a.src, b.src);
  EXPECT_EQ(a.dst, b.dst);
  EXPECT_EQ(a.vlan_count, b.vlan_count);
  EXPECT_EQ(a.vlans, b.vlans);
}

/// Parses the first `cap_len` bytes both ways, with junk in the result beforehand.
Answer parse_prefix(const Given& given, uint32_t cap_len, uint32_t wire_len) {
  const std::unique_ptr<uint8_t[]> exact(new uint8_t[cap_len]);
  std::copy_n(given.bytes.begin(), cap_len, exact.get());
  const PacketView view{.data = exact.get(),
                        .cap_len = cap_len,
                        .wire_len = wire_len,
                        .link_type = given.link_type,
                        .vlan_tci = given.stripped_tci,
                        .vlan_tpid = given.stripped_tpid};
  ParsedPacket quick;
  quick.proto = 99;
  quick.src.fill(0xEE);
  quick.vlans.fill(0xEEE);
  Answer answer{quick, {}};
  LayerTrace trace;
  parse(view, {.decap = given.decap}, quick);
  parse_traced(view, {.decap = given.decap}, answer.packet, trace);
  expect_same(quick, answer.packet);
  for (uint8_t i = 0; i < trace.count; ++i) {
    answer.layers += (i == 0 ? "" : "/") + std::string(trace.names.at(i));
  }
  return answer;
}

IpBytes ip_bytes_of(std::string_view text) {
  IpBytes out{};
  if (!text.empty()) {
    const frames::Bytes bytes = frames::address(text);
    std::copy(bytes.begin(), bytes.end(), out.begin());
  }
  return out;
}

void expect_answer(const Answer& answer, const Expected& expected) {
  ParsedPacket wanted;
  wanted.verdict = expected.verdict;
  wanted.reason = expected.reason;
  wanted.proto = expected.proto;
  wanted.fragment = expected.fragment;
  wanted.tcp_flags = expected.tcp_flags;
  // ParsedPacket::ether_type() has that place.
  wanted.src_port = expected.ether_type != 0 ? expected.ether_type : expected.src_port;
  wanted.dst_port = expected.dst_port;
  wanted.ip_bytes = expected.ip_bytes;
  wanted.src = ip_bytes_of(expected.src);
  wanted.dst = ip_bytes_of(expected.dst);
  if (!expected.src.empty()) {
    wanted.ip_version = expected.src.find(':') == std::string_view::npos ? 4 : 6;
  }
  wanted.vlan_count = static_cast<uint8_t>(expected.vlans.size());
  std::copy(expected.vlans.begin(), expected.vlans.end(), wanted.vlans.begin());
  expect_same(answer.packet, wanted);
  EXPECT_EQ(answer.layers, expected.layers);
}

void expect_prefix_cut(const Given& given, uint32_t cap_len, uint32_t wire_len,
                       const Answer& whole) {
  Answer cut = parse_prefix(given, cap_len, wire_len);
  if (cut.packet.verdict == Verdict::short_capture) return;
  // Whether an unlisted link type is IP cannot be told from part of a header.
  if (cut.packet.verdict == Verdict::unsupported && !is_listed(given.link_type)) return;
  // Naming a tunnel that is not entered changes no key.
  if (whole.packet.reason == Reason::encrypted_tunnel && cut.packet.reason == Reason::none) {
    cut.packet.reason = whole.packet.reason;
  }
  // TCP flags come after the ports, which are all that the key needs.
  if (cut.packet.tcp_flags == 0) cut.packet.tcp_flags = whole.packet.tcp_flags;
  expect_same(cut.packet, whole.packet);
}

}  // namespace

void expect(const Given& given, const Expected& expected, std::source_location where) {
  const ::testing::ScopedTrace trace(where.file_name(), static_cast<int>(where.line()),
                                     "this packet");
  const auto size = static_cast<uint32_t>(given.bytes.size());
  const uint32_t wire_len = given.wire_len < 0 ? size : static_cast<uint32_t>(given.wire_len);
  const Answer whole = parse_prefix(given, size, wire_len);
  expect_answer(whole, expected);
  for (uint32_t cap_len = 0; cap_len < size; ++cap_len) {
    SCOPED_TRACE("the first " + std::to_string(cap_len) + " bytes");
    expect_prefix_cut(given, cap_len, std::max(wire_len, size), whole);
    const Answer sent = parse_prefix(given, cap_len, cap_len);
    EXPECT_NE(sent.packet.verdict, Verdict::short_capture);
    if (::testing::Test::HasFailure()) return;
  }
}

Expected some_ipv4_through(std::string_view layers) {
  return {.src = "10.1.2.3",
          .dst = "192.0.2.77",
          .proto = 17,
          .src_port = 1111,
          .dst_port = 53,
          .ip_bytes = 28,
          .layers = layers};
}

Expected some_ipv6_through(std::string_view layers) {
  return {.src = "2001:db8::1",
          .dst = "fe80::5:6",
          .proto = 17,
          .src_port = 2222,
          .dst_port = 53,
          .ip_bytes = 48,
          .layers = layers};
}

}  // namespace weir::parsers
