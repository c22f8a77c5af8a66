// Offers a load to an interface and says on standard output, as JSON, exactly what it sent:
//
//   offer_load --interface va --count 1000000 [--pps 200000] [--flows 1000] [--seconds 60]
//
// 60-byte frames (64 with FCS) of UDP over IPv4, two a biflow: from 10.77.0.0/16 and the answer
// from 198.18.0.0/15. Every pass over all frames has another order, so that a receiver's flows do
// not lie in memory in the order of their packets. --count ends it, and so does --seconds (60) on a
// machine that cannot send so fast. Frames go past the queueing discipline (PACKET_QDISC_BYPASS).

#include <errno.h>
#include <getopt.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

namespace {

constexpr unsigned kFrameBytes = 60;
constexpr unsigned kBurst = 64;
constexpr uint32_t kHosts = 60000;
constexpr uint32_t kMostFlows = 1'000'000;
constexpr uint64_t kMostFrames = 1'000'000'000;

struct Arguments {
  std::string interface;
  uint64_t count = 0;
  uint64_t pps = 0;  ///< 0: as fast as possible
  uint32_t flows = 1000;
  uint64_t seconds = 60;
};

/// Frames lie apart by a cache line.
struct alignas(64) Frame {
  std::array<uint8_t, kFrameBytes> bytes{};
};

struct Sent {
  uint64_t frames = 0;
  double seconds = 0;
  uint64_t refused = 0;  ///< times that the interface took no frame and was asked again
  int error = 0;
};

void put_be16(uint8_t* at, uint32_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}

void put_be32(uint8_t* at, uint32_t value) {
  put_be16(at, value >> 16);
  put_be16(at + 2, value);
}

/// RFC 1071, over an IPv4 header without options.
uint16_t header_checksum(const uint8_t* header) {
  uint32_t sum = 0;
  for (int i = 0; i < 20; i += 2) sum += static_cast<uint32_t>(header[i]) << 8 | header[i + 1];
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~(sum + (sum >> 16)));
}

Frame make_frame(uint32_t flow, bool from_local) {
  Frame frame;
  uint8_t* at = frame.bytes.data();
  at[0] = at[6] = 0x02;  // to nobody's address, so that no stack answers
  at[5] = from_local ? 0xfe : 0xfd;
  at[11] = from_local ? 0xfd : 0xfe;
  put_be16(at + 12, 0x0800);
  uint8_t* ip = at + 14;
  const uint32_t host = 2 + flow % kHosts;
  const uint32_t local = 0x0a4d0000 + host;
  const uint32_t remote = 0xc6120000 + host;
  const uint32_t local_port = 10000 + flow / kHosts;
  ip[0] = 0x45;
  put_be16(ip + 2, kFrameBytes - 14);
  ip[8] = 64;
  ip[9] = 17;
  put_be32(ip + 12, from_local ? local : remote);
  put_be32(ip + 16, from_local ? remote : local);
  put_be16(ip + 10, header_checksum(ip));
  put_be16(ip + 20, from_local ? local_port : 53);
  put_be16(ip + 22, from_local ? 53 : local_port);
  put_be16(ip + 24, kFrameBytes - 34);
  return frame;
}

std::vector<Frame> make_frames(uint32_t flows) {
  std::vector<Frame> frames;
  frames.reserve(size_t{flows} * 2);
  for (uint32_t flow = 0; flow < flows; ++flow) {
    frames.push_back(make_frame(flow, true));
    frames.push_back(make_frame(flow, false));
  }
  return frames;
}

/// Goes over `size` numbers again and again, in steps without common divisor with it and of another
/// width each time. The steps are long, so that a prefetcher sees no order.
class Order {
 public:
  explicit Order(uint64_t size) : size_(size) { begin_pass(); }

  uint64_t next() noexcept {
    if (left_ == 0) begin_pass();
    --left_;
    at_ += step_;
    if (at_ >= size_) at_ -= size_;
    return at_;
  }

 private:
  void begin_pass() noexcept {
    // Knuth's generator; its upper bits.
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    step_ = size_ / 4 + (state_ >> 33) % (size_ / 2 + 1);
    while (std::gcd(step_, size_) != 1) ++step_;
    left_ = size_;
  }

  uint64_t size_;
  uint64_t state_ = 1;
  uint64_t step_ = 1;
  uint64_t at_ = 0;
  uint64_t left_ = 0;
};

double monotonic_s() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void pause_us(long us) {
  const timespec wait{0, us * 1000};
  nanosleep(&wait, nullptr);
}

/// A packet socket that only sends: protocol 0 receives nothing. -1 with errno for a failure.
int open_sender(const std::string& interface) {
  const int fd = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = static_cast<int>(if_nametoindex(interface.c_str()));
  const int on = 1;
  if (address.sll_ifindex == 0 ||
      ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on) != 0) {
    const int error = errno;
    ::close(fd);
    errno = error;
    return -1;
  }
  return fd;
}

