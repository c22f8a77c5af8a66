#include "report/format.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <time.h>

#include <array>
#include <cmath>
#include <iterator>

#include "engine/core/clock.h"

namespace weir::report {
namespace {

/// "1.23", "12.3", "123" and the power of 1000 it was divided by. Rounding may carry into the next
/// power: 999,999 is "1.00 M", not "1000 k".
struct Scaled {
  std::string digits;
  size_t power = 0;
};

Scaled scale_by_1000(uint64_t value, size_t max_power) {
  if (value < 1000) return {std::to_string(value), 0};
  size_t power = 0;
  double rest = static_cast<double>(value);
  while (rest >= 999.5 && power < max_power) {
    rest /= 1000;
    ++power;
  }
  const int decimals = rest < 9.995 ? 2 : rest < 99.95 ? 1 : 0;
  return {fmt::format("{:.{}f}", rest, decimals), power};
}

constexpr std::array<std::string_view, 7> kPrefixes{"", "k", "M", "G", "T", "P", "E"};

std::string with_unit(uint64_t value, std::string_view unit) {
  const Scaled scaled = scale_by_1000(value, kPrefixes.size() - 1);
  return fmt::format("{} {}{}", scaled.digits, kPrefixes[scaled.power], unit);
}

tm broken_down(uint64_t ns_since_epoch, TimeZone zone) {
  const auto seconds = static_cast<time_t>(ns_since_epoch / kNsPerSecond);
  tm at{};
  if (zone == TimeZone::local) {
    localtime_r(&seconds, &at);
  } else {
    gmtime_r(&seconds, &at);
  }
  return at;
}

void append_ipv4(std::string& out, const IpBytes& address) {
  fmt::format_to(std::back_inserter(out), "{}.{}.{}.{}", address[0], address[1], address[2],
                 address[3]);
}

}  // namespace

void append_address(std::string& out, uint8_t ip_version, const IpBytes& address) {
  if (ip_version == 4) return append_ipv4(out, address);
  if (ip_version != 6) return;
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(AF_INET6, address.data(), text.data(), text.size());
  out += text.data();
}

std::string address_text(uint8_t ip_version, const IpBytes& address) {
  std::string out;
  append_address(out, ip_version, address);
  return out;
}

std::string endpoint_text(uint8_t ip_version, const IpBytes& address, uint8_t proto,
                          uint16_t port) {
  std::string out;
  if (!has_ports(proto)) {
    append_address(out, ip_version, address);
    return out;
  }
  if (ip_version == 6) out += '[';
  append_address(out, ip_version, address);
  if (ip_version == 6) out += ']';
  out += ':';
  out += std::to_string(port);
  return out;
}

std::string proto_name(uint8_t proto) {
  switch (proto) {
    case 0: return "hopopt";
    case 1: return "icmp";
    case 2: return "igmp";
    case 4: return "ipv4";
    case 6: return "tcp";
    case 8: return "egp";
    case 9: return "igp";
    case 17: return "udp";
    case 27: return "rdp";
    case 33: return "dccp";
    case 41: return "ipv6";
    case 43: return "ipv6-route";
    case 44: return "ipv6-frag";
    case 46: return "rsvp";
    case 47: return "gre";
    case 50: return "esp";
    case 51: return "ah";
    case 58: return "ipv6-icmp";
    case 59: return "ipv6-nonxt";
    case 60: return "ipv6-opts";
    case 88: return "eigrp";
    case 89: return "ospfigp";
    case 94: return "ipip";
    case 97: return "etherip";
    case 103: return "pim";
    case 108: return "ipcomp";
    case 112: return "vrrp";
    case 115: return "l2tp";
    case 132: return "sctp";
    case 135: return "mobility-header";
    case 136: return "udplite";
    case 137: return "mpls-in-ip";
    case 139: return "hip";
    case 140: return "shim6";
    default: return std::to_string(proto);
  }
}

std::string link_type_name(LinkType type) {
  switch (type) {
    case LinkType::null: return "NULL";
    case LinkType::en10mb: return "EN10MB";
    case LinkType::ieee802_5: return "IEEE802_5";
    case LinkType::arcnet: return "ARCNET_BSD";
    case LinkType::slip: return "SLIP";
    case LinkType::ppp: return "PPP";
    case LinkType::fddi: return "FDDI";
    case LinkType::atm_rfc1483_dlt: return "ATM_RFC1483";
    case LinkType::raw_bsd: return "RAW";
    case LinkType::raw_openbsd: return "RAW";
    case LinkType::ppp_serial: return "PPP_SERIAL";
    case LinkType::ppp_ether: return "PPP_ETHER";
    case LinkType::atm_rfc1483: return "ATM_RFC1483";
    case LinkType::raw: return "RAW";
    case LinkType::c_hdlc: return "C_HDLC";
    case LinkType::ieee802_11: return "IEEE802_11";
    case LinkType::atm_clip: return "ATM_CLIP";
    case LinkType::frelay: return "FRELAY";
    case LinkType::loop: return "LOOP";
    case LinkType::enc: return "ENC";
    case LinkType::linux_sll: return "LINUX_SLL";
    case LinkType::pflog: return "PFLOG";
    case LinkType::ieee802_11_prism: return "IEEE802_11_PRISM";
    case LinkType::ip_over_fc: return "IP_OVER_FC";
    case LinkType::sunatm: return "SUNATM";
    case LinkType::ieee802_11_radiotap: return "IEEE802_11_RADIOTAP";
    case LinkType::arcnet_linux: return "ARCNET_LINUX";
    case LinkType::apple_ip_over_ieee1394: return "APPLE_IP_OVER_IEEE1394";
    case LinkType::docsis: return "DOCSIS";
    case LinkType::apple_user2: return "USER2";
    case LinkType::ieee802_11_avs: return "IEEE802_11_AVS";
    case LinkType::ppp_pppd: return "PPP_PPPD";
    case LinkType::juniper_ether: return "JUNIPER_ETHER";
    case LinkType::juniper_ppp: return "JUNIPER_PPP";
    case LinkType::juniper_frelay: return "JUNIPER_FRELAY";
    case LinkType::juniper_chdlc: return "JUNIPER_CHDLC";
    case LinkType::mfr: return "MFR";
    case LinkType::ppi: return "PPI";
    case LinkType::erf: return "ERF";
    case LinkType::ppp_with_dir: return "PPP_WITH_DIR";
    case LinkType::c_hdlc_with_dir: return "C_HDLC_WITH_DIR";
    case LinkType::frelay_with_dir: return "FRELAY_WITH_DIR";
    case LinkType::ipnet: return "IPNET";
    case LinkType::ipv4: return "IPV4";
    case LinkType::ipv6: return "IPV6";
    case LinkType::nflog: return "NFLOG";
    case LinkType::netanalyzer: return "NETANALYZER";
    case LinkType::netanalyzer_transparent: return "NETANALYZER_TRANSPARENT";
    case LinkType::ipoib: return "IPOIB";
    case LinkType::pktap: return "PKTAP";
    case LinkType::ethernet_mpacket: return "ETHERNET_MPACKET";
    case LinkType::linux_sll2: return "LINUX_SLL2";
    case LinkType::dsa_tag_brcm: return "DSA_TAG_BRCM";
    case LinkType::dsa_tag_brcm_prepend: return "DSA_TAG_BRCM_PREPEND";
    case LinkType::dsa_tag_dsa: return "DSA_TAG_DSA";
    case LinkType::dsa_tag_edsa: return "DSA_TAG_EDSA";
  }
  return std::to_string(static_cast<unsigned>(type));
}

std::string count_text(uint64_t count) {
  std::string digits = std::to_string(count);
  for (size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::string rate_text(uint64_t bits_per_second, bool in_bytes) {
  return in_bytes ? with_unit(bits_per_second / 8, "B/s") : with_unit(bits_per_second, "bit/s");
}

std::string bytes_text(uint64_t bytes) {
  return with_unit(bytes, "B");
}

std::string packet_rate_text(uint64_t packets, uint64_t elapsed_ns) {
  if (elapsed_ns == 0) return {};
  const double rate = static_cast<double>(packets) * 1e9 / static_cast<double>(elapsed_ns);
  return with_unit(rate < 1.8e19 ? static_cast<uint64_t>(std::round(rate)) : UINT64_MAX, "pps");
}

std::string duration_text(uint64_t ns) {
  if (ns == 0) return "0 s";
  if (ns < 1000) return fmt::format("{} ns", ns);
  if (ns < kNsPerMs) return fmt::format("{} us", ns / 1000);
  if (ns < kNsPerSecond) return fmt::format("{} ms", ns / kNsPerMs);
  const uint64_t seconds = ns / kNsPerSecond;
  if (seconds < 60) return fmt::format("{}.{:03} s", seconds, ns % kNsPerSecond / kNsPerMs);
  if (seconds < 3600) return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {:02} min", seconds / 3600, seconds / 60 % 60);
}

std::string time_text(uint64_t ns_since_epoch, TimeZone zone) {
  const tm at = broken_down(ns_since_epoch, zone);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}", at.tm_year + 1900, at.tm_mon + 1,
                     at.tm_mday, at.tm_hour, at.tm_min, at.tm_sec,
                     ns_since_epoch % kNsPerSecond / kNsPerMs);
}

std::string clock_text(uint64_t ns_since_epoch, TimeZone zone) {
  const tm at = broken_down(ns_since_epoch, zone);
  return fmt::format("{:02}:{:02}:{:02}", at.tm_hour, at.tm_min, at.tm_sec);
}

std::string zone_name(uint64_t ns_since_epoch, TimeZone zone) {
  if (zone == TimeZone::utc) return "UTC";
  const tm at = broken_down(ns_since_epoch, zone);
  // The name comes from the environment. A zone without one of its own is called "-03" or "+0530".
  const std::string name = printable(at.tm_zone == nullptr ? "" : at.tm_zone);
  const bool number = name.empty() || name.front() == '+' || name.front() == '-';
  return number ? "UTC" + name : name;
}

std::string zoned_time_text(uint64_t ns_since_epoch, TimeZone zone) {
  return time_text(ns_since_epoch, zone) + " " + zone_name(ns_since_epoch, zone);
}

std::string time_span_text(uint64_t first_ns, uint64_t last_ns, TimeZone zone) {
  const bool one_name = zone_name(first_ns, zone) == zone_name(last_ns, zone);
  return (one_name ? time_text(first_ns, zone) : zoned_time_text(first_ns, zone)) + " to " +
         zoned_time_text(last_ns, zone);
}

std::string share_text(uint64_t part, uint64_t whole) {
  if (whole == 0) return {};
  if (part == 0) return "0 %";
  if (part >= whole) return "100 %";
  const double percent = static_cast<double>(part) * 100 / static_cast<double>(whole);
  if (percent < 0.1) return "<0.1 %";
  if (percent > 99.9) return ">99.9 %";
  return fmt::format("{:.1f} %", percent);
}

std::string iftop_size(double size, char unit_letter) {
  constexpr std::array<std::string_view, 4> kUnits{"", "K", "M", "G"};
  size_t power = 0;
  double unit = 1;
  int decimals = 0;
  // iftop looks at the size before rounding, so 999.7 is "1000b" and 1000 is "0.98Kb".
  while (size >= unit * 1000 && power + 1 < kUnits.size()) {
    ++power;
    unit *= 1024;
    if (size < unit * 10) {
      decimals = 2;
      break;
    }
    if (size < unit * 100) {
      decimals = 1;
      break;
    }
  }
  return fmt::format("{:.{}f}{}{}", size / unit, decimals, kUnits[power], unit_letter);
}

std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) c = '?';
  }
  return out;
}

}  // namespace weir::report
