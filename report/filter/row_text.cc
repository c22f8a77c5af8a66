#include "report/filter/row_text.h"

#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

#include "report/format.h"

namespace weir::report {
namespace {

struct End {
  const IpBytes& address;
  uint16_t port;
  bool has_port;
};

End end_of(const FlowKey& key, bool high) noexcept {
  const bool has_port = has_ports(key.proto);
  return high ? End{key.high_addr, key.high_port, has_port}
              : End{key.low_addr, key.low_port, has_port};
}

void append_number_endpoint(RowText& out, uint8_t ip_version, const End& end) {
  const bool brackets = ip_version == 6 && end.has_port;
  if (brackets) out.append('[');
  out.append_host(ip_version, end.address);
  if (brackets) out.append(']');
  if (!end.has_port) return;
  out.append(':');
  out.append_number(end.port);
}

void append_named_endpoint(RowText& out, const FlowKey& key, const End& end, NameSource& names) {
  const std::string host = names.host(key.ip_version, end.address);
  const bool brackets = end.has_port && host.find(':') != std::string::npos;
  if (brackets) out.append('[');
  out.append(host);
  if (brackets) out.append(']');
  if (!end.has_port) return;
  out.append(':');
  out.append(names.service(key.proto, end.port));
}

void append_proto(RowText& out, const FlowKey& key) {
  out.append(' ');
  out.append(proto_name(key.proto));
  for (size_t i = 0; i < key.vlan_count && i < key.vlans.size(); ++i) {
    out.append(i == 0 ? " vlan " : ".");
    out.append_number(key.vlans[i]);
  }
}

// inet_ntop() is a printf for each part of an address: 350 ns for one of IPv6, these are 30.

char* put_octet(char* at, unsigned octet) noexcept {
  if (octet >= 100) *at++ = static_cast<char>('0' + octet / 100);
  if (octet >= 10) *at++ = static_cast<char>('0' + octet / 10 % 10);
  *at++ = static_cast<char>('0' + octet % 10);
  return at;
}

char* put_ip4(char* at, const uint8_t* octets) noexcept {
  for (size_t i = 0; i < 4; ++i) {
    if (i != 0) *at++ = '.';
    at = put_octet(at, octets[i]);
  }
  return at;
}

char* put_group(char* at, unsigned group) noexcept {
  constexpr std::string_view kHex = "0123456789abcdef";
  if (group >= 0x1000) *at++ = kHex[group >> 12];
  if (group >= 0x100) *at++ = kHex[group >> 8 & 0xF];
  if (group >= 0x10) *at++ = kHex[group >> 4 & 0xF];
  *at++ = kHex[group & 0xF];
  return at;
}

/// RFC 5952: the first of the longest runs of two or more zeros is "::". As glibc's inet_ntop() has
/// it, an IPv4 address in the last four bytes (RFC 4291 section 2.5.5) is written as one.
char* put_ip6(char* at, const IpBytes& address) noexcept {
  std::array<unsigned, 8> groups;
  size_t run_begin = 8;
  size_t run_size = 1;
  for (size_t i = 0, zeros = 0; i < groups.size(); ++i) {
    groups[i] = address[2 * i] * 256U + address[2 * i + 1];
    zeros = groups[i] == 0 ? zeros + 1 : 0;
    if (zeros <= run_size) continue;
    run_size = zeros;
    run_begin = i + 1 - zeros;
  }
  const bool ip4 = run_begin == 0 && (run_size == 6 || (run_size == 5 && groups[5] == 0xFFFF));
  const size_t end = ip4 ? 6 : 8;
  for (size_t i = 0; i < end; ++i) {
    if (i == run_begin) {
      *at++ = ':';
      i += run_size - 1;
      if (i + 1 >= groups.size()) *at++ = ':';
      continue;
    }
    if (i != 0) *at++ = ':';
    at = put_group(at, groups[i]);
  }
  if (!ip4) return at;
  *at++ = ':';
  return put_ip4(at, address.data() + 12);
}

}  // namespace

void RowText::append(std::string_view text) noexcept {
  const size_t count = std::min(text.size(), bytes_.size() - size_);
  std::memcpy(bytes_.data() + size_, text.data(), count);
  size_ += count;
}

void RowText::append_number(uint32_t number) noexcept {
  std::array<char, 10> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  append({digits.data(), static_cast<size_t>(end - digits.data())});
}

void RowText::append_host(uint8_t ip_version, const IpBytes& address) noexcept {
  std::array<char, INET6_ADDRSTRLEN> text;
  char* end = text.data();
  if (ip_version == 4) end = put_ip4(end, address.data());
  if (ip_version == 6) end = put_ip6(end, address);
  append({text.data(), static_cast<size_t>(end - text.data())});
}

void append_number_line(RowText& out, const FlowKey& key, bool shown_high) {
  append_number_endpoint(out, key.ip_version, end_of(key, shown_high));
  out.append(" => ");
  append_number_endpoint(out, key.ip_version, end_of(key, !shown_high));
  append_proto(out, key);
}

void append_name_line(RowText& out, const FlowKey& key, bool shown_high, NameSource& names) {
  append_named_endpoint(out, key, end_of(key, shown_high), names);
  out.append(" => ");
  append_named_endpoint(out, key, end_of(key, !shown_high), names);
  append_proto(out, key);
}

}  // namespace weir::report
