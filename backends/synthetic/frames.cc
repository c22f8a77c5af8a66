#include "backends/synthetic/frames.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>
#include <random>

namespace weir::backends {
namespace {

constexpr uint32_t kFcsBytes = 4;
constexpr uint32_t kEthernetBytes = 14;
constexpr std::array<uint32_t, 12> kImix{64, 594, 64, 64, 594, 64, 1518, 64, 594, 64, 594, 64};

// splitmix64: turns a flow's number into independent bits. The standard library's distributions may
// differ between implementations, and the same seed must make the same frames everywhere.
uint64_t mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

void store_be16(uint8_t* at, uint32_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}

// RFC 1071, over an IPv4 header without options.
uint16_t header_checksum(const uint8_t* header) {
  uint32_t sum = 0;
  for (int i = 0; i < 20; i += 2) sum += static_cast<uint32_t>(header[i]) << 8 | header[i + 1];
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~(sum + (sum >> 16)));
}

/// One flow: a client in 10.0.0.0/8 or fd00::/8, a server in 198.18.0.0/15 (RFC 2544) or
/// 2001:db8::/32.
struct Flow {
  uint32_t number;
  bool ipv6;
  bool udp;
  uint16_t client_port;
  uint16_t server_port;

  Flow(uint32_t index, const SyntheticOptions& options) : number(index) {
    const uint64_t bits = mix(options.seed * 0x100000001b3 + index);
    ipv6 = bits % 100 < options.ipv6_percent;
    udp = (bits >> 16) % 100 < options.udp_percent;
    client_port = static_cast<uint16_t>(1024 + (bits >> 32) % 60000);
    server_port = udp ? ((bits >> 56) % 2 != 0 ? 443 : 53) : ((bits >> 56) % 4 != 0 ? 443 : 80);
  }

  void put_client(uint8_t* address) const {
    address[0] = ipv6 ? 0xfd : 10;
    const size_t tail = ipv6 ? 13 : 1;
    address[tail] = static_cast<uint8_t>(number >> 16);
    address[tail + 1] = static_cast<uint8_t>(number >> 8);
    address[tail + 2] = static_cast<uint8_t>(number);
  }
  void put_server(uint8_t* address) const {
    const auto host = static_cast<uint32_t>(mix(number) & 0x3ff);
    if (ipv6) {
      static constexpr std::array<uint8_t, 4> kDocumentation{0x20, 0x01, 0x0d, 0xb8};
      std::copy(kDocumentation.begin(), kDocumentation.end(), address);
      store_be16(address + 14, host);
    } else {
      address[0] = 198;
      address[1] = 18;
      store_be16(address + 2, host);
    }
  }
};

/// Writes as much of the frame as is kept. `out` holds kSyntheticSnaplen zero bytes.
void build_frame(const Flow& flow, bool from_client, uint32_t wire_len, uint8_t* out) {
  out[0] = out[6] = 0x02;  // locally administered addresses
  out[5] = from_client ? 1 : 2;
  out[11] = from_client ? 2 : 1;
  store_be16(out + 12, flow.ipv6 ? 0x86dd : 0x0800);
  uint8_t* ip = out + kEthernetBytes;
  const uint32_t ip_header = flow.ipv6 ? 40 : 20;
  const uint32_t transport = flow.udp ? 8 : 20;
  // A 64-byte frame cannot hold IPv6 and TCP: such a frame is as long as its headers.
  const uint32_t ip_bytes = std::max(wire_len - kEthernetBytes, ip_header + transport);
  const uint8_t proto = flow.udp ? 17 : 6;
  const size_t address_bytes = flow.ipv6 ? 16 : 4;
  uint8_t* source = ip + (flow.ipv6 ? 8 : 12);
  uint8_t* destination = source + address_bytes;
  if (flow.ipv6) {
    ip[0] = 0x60;
    store_be16(ip + 4, ip_bytes - ip_header);
    ip[6] = proto;
    ip[7] = 64;
  } else {
    ip[0] = 0x45;
    store_be16(ip + 2, ip_bytes);
    ip[8] = 64;
    ip[9] = proto;
  }
  flow.put_client(from_client ? source : destination);
  flow.put_server(from_client ? destination : source);
  if (!flow.ipv6) store_be16(ip + 10, header_checksum(ip));
  uint8_t* ports = ip + ip_header;
  store_be16(ports, from_client ? flow.client_port : flow.server_port);
  store_be16(ports + 2, from_client ? flow.server_port : flow.client_port);
  if (flow.udp) {
    store_be16(ports + 4, ip_bytes - ip_header);
  } else {
    ports[12] = 0x50;  // five words of header
    ports[13] = 0x10;  // ACK
  }
}

uint32_t length_of(uint32_t order, const SyntheticOptions& options, const Flow& flow) {
  const uint32_t size = options.imix ? kImix[order % kImix.size()] : options.packet_size;
  const uint32_t headers = kEthernetBytes + (flow.ipv6 ? 40 : 20) + (flow.udp ? 8 : 20);
  return std::max(size - kFcsBytes, headers);
}

}  // namespace

SyntheticFrames::SyntheticFrames(const SyntheticOptions& options, uint32_t queue, uint32_t queues) {
  const uint32_t cycle = options.flows * 2;
  std::vector<uint32_t> order(cycle);
  std::iota(order.begin(), order.end(), 0);
  std::mt19937_64 random(options.seed);
  for (uint32_t i = cycle - 1; i > 0; --i) {
    std::swap(order[i], order[static_cast<uint64_t>(random() >> 32) * (i + 1) >> 32]);
  }
  std::vector<uint32_t> mine;
  for (uint32_t place = 0; place < cycle; ++place) {
    const Flow flow(order[place] / 2, options);
    if (flow.number % queues != queue) continue;
    meta_.push_back({place, length_of(place, options, flow)});
    mine.push_back(order[place]);
  }
  const bool short_frames =
      std::all_of(meta_.begin(), meta_.end(), [](const Meta& meta) { return meta.wire_len <= 64; });
  stride_ = short_frames ? 64 : kSyntheticSnaplen;
  bytes_ = LargeArray<uint8_t>(size_t{stride_} * meta_.size());
  for (uint32_t i = 0; i < meta_.size(); ++i) {
    build_frame(Flow(mine[i] / 2, options), mine[i] % 2 == 0, meta_[i].wire_len,
                &bytes_[size_t{i} * stride_]);
  }
}

}  // namespace weir::backends
