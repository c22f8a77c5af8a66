// make_capture OUT.pcap [--packets N] [--flows N] [--gap-ns N] [--seed N]
//
// Writes a capture of 64-byte Ethernet frames (60 bytes without FCS, as a capture holds them) of
// IPv4 TCP and UDP flows, and the truth beside it: OUT.pcap.truth, one line a flow, in the order of
// their numbers: low address and port, high address and port, protocol, packets and IP bytes from
// the low end, then from the high end. The same arguments give the same files.

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace {

constexpr uint32_t kFrameBytes = 60;
constexpr uint32_t kIpBytes = 46;

struct Options {
  std::string path;
  uint64_t packets = 5'000'000;
  uint64_t flows = 100'000;
  uint64_t gap_ns = 1000;
  uint64_t seed = 1;
};

/// A flow's ends: the low address is its number, so that flows are told apart and ordered by it.
struct Flow {
  uint32_t low_addr;
  uint32_t high_addr;
  uint16_t low_port;
  uint16_t high_port;
  uint8_t proto;
  uint32_t packets[2] = {0, 0};
};

struct Closer {
  void operator()(FILE* file) const { fclose(file); }
};
using File = std::unique_ptr<FILE, Closer>;

uint64_t next_random(uint64_t& state) {
  state += 0x9e3779b97f4a7c15;
  uint64_t mixed = state;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return mixed ^ (mixed >> 31);
}

bool parse_options(int argc, char** argv, Options& options) {
  if (argc < 2 || argc % 2 != 0) return false;
  options.path = argv[1];
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    uint64_t* number = name == "--packets"  ? &options.packets
                       : name == "--flows"  ? &options.flows
                       : name == "--gap-ns" ? &options.gap_ns
                       : name == "--seed"   ? &options.seed
                                            : nullptr;
    if (number == nullptr) return false;
    const char* end = argv[i + 1] + strlen(argv[i + 1]);
    const auto parsed = std::from_chars(argv[i + 1], end, *number);
    if (parsed.ec != std::errc{} || parsed.ptr != end) return false;
  }
  return options.flows > 0 && options.flows <= options.packets && options.flows < (1U << 24);
}

std::vector<Flow> make_flows(const Options& options, uint64_t& random) {
  std::vector<Flow> flows;
  flows.reserve(options.flows);
  for (uint64_t i = 0; i < options.flows; ++i) {
    const uint64_t bits = next_random(random);
    flows.push_back({static_cast<uint32_t>(0x0a000000 + i),
                     static_cast<uint32_t>(0xc0a80000 | (bits & 0xffff)),
                     static_cast<uint16_t>(1024 + (bits >> 16) % 60000),
                     static_cast<uint16_t>((bits >> 40) % 8 == 0 ? 53 : 443),
                     static_cast<uint8_t>((bits >> 40) % 8 == 0 ? 17 : 6)});
  }
  return flows;
}

void put16(uint8_t* at, uint32_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}

void put32(uint8_t* at, uint32_t value) {
  put16(at, value >> 16);
  put16(at + 2, value & 0xffff);
}

void make_frame(const Flow& flow, bool from_high, uint8_t* frame) {
  static constexpr uint8_t kMac[12] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
  memset(frame, 0, kFrameBytes);
  memcpy(frame, kMac, sizeof kMac);
  put16(frame + 12, 0x0800);
  uint8_t* ip = frame + 14;
  ip[0] = 0x45;
  put16(ip + 2, kIpBytes);
  ip[8] = 64;
  ip[9] = flow.proto;
  put32(ip + 12, from_high ? flow.high_addr : flow.low_addr);
  put32(ip + 16, from_high ? flow.low_addr : flow.high_addr);
  uint32_t sum = 0;
  for (uint32_t i = 0; i < 20; i += 2) sum += static_cast<uint32_t>(ip[i] << 8 | ip[i + 1]);
  sum = (sum & 0xffff) + (sum >> 16);
  put16(ip + 10, ~((sum & 0xffff) + (sum >> 16)) & 0xffff);
  uint8_t* upper = ip + 20;
  put16(upper, from_high ? flow.high_port : flow.low_port);
  put16(upper + 2, from_high ? flow.low_port : flow.high_port);
  if (flow.proto == 6) {
    upper[12] = 0x50;
    upper[13] = 0x10;  // ACK
  } else {
    put16(upper + 4, kIpBytes - 20);
  }
}

bool write_capture(const Options& options, std::vector<Flow>& flows, uint64_t& random) {
  const File file(fopen(options.path.c_str(), "wb"));
  if (!file) return false;
  const uint32_t header[6] = {0xa1b23c4d, 2 | 4 << 16, 0, 0, 65535, 1};
  fwrite(header, sizeof header, 1, file.get());
  uint8_t record[16 + kFrameBytes];
  for (uint64_t i = 0; i < options.packets; ++i) {
    // Every flow once, then at random: as many flows as asked for.
    const uint64_t bits = next_random(random);
    Flow& flow = flows[i < options.flows ? i : (bits >> 1) % options.flows];
    const bool from_high = (bits & 1) != 0;
    ++flow.packets[from_high ? 1 : 0];
    const uint64_t time_ns = 1'700'000'000'000'000'000 + i * options.gap_ns;
    const uint32_t fields[4] = {static_cast<uint32_t>(time_ns / 1'000'000'000),
                                static_cast<uint32_t>(time_ns % 1'000'000'000), kFrameBytes,
                                kFrameBytes};
    memcpy(record, fields, sizeof fields);
    make_frame(flow, from_high, record + 16);
    fwrite(record, sizeof record, 1, file.get());
  }
  return fflush(file.get()) == 0 && ferror(file.get()) == 0;
}

bool write_truth(const Options& options, const std::vector<Flow>& flows) {
  const File file(fopen((options.path + ".truth").c_str(), "w"));
  if (!file) return false;
  const auto addr = [](uint32_t value, char* text, size_t size) {
    snprintf(text, size, "%u.%u.%u.%u", value >> 24, value >> 16 & 255, value >> 8 & 255,
             value & 255);
  };
  for (const Flow& flow : flows) {
    char low[16];
    char high[16];
    addr(flow.low_addr, low, sizeof low);
    addr(flow.high_addr, high, sizeof high);
    fprintf(file.get(), "%s %u %s %u %u %u %u %u %u\n", low, flow.low_port, high, flow.high_port,
            flow.proto, flow.packets[0], flow.packets[0] * kIpBytes, flow.packets[1],
            flow.packets[1] * kIpBytes);
  }
  return fflush(file.get()) == 0 && ferror(file.get()) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse_options(argc, argv, options)) {
    fputs("usage: make_capture OUT.pcap [--packets N] [--flows N] [--gap-ns N] [--seed N]\n",
          stderr);
    return 2;
  }
  uint64_t random = options.seed;
  std::vector<Flow> flows = make_flows(options, random);
  if (!write_capture(options, flows, random) || !write_truth(options, flows)) {
    perror(options.path.c_str());
    return 1;
  }
  return 0;
}
