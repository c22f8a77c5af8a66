#include "report/filter/row_text.h"

#include <arpa/inet.h>

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
};

End end_of(const FlowKey& key, bool high) noexcept {
  return high ? End{key.high_addr, key.high_port} : End{key.low_addr, key.low_port};
}

void append_number_endpoint(RowText& out, uint8_t ip_version, const End& end) {
  const bool brackets = ip_version == 6 && end.port != 0;
  if (brackets) out.append('[');
  out.append_host(ip_version, end.address);
  if (brackets) out.append(']');
  if (end.port == 0) return;
  out.append(':');
  out.append_number(end.port);
}

void append_named_endpoint(RowText& out, const FlowKey& key, const End& end, NameSource& names) {
  const std::string host = names.host(key.ip_version, end.address);
  const bool brackets = end.port != 0 && host.find(':') != std::string::npos;
  if (brackets) out.append('[');
  out.append(host);
  if (brackets) out.append(']');
  if (end.port == 0) return;
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
  if (ip_version == 6) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(AF_INET6, address.data(), text.data(), text.size());
    append(text.data());
  } else if (ip_version == 4) {
    for (size_t i = 0; i < 4; ++i) {
      if (i != 0) append('.');
      append_number(address[i]);
    }
  }
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