/// How many frames may be sent by now.
uint64_t allowed(const Arguments& arguments, double seconds) {
  if (arguments.pps == 0) return arguments.count;
  const double due = seconds * static_cast<double>(arguments.pps);
  return std::min(arguments.count, static_cast<uint64_t>(due) + 1);
}

Sent send_all(int fd, std::vector<Frame>& frames, const Arguments& arguments) {
  std::array<mmsghdr, kBurst> messages{};
  std::array<iovec, kBurst> pieces{};
  for (unsigned i = 0; i < kBurst; ++i) {
    pieces[i].iov_len = kFrameBytes;
    messages[i].msg_hdr.msg_iov = &pieces[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  Order order(frames.size());
  Sent sent;
  unsigned ready = 0;  // frames in `pieces`, of which `first` are sent
  unsigned first = 0;
  const double start = monotonic_s();
  while (sent.frames < arguments.count) {
    sent.seconds = monotonic_s() - start;
    if (sent.seconds >= static_cast<double>(arguments.seconds)) return sent;
    const uint64_t may = allowed(arguments, sent.seconds) - sent.frames;
    if (may == 0) {
      pause_us(200);
      continue;
    }
    if (first == ready) {
      first = 0;
      ready = static_cast<unsigned>(std::min<uint64_t>(kBurst, may));
      for (unsigned i = 0; i < ready; ++i) {
        pieces[i].iov_base = frames[order.next()].bytes.data();
        __builtin_prefetch(pieces[i].iov_base);
      }
    }
    const int taken = sendmmsg(fd, &messages[first], ready - first, 0);
    if (taken > 0) {
      first += static_cast<unsigned>(taken);
      sent.frames += static_cast<unsigned>(taken);
    } else if (errno == ENOBUFS || errno == EAGAIN || errno == EINTR) {
      ++sent.refused;
      pause_us(50);
    } else {
      sent.error = errno;
      return sent;
    }
  }
  sent.seconds = monotonic_s() - start;
  return sent;
}

/// Flows of which a frame was sent.
uint64_t flows_in(uint32_t flows, uint64_t sent) {
  const uint64_t frames = uint64_t{flows} * 2;
  if (sent >= frames) return flows;
  Order order(frames);
  std::vector<bool> seen(flows);
  for (uint64_t i = 0; i < sent; ++i) seen[order.next() / 2] = true;
  return static_cast<uint64_t>(std::count(seen.begin(), seen.end(), true));
}

int wrong_usage(const std::string& message) {
  std::fprintf(stderr, "offer_load: %s\n", message.c_str());
  return 2;
}

/// A whole number of at most `most`; a wrong one is the end.
uint64_t number(const char* text, uint64_t most) {
  char* end = nullptr;
  const unsigned long long value = std::strtoull(text, &end, 10);
  if (*text < '0' || *text > '9' || *end != '\0' || value > most) {
    std::exit(wrong_usage(std::string("'") + text + "' is not a number from 0 to " +
                          std::to_string(most)));
  }
  return value;
}

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  const std::array<option, 6> options{{{"interface", required_argument, nullptr, 'i'},
                                       {"count", required_argument, nullptr, 'c'},
                                       {"pps", required_argument, nullptr, 'p'},
                                       {"flows", required_argument, nullptr, 'f'},
                                       {"seconds", required_argument, nullptr, 's'},
                                       {nullptr, 0, nullptr, 0}}};
  for (int found = 0; (found = getopt_long(argc, argv, "", options.data(), nullptr)) != -1;) {
    switch (found) {
      case 'i': arguments.interface = optarg; break;
      case 'c': arguments.count = number(optarg, kMostFrames); break;
      case 'p': arguments.pps = number(optarg, 1'000'000'000); break;
      case 'f': arguments.flows = static_cast<uint32_t>(number(optarg, kMostFlows)); break;
      case 's': arguments.seconds = number(optarg, 3600); break;
      default: std::exit(2);
    }
  }
  if (optind != argc) std::exit(wrong_usage("arguments have names"));
  return arguments;
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = parse(argc, argv);
  if (arguments.interface.empty()) return wrong_usage("--interface is needed");
  if (arguments.count == 0 || arguments.flows == 0 || arguments.seconds == 0) {
    return wrong_usage("--count is needed, and at least 1 flow and 1 second");
  }
  std::vector<Frame> frames = make_frames(arguments.flows);
  const int fd = open_sender(arguments.interface);
  if (fd < 0) {
    std::fprintf(stderr, "offer_load: %s: %s\n", arguments.interface.c_str(), std::strerror(errno));
    return 1;
  }
  const Sent sent = send_all(fd, frames, arguments);
  ::close(fd);
  std::printf("{\"type\":\"sent\",\"frames\":%" PRIu64 ",\"flows\":%" PRIu64
              ",\"seconds\":%.6f,\"refused\":%" PRIu64 "}\n",
              sent.frames, flows_in(arguments.flows, sent.frames), sent.seconds, sent.refused);
  if (sent.error == 0) return 0;
  std::fprintf(stderr, "offer_load: %s: %s\n", arguments.interface.c_str(),
               std::strerror(sent.error));
  return 1;
}
