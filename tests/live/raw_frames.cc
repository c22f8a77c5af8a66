#include "tests/live/raw_frames.h"

#include <arpa/inet.h>
#include <errno.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "tests/live/frame_socket.h"

namespace weir::testing {
namespace {

constexpr uint32_t kFcsBytes = 4;
constexpr uint32_t kEthernetBytes = 14;
constexpr uint32_t kHosts = 60000;

void put_be16(uint8_t* at, uint32_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}

void put_be32(uint8_t* at, uint32_t value) {
  put_be16(at, value >> 16);
  put_be16(at + 2, value);
}

// RFC 1071, over an IPv4 header without options.
uint16_t header_checksum(const uint8_t* header) {
  uint32_t sum = 0;
  for (int i = 0; i < 20; i += 2) sum += static_cast<uint32_t>(header[i]) << 8 | header[i + 1];
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~(sum + (sum >> 16)));
}

std::array<uint8_t, 16> address_of(bool ipv6, bool local, uint32_t host) {
  std::array<uint8_t, 16> address{};
  if (ipv6) {
    put_be32(address.data(), local ? 0xfd770000 : 0x20010db8);
    put_be32(address.data() + 12, host);
  } else {
    put_be32(address.data(), (local ? 0x0a4d0000 : 0xc6120000) + host);
  }
  return address;
}

std::string text_of(bool ipv6, const std::array<uint8_t, 16>& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(ipv6 ? AF_INET6 : AF_INET, address.data(), text.data(), text.size());
  return text.data();
}

RawFrame make_frame(uint32_t flow, bool from_local, const FrameSpec& spec) {
  // Steps of a number without common divisor spread the shares over the flows.
  const bool ipv6 = (flow * 61 + 50) % 100 < spec.ipv6_percent;
  const bool udp = (flow * 37 + 20) % 100 < spec.udp_percent;
  const uint32_t host = 2 + flow % kHosts;
  const auto source = address_of(ipv6, from_local, host);
  const auto destination = address_of(ipv6, !from_local, host);
  const auto local_port = static_cast<uint16_t>(10000 + flow / kHosts);
  const auto remote_port = static_cast<uint16_t>(udp ? 53 : 443);

  RawFrame frame;
  frame.src_addr = text_of(ipv6, source);
  frame.dst_addr = text_of(ipv6, destination);
  frame.src_port = from_local ? local_port : remote_port;
  frame.dst_port = from_local ? remote_port : local_port;
  frame.proto = udp ? 17 : 6;
  const uint32_t ip_header = ipv6 ? 40 : 20;
  const uint32_t headers = ip_header + (udp ? 8 : 20);
  frame.ip_bytes = std::max(spec.size - kFcsBytes - kEthernetBytes, headers);
  const uint32_t tag = spec.vlan != 0 ? 4 : 0;
  frame.bytes.resize(kEthernetBytes + tag + frame.ip_bytes);

  uint8_t* at = frame.bytes.data();
  at[0] = at[6] = 0x02;  // to nobody's address, so that no stack answers
  at[5] = from_local ? 0xfe : 0xfd;
  at[11] = from_local ? 0xfd : 0xfe;
  if (tag != 0) {
    put_be16(at + 12, 0x8100);
    put_be16(at + 14, spec.vlan);
  }
  put_be16(at + 12 + tag, ipv6 ? 0x86dd : 0x0800);
  uint8_t* ip = at + kEthernetBytes + tag;
  const size_t address_bytes = ipv6 ? 16 : 4;
  uint8_t* addresses = ip + (ipv6 ? 8 : 12);
  std::memcpy(addresses, source.data(), address_bytes);
  std::memcpy(addresses + address_bytes, destination.data(), address_bytes);
  if (ipv6) {
    ip[0] = 0x60;
    put_be16(ip + 4, frame.ip_bytes - ip_header);
    ip[6] = frame.proto;
    ip[7] = 64;
  } else {
    ip[0] = 0x45;
    put_be16(ip + 2, frame.ip_bytes);
    ip[8] = 64;
    ip[9] = frame.proto;
    put_be16(ip + 10, header_checksum(ip));
  }
  uint8_t* transport = ip + ip_header;
  put_be16(transport, frame.src_port);
  put_be16(transport + 2, frame.dst_port);
  if (udp) {
    put_be16(transport + 4, frame.ip_bytes - ip_header);
  } else {
    transport[12] = 0x50;
    transport[13] = 0x10;
  }
  return frame;
}

double monotonic_s() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void pause_us(long us) {
  const timespec wait{0, us * 1000};
  nanosleep(&wait, nullptr);
}

}  // namespace

std::vector<RawFrame> make_frames(const FrameSpec& spec) {
  std::vector<RawFrame> frames;
  for (uint32_t flow = 0; flow < spec.flows; ++flow) {
    frames.push_back(make_frame(flow, true, spec));
    if (!spec.one_way) frames.push_back(make_frame(flow, false, spec));
  }
  return frames;
}

SendReport send_frames(const std::string& interface, const std::vector<RawFrame>& frames,
                       const SendLimits& limits) {
  SendReport report;
  const FrameSocket socket;
  if (frames.empty() || (limits.count == 0 && limits.seconds <= 0)) {
    report.error = "nothing to send, or no limit";
    return report;
  }
  if (!socket.bind_to(interface, limits.bypass)) {
    report.error = interface + ": " + std::strerror(errno);
    return report;
  }
  const double start = monotonic_s();
  for (;;) {
    report.seconds = monotonic_s() - start;
    uint64_t want = limits.count == 0 ? UINT64_MAX : limits.count;
    if (limits.seconds > 0 && report.seconds >= limits.seconds) break;
    if (report.frames >= want) break;
    if (limits.pps != 0) {
      const double due = report.seconds * static_cast<double>(limits.pps);
      want = std::min(want, static_cast<uint64_t>(due) + 1);
    }
    if (report.frames >= want) {
      pause_us(500);
      continue;
    }
    const auto burst =
        static_cast<unsigned>(std::min<uint64_t>(FrameSocket::kBurst, want - report.frames));
    const int sent = socket.send_burst(frames, report.frames, burst);
    if (sent < 0 && (errno == ENOBUFS || errno == EAGAIN || errno == EINTR)) {
      pause_us(50);
      continue;
    }
    if (sent < 0) {
      report.error = interface + ": " + std::strerror(errno);
      break;
    }
    for (int i = 0; i < sent; ++i) {
      const RawFrame& frame = frames[report.frames++ % frames.size()];
      report.ip_bytes += frame.ip_bytes;
      report.wire_bytes += frame.bytes.size();
    }
  }
  return report;
}

}  // namespace weir::testing
