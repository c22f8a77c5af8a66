#include <fmt/compile.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "cli/dissect.h"
#include "report/format.h"
#include "report/json_text.h"

namespace weir::cli {
namespace {

void append(fmt::memory_buffer& out, std::string_view text) {
  out.append(text.data(), text.data() + text.size());
}

/// Empty for a plain parsed packet. An EtherType that is not followed is named, so that one reason
/// of the counters is as many here as there are types.
std::string reason_text(const parsers::ParsedPacket& parsed) {
  if (parsed.reason == Reason::none) return {};
  if (!names_ether_type(parsed.reason)) return std::string(to_string(parsed.reason));
  return fmt::format("ethertype 0x{:04x}", parsed.ether_type());
}

/// Where the packet went without an IP header, addresses and protocol are null and not zero.
void append_endpoints_json(fmt::memory_buffer& out, const parsers::ParsedPacket& parsed) {
  if (parsed.ip_version == 0) {
    return append(out,
                  ",\"src_addr\":null,\"dst_addr\":null,\"src_port\":null,\"dst_port\":null,"
                  "\"proto\":null");
  }
  fmt::format_to(fmt::appender(out),
                 FMT_COMPILE(",\"src_addr\":\"{}\",\"dst_addr\":\"{}\",\"src_port\":{},"
                             "\"dst_port\":{},\"proto\":{}"),
                 report::address_text(parsed.ip_version, parsed.src),
                 report::address_text(parsed.ip_version, parsed.dst), parsed.src_port,
                 parsed.dst_port, parsed.proto);
}

}  // namespace

void append_packet_json(fmt::memory_buffer& out, uint64_t number, const PacketView& packet,
                        const parsers::ParsedPacket& parsed, const parsers::LayerTrace& trace,
                        uint32_t further_frames) {
  fmt::format_to(fmt::appender(out),
                 FMT_COMPILE("{{\"type\":\"packet\",\"number\":{},\"time_ns\":{},\"link_type\":{},"
                             "\"cap_len\":{},\"wire_len\":{},\"verdict\":\"{}\",\"reason\":"),
                 number, packet.ts_ns, static_cast<unsigned>(packet.link_type), packet.cap_len,
                 packet.wire_len, to_string(parsed.verdict));
  report::append_json_string(out, reason_text(parsed));
  append(out, ",\"vlans\":[");
  for (size_t i = 0; i < parsed.vlan_count && i < parsed.vlans.size(); ++i) {
    fmt::format_to(fmt::appender(out), FMT_COMPILE("{}{}"), i == 0 ? "" : ",", parsed.vlans[i]);
  }
  append(out, "],\"layers\":[");
  for (size_t i = 0; i < trace.count; ++i) {
    fmt::format_to(fmt::appender(out), FMT_COMPILE("{}\"{}\""), i == 0 ? "" : ",", trace.names[i]);
  }
  out.push_back(']');
  append_endpoints_json(out, parsed);
  fmt::format_to(fmt::appender(out), FMT_COMPILE(",\"fragment\":{},\"ip_bytes\":{}"),
                 parsed.fragment, parsed.ip_bytes);
  if (further_frames != 0) {
    fmt::format_to(fmt::appender(out), FMT_COMPILE(",\"further_frames\":{}"), further_frames);
  }
  append(out, "}\n");
}

void append_packet_text(fmt::memory_buffer& out, uint64_t number, const PacketView& packet,
                        const parsers::ParsedPacket& parsed, const parsers::LayerTrace& trace,
                        report::TimeZone zone, uint32_t further_frames) {
  std::string layers;
  for (size_t i = 0; i < trace.count; ++i) {
    layers += (i == 0 ? "" : "/") + std::string(trace.names[i]);
  }
  fmt::format_to(fmt::appender(out), "{:>6} {} {}", number,
                 report::zoned_time_text(packet.ts_ns, zone), layers.empty() ? "-" : layers);
  for (size_t i = 0; i < parsed.vlan_count && i < parsed.vlans.size(); ++i) {
    fmt::format_to(fmt::appender(out), "{}{}", i == 0 ? " vlan " : ".", parsed.vlans[i]);
  }
  if (parsed.ip_version != 0) {
    // A later fragment has none, whatever its protocol.
    const bool ports = parsed.reason != Reason::fragment;
    const auto end = [&](const IpBytes& address, uint16_t port) {
      return ports ? report::endpoint_text(parsed.ip_version, address, parsed.proto, port)
                   : report::address_text(parsed.ip_version, address);
    };
    fmt::format_to(fmt::appender(out), " {} > {} {} {} bytes", end(parsed.src, parsed.src_port),
                   end(parsed.dst, parsed.dst_port), report::proto_name(parsed.proto),
                   parsed.ip_bytes);
  }
  if (parsed.verdict != Verdict::parsed) append(out, " ");
  if (parsed.verdict != Verdict::parsed) append(out, to_string(parsed.verdict));
  if (parsed.reason != Reason::none) {
    const std::string_view name = ether_type_name(parsed.ether_type());
    fmt::format_to(fmt::appender(out), " ({}{}{})", reason_text(parsed), name.empty() ? "" : ", ",
                   name);
  }
  if (further_frames != 0) {
    fmt::format_to(fmt::appender(out), " and {} more frame{}", further_frames,
                   further_frames == 1 ? "" : "s");
  }
  out.push_back('\n');
}

}  // namespace weir::cli
