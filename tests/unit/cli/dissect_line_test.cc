#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "cli/dissect.h"

namespace weir::cli {
namespace {

using nlohmann::json;

PacketView packet() {
  PacketView view;
  view.ts_ns = 1'700'000'000'123'000'000;
  view.cap_len = 60;
  view.wire_len = 64;
  return view;
}

parsers::ParsedPacket udp() {
  parsers::ParsedPacket parsed;
  parsed.verdict = Verdict::parsed;
  parsed.ip_version = 4;
  parsed.proto = 17;
  parsed.src = {10, 0, 0, 1};
  parsed.dst = {10, 0, 0, 2};
  parsed.src_port = 1234;
  parsed.dst_port = 53;
  parsed.ip_bytes = 46;
  parsed.vlans = {5, 7};
  parsed.vlan_count = 2;
  return parsed;
}

parsers::LayerTrace layers(const std::vector<std::string_view>& names) {
  parsers::LayerTrace trace;
  for (const std::string_view name : names) trace.names[trace.count++] = name;
  return trace;
}

TEST(DissectJson, OfAParsedPacket) {
  fmt::memory_buffer out;
  append_packet_json(out, 7, packet(), udp(), layers({"ethernet", "vlan", "vlan", "ipv4", "udp"}));
  const std::string line = fmt::to_string(out);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(json::parse(line), json::parse(R"({"type":"packet","number":7,
      "time_ns":1700000000123000000,"link_type":1,"cap_len":60,"wire_len":64,"verdict":"parsed",
      "reason":"","vlans":[5,7],"layers":["ethernet","vlan","vlan","ipv4","udp"],
      "src_addr":"10.0.0.1","dst_addr":"10.0.0.2","src_port":1234,"dst_port":53,"proto":17,
      "fragment":false,"ip_bytes":46})"));
}

TEST(DissectJson, WithoutIpThereAreNoAddresses) {
  parsers::ParsedPacket parsed;
  parsed.verdict = Verdict::non_ip;
  parsed.reason = Reason::arp;
  fmt::memory_buffer out;
  append_packet_json(out, 1, packet(), parsed, layers({"ethernet"}));
  const json line = json::parse(fmt::to_string(out));
  EXPECT_EQ(line["verdict"], "non_ip");
  EXPECT_EQ(line["reason"], std::string(to_string(Reason::arp)));
  for (const char* name : {"src_addr", "dst_addr", "src_port", "dst_port", "proto"}) {
    EXPECT_TRUE(line.contains(name) && line[name].is_null()) << name;
  }
}

TEST(DissectText, OfAParsedPacket) {
  fmt::memory_buffer out;
  append_packet_text(out, 7, packet(), udp(), layers({"ethernet", "ipv4", "udp"}),
                     report::TimeZone::utc);
  EXPECT_EQ(fmt::to_string(out),
            "     7 2023-11-14 22:13:20.123 UTC ethernet/ipv4/udp vlan 5.7 "
            "10.0.0.1:1234 > 10.0.0.2:53 udp 46 bytes\n");
}

TEST(DissectText, SaysWhereItStopped) {
  parsers::ParsedPacket parsed;
  parsed.verdict = Verdict::short_capture;
  parsed.reason = Reason::cut_ip_header;
  fmt::memory_buffer out;
  append_packet_text(out, 1, packet(), parsed, {}, report::TimeZone::utc);
  EXPECT_EQ(fmt::to_string(out), "     1 2023-11-14 22:13:20.123 UTC - short_capture (" +
                                     std::string(to_string(Reason::cut_ip_header)) + ")\n");
}

TEST(DissectText, PortZeroIsAPort) {
  parsers::ParsedPacket parsed = udp();
  parsed.src_port = parsed.dst_port = 0;
  fmt::memory_buffer out;
  append_packet_text(out, 1, packet(), parsed, {}, report::TimeZone::utc);
  EXPECT_NE(fmt::to_string(out).find("10.0.0.1:0 > 10.0.0.2:0 udp"), std::string::npos);
}

TEST(DissectText, ALaterFragmentHasNoPorts) {
  parsers::ParsedPacket parsed = udp();
  parsed.src_port = parsed.dst_port = 0;
  parsed.fragment = true;
  parsed.reason = Reason::fragment;
  fmt::memory_buffer out;
  append_packet_text(out, 1, packet(), parsed, {}, report::TimeZone::utc);
  EXPECT_NE(fmt::to_string(out).find("10.0.0.1 > 10.0.0.2 udp"), std::string::npos);
}

}  // namespace
}  // namespace weir::cli
