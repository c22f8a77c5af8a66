#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/core/flow_key.h"
#include "engine/core/ip_prefix.h"
#include "engine/core/packet.h"

/// Numbers, addresses and times as people and scripts read them. Pure functions, any thread.
namespace weir::report {

/// Appends the address: dotted quad, or IPv6 as RFC 5952 writes it (lower case, longest run of
/// zeros compressed). A version other than 4 and 6 gives nothing.
void append_address(std::string& out, uint8_t ip_version, const IpBytes& address);
std::string address_text(uint8_t ip_version, const IpBytes& address);

/// "10.0.0.1:443", "[2001:db8::1]:443" (RFC 5952 section 6); the address alone where the protocol
/// has no ports.
std::string endpoint_text(uint8_t ip_version, const IpBytes& address, uint8_t proto, uint16_t port);

/// IANA's keyword in lower case ("tcp", "ipv6-icmp"); the number where weir has no name for it.
std::string proto_name(uint8_t proto);

/// LINKTYPE_ name without the prefix ("EN10MB", "LINUX_SLL2"); the number where there is none.
std::string link_type_name(LinkType type);

/// 1234567 -> "1,234,567".
std::string count_text(uint64_t count);

/// Three significant digits by 1000: "0 bit/s", "999 bit/s", "1.23 Mbit/s"; "154 kB/s" in bytes.
std::string rate_text(uint64_t bits_per_second, bool in_bytes);

/// Three significant digits by 1000 with SI units: "999 B", "1.50 kB", "3.20 GB".
std::string bytes_text(uint64_t bytes);

/// "833 kpps", from packets and the time they took; empty when no time passed.
std::string packet_rate_text(uint64_t packets, uint64_t elapsed_ns);

/// "250 ms", "6.000 s", "2 min 03 s", "1 h 02 min".
std::string duration_text(uint64_t ns);

/// Which clock times are written in for people. JSON and CSV have ns since the epoch instead.
enum class TimeZone : uint8_t {
  utc,
  local,  ///< that of TZ, else of /etc/localtime
};

/// To the millisecond: "2023-11-14 22:13:20.000".
std::string time_text(uint64_t ns_since_epoch, TimeZone zone);

/// "22:13:20".
std::string clock_text(uint64_t ns_since_epoch, TimeZone zone);

/// What the zone is called at that time: "UTC", "CET", "UTC+0530" where it has a number for a name.
std::string zone_name(uint64_t ns_since_epoch, TimeZone zone);

/// "2023-11-14 22:13:20.000 UTC".
std::string zoned_time_text(uint64_t ns_since_epoch, TimeZone zone);

/// "2023-11-14 22:13:20.000 to 2023-11-14 22:13:26.000 UTC"; the zone's name twice where the clocks
/// were changed in between.
std::string time_span_text(uint64_t first_ns, uint64_t last_ns, TimeZone zone);

/// A share in percent that never rounds something to nothing or a part to all: "99.9 %",
/// "<0.1 %", ">99.9 %", "100 %". Empty when the whole is 0.
std::string share_text(uint64_t part, uint64_t whole);

/// A size as iftop 1.0pre4 prints it in text mode: by 1024, at most "Gb", at most four characters
/// of number. `unit_letter` is 'b' or 'B'; the caller multiplies by 8 for bits.
std::string iftop_size(double size, char unit_letter);

/// Names come from file systems, the kernel and peers: control characters, which could drive a
/// terminal, become '?'.
std::string printable(std::string_view text);

}  // namespace weir::report
