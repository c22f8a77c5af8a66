#include "tests/support/frames.h"

#include <arpa/inet.h>

#include <stdexcept>
#include <string>

namespace weir::frames {
namespace {

uint8_t digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<uint8_t>(c - 'A' + 10);
  throw std::invalid_argument("not a hex digit");
}

Bytes number(uint32_t value, int bytes, bool big) {
  Bytes out;
  for (int i = 0; i < bytes; ++i) {
    const int shift = 8 * (big ? bytes - 1 - i : i);
    out.push_back(static_cast<uint8_t>(value >> shift));
  }
  return out;
}

}  // namespace

Bytes hex(std::string_view digits) {
  Bytes out;
  bool half = false;
  for (const char c : digits) {
    if (c == ' ') continue;
    if (half) {
      out.back() = static_cast<uint8_t>(out.back() << 4 | digit(c));
    } else {
      out.push_back(digit(c));
    }
    half = !half;
  }
  if (half) throw std::invalid_argument("half a byte");
  return out;
}

Bytes be16(uint32_t value) {
  return number(value, 2, true);
}
Bytes be32(uint32_t value) {
  return number(value, 4, true);
}
Bytes le16(uint32_t value) {
  return number(value, 2, false);
}
Bytes le32(uint32_t value) {
  return number(value, 4, false);
}
Bytes zeros(size_t count) {
  return Bytes(count, 0);
}

Bytes address(std::string_view text) {
  const bool v6 = text.find(':') != std::string_view::npos;
  Bytes out(v6 ? 16 : 4);
  if (inet_pton(v6 ? AF_INET6 : AF_INET, std::string(text).c_str(), out.data()) != 1) {
    throw std::invalid_argument("not an address");
  }
  return out;
}

// Not insert(): GCC 12 warns of an overflow in its own vector there.
void append(Bytes& to, const Bytes& part) {
  for (const uint8_t byte : part) to.push_back(byte);
}
void append(Bytes& to, std::string_view digits) {
  append(to, hex(digits));
}

Bytes ethernet(uint16_t type, const Bytes& payload) {
  return cat("020000000002 020000000001", be16(type), payload);
}

Bytes vlan(uint16_t tci, uint16_t type, const Bytes& payload) {
  return cat(be16(tci), be16(type), payload);
}

Bytes ieee802_3(const Bytes& payload) {
  return ethernet(static_cast<uint16_t>(payload.size()), payload);
}

Bytes snap(uint16_t type, const Bytes& payload) {
  return cat("aaaa03 000000", be16(type), payload);
}

Bytes ipv4(const Ipv4& header, const Bytes& payload) {
  const size_t size = 20 + header.options.size();
  const int ihl = header.ihl >= 0 ? header.ihl : static_cast<int>(size / 4);
  const int total =
      header.total_length >= 0 ? header.total_length : static_cast<int>(size + payload.size());
  Bytes out = cat(Bytes{static_cast<uint8_t>(header.version << 4 | ihl), 0},
                  be16(static_cast<uint32_t>(total)), "1234", be16(header.flags_offset),
                  Bytes{64, header.proto}, "0000", address(header.src), address(header.dst),
                  header.options);
  uint32_t sum = 0;
  for (size_t at = 0; at < out.size(); at += 2) sum += (out[at] << 8U) + out[at + 1];
  while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
  const Bytes checksum = be16(~sum & 0xFFFF);
  out[10] = checksum[0];
  out[11] = checksum[1];
  append(out, payload);
  return out;
}

Bytes ipv6(const Ipv6& header, const Bytes& payload) {
  const int length =
      header.payload_length >= 0 ? header.payload_length : static_cast<int>(payload.size());
  return cat(Bytes{static_cast<uint8_t>(header.version << 4), 0, 0, 0},
             be16(static_cast<uint32_t>(length)), Bytes{header.next, 64}, address(header.src),
             address(header.dst), payload);
}

Bytes extension(uint8_t next) {
  return cat(Bytes{next, 0}, "0104 00000000");
}

Bytes fragment_header(uint8_t next, uint16_t offset_and_more) {
  return cat(Bytes{next, 0}, be16(offset_and_more), "cafe0001");
}

Bytes tcp(uint16_t src_port, uint16_t dst_port, uint8_t flags, const Bytes& payload) {
  return cat(be16(src_port), be16(dst_port), "00000001 00000002", Bytes{0x50, flags},
             "ffff 0000 0000", payload);
}

Bytes udp(uint16_t src_port, uint16_t dst_port, const Bytes& payload) {
  return cat(be16(src_port), be16(dst_port), be16(static_cast<uint32_t>(8 + payload.size())),
             "0000", payload);
}

Bytes icmp_echo() {
  return hex("0800 f7fd 0001 0001");
}

Bytes some_ipv4() {
  return ipv4({.proto = 17}, udp(1111, 53));
}
Bytes some_ipv6() {
  return ipv6({.next = 17}, udp(2222, 53));
}

}  // namespace weir::frames
